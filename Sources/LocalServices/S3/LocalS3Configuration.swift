package import Cryptography

/// How a `LocalS3` behaves.
package struct LocalS3Configuration: Sendable {
    /// The order in which ListObjectsV2 lists.
    package enum ListOrder: Sendable, CaseIterable {
        /// UTF-8 byte order, as general-purpose buckets do.
        case bytes
        /// Directory by directory, each one's names in byte order, as servers over a file tree do.
        case directories
        /// No order that a client could use, as directory buckets do; the same on every page.
        case shuffled
    }

    /// What the ETag of a new object is.
    package enum EntityTag: Sendable {
        /// The MD5 of the bytes.
        case md5
        /// A value that says nothing of the bytes, as for SSE-KMS.
        case opaque
    }

    package var host = "127.0.0.1"
    /// The name in the address that is handed out; nil: `host`, or one that works from this machine.
    package var publicHost: String?
    /// 0 asks the system for a free port.
    package var port = 0
    package var region = "us-east-1"
    /// Each of these allows everything. Expired ones are refused with ExpiredToken.
    package var credentials = [AWSCredentials(accessKeyID: "LOCALS3", secretAccessKey: "local-s3-secret")]
    /// The account that owns every bucket.
    package var owner = "111122223333"
    package var buckets = ["backup"]
    package var keepsVersions = false
    package var listOrder = ListOrder.bytes
    package var entityTag = EntityTag.md5
    /// Off: a request without an Authorization header is taken too.
    package var checksSignatures = true
    /// Bytes of the largest object (S3 User Guide, Uploading objects).
    package var objectLimit = 5 << 30
    /// Bytes of the largest object that is kept in memory. Of a longer one only the size and the hashes are known:
    /// it is listed and answers HEAD, but not GET.
    package var keptBytes = 1 << 30
    /// Waited before each answer.
    package var latency = Duration.zero
    /// How far the server's clock is ahead of this machine's.
    package var clockOffset = Duration.zero
    /// The IAM actions that no caller is allowed, such as `s3:GetObjectVersion`.
    package var denied: Set<String> = []
    /// Every request passes it first.
    package var gate: RequestGate?
    /// In order; the first that fits a request and is due strikes it.
    package var faults: [LocalS3Fault] = []
    /// Faults as the command line has them, for those requests that none of `faults` strikes.
    package var plan: FaultPlan?
    /// Where requests are counted beside the server's own counts.
    package var counter: RequestCounter?

    package init() {}

    var listening: ListeningHost { ListeningHost(host: host, publicHost: publicHost) }

    /// Throws where S3 would refuse the name of a bucket.
    package func checkNames() throws(SeedingFailure) {
        for bucket in buckets where !LocalS3Buckets.admits(bucket) {
            throw SeedingFailure(
                "\"\(bucket)\" is not a bucket's name: write 3 to 63 lower-case letters, digits, dots and "
                    + "hyphens, a letter or digit first and last"
            )
        }
    }
}

/// One thing that goes wrong with the requests that it fits, as often as its schedule says.
package struct LocalS3Fault: Sendable {
    package enum Effect: Sendable {
        /// An error answer; the request does nothing.
        case error(status: Int, code: String, retryAfter: Int? = nil)
        /// 301: the bucket is in another region. The request does nothing.
        case redirect(region: String?)
        /// The connection is reset; the request does nothing.
        case reset
        /// The request is carried out, then the connection is reset instead of an answer.
        case lostAnswer
        /// Nothing happens for this long; then the request is carried out.
        case stall(Duration)
        /// 200 with these bytes; the request does nothing.
        case answer([UInt8])
        /// The request is carried out, and the connection closed after this many bytes of the answer's body.
        case cutBody(after: Int64)

        package static let internalError = Effect.error(status: 500, code: "InternalError")
        package static let slowDown = Effect.error(status: 503, code: "SlowDown")
        package static let conditionalConflict = Effect.error(status: 409, code: "ConditionalRequestConflict")
        package static let preconditionFailed = Effect.error(status: 412, code: "PreconditionFailed")
    }

    /// Which of the requests that a fault fits it strikes.
    package enum Schedule: Sendable {
        case always
        case first(Int)
        /// Every n-th, the n-th the first of them.
        case every(Int)

        /// Whether the request with this number, from 1, is struck.
        func strikes(_ number: Int) -> Bool {
            switch self {
            case .always: true
            case .first(let count): number <= count
            case .every(let step): step > 0 && number.isMultiple(of: step)
            }
        }
    }

    /// As in the counters, `s3.PutObject`; nil fits every operation.
    package var operation: String?
    /// Fits only requests whose key holds this; nil fits all.
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
