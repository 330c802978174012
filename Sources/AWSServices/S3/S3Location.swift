import Cryptography
import ReconcileCore

/// A prefix in a bucket: where it is reached, and what is asked of every object written there.
package struct S3Location: Hashable, Sendable {
    /// How the bucket stands in a URL.
    package enum Addressing: Hashable, Sendable {
        /// Virtual-host at AWS, except for a bucket with a dot, which no wildcard certificate covers; path-style at
        /// an endpoint of one's own.
        case automatic
        case path
        case virtualHost
    }

    /// How S3 encrypts new objects.
    package enum Encryption: Hashable, Sendable {
        /// As the bucket's default says.
        case bucketDefault
        /// SSE-S3.
        case aes256
        /// SSE-KMS, with the bucket's or the account's key where none is named.
        case kms(keyID: String?)
    }

    package let bucket: String
    /// Empty, or ending with a slash.
    package let prefix: String
    package let region: String
    package let encryption: Encryption
    /// `STANDARD_IA` and the like; nil for the bucket's default.
    package let storageClass: String?
    /// The account that the bucket must belong to, or every request is refused; nil for any.
    package let expectedOwner: String?
    /// The service's own endpoint or the bucket's, as the addressing has it.
    let endpoint: ServiceEndpoint
    /// What stands before a key in a URL: `/` or `/bucket/`.
    private let keyPath: String
    /// The endpoint that was set instead of AWS's own.
    private let customEndpoint: ServiceEndpoint?

    /// - Parameters:
    ///   - prefix: with or without slashes at its ends.
    ///   - endpoint: AWS_ENDPOINT_URL_S3 and its kin; nil for AWS's own.
    ///
    /// Throws for a bucket or region that cannot be part of a URL, so that neither can change where requests go.
    package init(
        bucket: String,
        prefix: String = "",
        region: String,
        endpoint: ServiceEndpoint? = nil,
        addressing: Addressing = .automatic,
        encryption: Encryption = .bucketDefault,
        storageClass: String? = nil,
        expectedOwner: String? = nil
    ) throws(InvalidSettings) {
        guard Self.isName(bucket) else {
            throw InvalidSettings("\(bucket) is not a bucket name: use 3 to 63 letters, digits, dots and hyphens.")
        }
        self.bucket = bucket
        let trimmed = Self.trimmed(prefix)
        self.prefix = trimmed.isEmpty ? "" : trimmed + "/"
        self.region = region
        self.encryption = encryption
        self.storageClass = storageClass
        self.expectedOwner = expectedOwner
        customEndpoint = endpoint
        let isPathStyle =
            switch addressing {
            case .automatic: endpoint != nil || bucket.contains(".")
            case .path: true
            case .virtualHost: false
            }
        keyPath = isPathStyle ? "/\(PercentEncoding.encode(bucket, keepSlash: false))/" : "/"
        guard
            let place = Self.endpoint(of: bucket, isPathStyle: isPathStyle, region: region, custom: endpoint)
        else {
            throw InvalidSettings(
                "\(region.firstLine) is not an AWS region: set AWS_REGION to one such as eu-central-1."
            )
        }
        self.endpoint = place
    }

    /// The endpoint in another region, whose name is not trusted; nil if it can be no region's name.
    func endpoint(in region: String) -> ServiceEndpoint? {
        guard AWSPartition.host(of: .s3, region: region) != nil else { return nil }
        return Self.endpoint(of: bucket, isPathStyle: keyPath.utf8.count > 1, region: region, custom: customEndpoint)
    }

    private static func endpoint(
        of bucket: String,
        isPathStyle: Bool,
        region: String,
        custom: ServiceEndpoint?
    ) -> ServiceEndpoint? {
        let own = AWSPartition.host(of: .s3, region: region).map { ServiceEndpoint(scheme: .https, host: $0) }
        guard let service = custom ?? own else { return nil }
        guard !isPathStyle else { return service }
        return ServiceEndpoint(
            scheme: service.scheme,
            host: "\(bucket).\(service.host)",
            basePath: service.basePath
        )
    }

    /// `s3://bucket/prefix`
    var description: String {
        prefix.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(prefix.dropLast())"
    }

    /// The path of an object, percent-encoded.
    func path(of key: String) -> String {
        keyPath + PercentEncoding.encode(prefix + key, keepSlash: true)
    }

    /// The path of the bucket itself.
    var bucketPath: String {
        keyPath.utf8.count == 1 ? keyPath : String(keyPath.dropLast())
    }

    /// Upper case and underscores too: buckets from before 2018 and other servers have them.
    private static func isName(_ bucket: String) -> Bool {
        let isPlain = bucket.utf8.allSatisfy { ASCII.isLetterOrDigit($0) || ".-_".utf8.contains($0) }
        let isStepUp = bucket.hasPrefix(".") || bucket.hasSuffix(".") || bucket.contains("..")
        return isPlain && !isStepUp && (3...255).contains(bucket.utf8.count)
    }

    private static func trimmed(_ prefix: String) -> String {
        var bytes = prefix.utf8[...]
        while bytes.first == UInt8(ascii: "/") { bytes.removeFirst() }
        while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        return String(Substring(bytes))
    }
}

extension S3Location {
    /// How a bucket that is in another region is followed there.
    ///
    /// - Parameter notify: told once, as a sentence.
    func moves(_ notify: @escaping @Sendable (String) -> Void) -> RegionMoves {
        RegionMoves(
            endpoint: { endpoint(in: $0) },
            moved: { region, other in
                notify(
                    "the bucket \(bucket) is in the region \(other), not \(region): its requests go there from now on; "
                        + "--backup-region \(other) saves this detour"
                )
            },
            advice: { "the bucket is in the region \($0.firstLine): name it with --backup-region \($0.firstLine)" }
        )
    }
}
