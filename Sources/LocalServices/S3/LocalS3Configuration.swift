package import Cryptography

/// The settings of a `LocalS3`.
package struct LocalS3Configuration: Sendable {
    /// The order of ListObjectsV2.
    package enum ListOrder: Sendable, CaseIterable {
        /// UTF-8 byte order, as in general-purpose buckets.
        case bytes
        /// Directory by directory, with each one's names in byte order, as on servers that use a file tree.
        case directories
        /// An order that clients cannot rely on, as in directory buckets, but the same on every page.
        case shuffled
    }

    /// The ETag of new objects.
    package enum EntityTag: Sendable {
        /// The MD5 of the bytes.
        case md5
        /// A value unrelated to the bytes, as with SSE-KMS.
        case opaque
    }

    package var host = "127.0.0.1"
    /// The host name to give to clients; nil for `host`, or for an address that works on this machine.
    package var publicHost: String?
    /// 0 asks the system for a free port.
    package var port = 0
    package var region = "us-east-1"
    /// Each of these may do everything. Expired ones are rejected with ExpiredToken.
    package var credentials = [AWSCredentials(accessKeyID: "LOCALS3", secretAccessKey: "local-s3-secret")]
    /// The account that owns every bucket.
    package var owner = "111122223333"
    package var buckets = ["backup"]
    package var keepsVersions = false
    package var listOrder = ListOrder.bytes
    package var entityTag = EntityTag.md5
    /// If false, requests without an Authorization header are accepted too.
    package var checksSignatures = true
    /// The size limit of an object in bytes (S3 User Guide, Uploading objects).
    package var objectLimit = 5 << 30
    /// The size limit in bytes for keeping an object in memory. Of a larger object only size and hashes are known: it
    /// is listed and answers HEAD, but not GET.
    package var keptBytes = 1 << 30
    /// The delay before each answer.
    package var latency = Duration.zero
    /// How far the server's clock is ahead of this machine's.
    package var clockOffset = Duration.zero
    /// IAM actions that are denied to all callers, such as `s3:GetObjectVersion`.
    package var denied: Set<String> = []
    /// Every request passes through it first.
    package var gate: RequestGate?
    /// Tried in order; the first one that matches a request and is due applies.
    package var faults: [LocalS3Fault] = []
    /// Command-line faults, for requests to which none of `faults` applies.
    package var plan: FaultPlan?
    /// Counts requests in addition to the server's own counters.
    package var counter: RequestCounter?

    package init() {}

    var listening: ListeningHost { ListeningHost(host: host, publicHost: publicHost) }

    /// Throws if S3 would reject a bucket's name.
    package func checkNames() throws(SeedingFailure) {
        for bucket in buckets where !LocalS3Buckets.admits(bucket) {
            throw SeedingFailure(
                "\"\(bucket)\" is not a bucket's name: write 3 to 63 lower-case letters, digits, dots and "
                    + "hyphens, a letter or digit first and last"
            )
        }
    }
}

/// A fault that affects matching requests, as often as its schedule says.
package struct LocalS3Fault: Sendable {
    package enum Effect: Sendable {
        /// An error answer. The request is not carried out.
        case error(status: Int, code: String, retryAfter: Int? = nil)
        /// A 301: the bucket is in a different region. The request is not carried out.
        case redirect(region: String?)
        /// The connection is reset. The request is not carried out.
        case reset
        /// The request is carried out, but the connection is reset instead of an answer.
        case lostAnswer
        /// Nothing happens for this long; then the request is carried out.
        case stall(Duration)
        /// A 200 with these bytes. The request is not carried out.
        case answer([UInt8])
        /// The request is carried out, but the connection is closed after this many bytes of the answer's body.
        case cutBody(after: Int64)

        package static let internalError = Effect.error(status: 500, code: "InternalError")
        package static let slowDown = Effect.error(status: 503, code: "SlowDown")
        package static let conditionalConflict = Effect.error(status: 409, code: "ConditionalRequestConflict")
        package static let preconditionFailed = Effect.error(status: 412, code: "PreconditionFailed")
    }

    /// Which of the matching requests the fault affects.
    package enum Schedule: Sendable {
        case always
        case first(Int)
        /// Every n-th request, starting with the n-th.
        case every(Int)

        /// Whether the fault affects the request with this number, from 1.
        func strikes(_ number: Int) -> Bool {
            switch self {
            case .always: true
            case .first(let count): number <= count
            case .every(let step): step > 0 && number.isMultiple(of: step)
            }
        }
    }

    /// The operation as in the counters, such as `s3.PutObject`; nil matches all.
    package var operation: String?
    /// Text that the request's key must contain; nil matches all.
    package var keyPart: String?
    package var effect: Effect
    package var schedule: Schedule

    package init(_ effect: Effect, on operation: String? = nil, keyPart: String? = nil, _ schedule: Schedule) {
        self.effect = effect
        self.operation = operation
        self.keyPart = keyPart
        self.schedule = schedule
    }
}
