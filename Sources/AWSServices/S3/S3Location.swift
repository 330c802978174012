import Cryptography
import HTTPTransfer
import ReconcileCore

/// A prefix in a bucket: how to reach it, and how objects are written there.
package struct S3Location: Hashable, Sendable {
    /// How the bucket appears in URLs.
    package enum Addressing: Hashable, Sendable {
        /// Virtual-host style at AWS, unless the bucket's name is not a lower-case host label: a wildcard certificate
        /// would not cover it, or it could not be part of a host name. Path style at a custom endpoint.
        case automatic
        case path
        /// Virtual-host style at a custom endpoint too; otherwise like `automatic`.
        case virtualHost
    }

    /// A bucket's name, or an access point's alias or ARN.
    package let bucket: String
    /// Empty, or ending with a slash.
    package let prefix: String
    package let region: String
    let writing: S3WriteOptions
    /// The account that must own the bucket, or every request is rejected; nil for any account.
    package let expectedOwner: String?
    /// The endpoint of the service or of the bucket, depending on the addressing style.
    let endpoint: ServiceEndpoint
    /// The part of a URL's path before a key: `/` or `/bucket/`.
    private let keyPath: String
    /// The endpoint configured to replace AWS's own; nil for AWS's own.
    private let customEndpoint: ServiceEndpoint?
    private let named: NamedBucket

    /// - Parameters:
    ///   - prefix: with or without slashes at either end.
    ///   - region: ignored for an access point's ARN, which names its region.
    ///   - endpoint: AWS_ENDPOINT_URL_S3 and its alternatives; nil for AWS's own.
    ///   - variant: the variant of AWS's own endpoint.
    ///
    /// Throws for a bucket or region that cannot be part of a URL, so that neither can change where requests go, and
    /// for kinds of buckets that cannot hold a backup.
    package init(
        bucket: String,
        prefix: String = "",
        region: String,
        endpoint: ServiceEndpoint? = nil,
        variant: EndpointVariant = EndpointVariant(),
        addressing: Addressing = .automatic,
        writing: S3WriteOptions = S3WriteOptions(),
        expectedOwner: String? = nil
    ) throws(InvalidSettings) {
        let accessPoint = try Self.accessPoint(namedBy: bucket)
        if accessPoint != nil, addressing == .path {
            throw InvalidSettings("--path-style does not go with an access point's ARN: \(bucket.firstLine).")
        }
        self.bucket = bucket
        let trimmed = Self.trimmed(prefix)
        self.prefix = trimmed.isEmpty ? "" : trimmed + "/"
        let region = accessPoint?.region ?? region
        try AWSPartition.requireName(region)
        self.region = region
        self.writing = writing
        self.expectedOwner = expectedOwner
        customEndpoint = endpoint
        let isPathStyle =
            switch addressing {
            case _ where accessPoint != nil: false
            case .automatic: endpoint != nil || !Self.isHostLabel(bucket)
            case .path: true
            case .virtualHost: !Self.isHostLabel(bucket)
            }
        keyPath = isPathStyle ? "/\(PercentEncoding.encode(bucket, keepSlash: false))/" : "/"
        let named = NamedBucket(
            bucket: bucket,
            accessPoint: accessPoint,
            isPathStyle: isPathStyle,
            variant: variant
        )
        guard let place = named.endpoint(in: region, custom: endpoint) else {
            if variant.isFIPS, AWSPartition.host(of: .s3, region: region) != nil {
                throw InvalidSettings("AWS has no FIPS endpoint of s3 in \(region): unset AWS_USE_FIPS_ENDPOINT.")
            }
            throw InvalidSettings(
                "\(region.firstLine) is not an AWS region: set --backup-region, or AWS_REGION, to one such as "
                    + "eu-central-1."
            )
        }
        self.named = named
        self.endpoint = place
    }

    /// The access point of an ARN; nil for a bucket's name and an alias.
    private static func accessPoint(namedBy bucket: String) throws(InvalidSettings) -> S3AccessPoint? {
        if let accessPoint = try S3AccessPoint(arn: bucket) { return accessPoint }
        guard isName(bucket) else {
            throw InvalidSettings("\(bucket) is not a bucket name: use 3 to 63 letters, digits, dots and hyphens.")
        }
        if let refusal = refusals.first(where: { bucket.hasSuffix($0.suffix) }) {
            throw InvalidSettings("\(bucket) \(refusal.reason): keep the backup in a general purpose bucket.")
        }
        return nil
    }

    /// The endpoint in another region, whose name is untrusted input. Nil if it cannot be a region's name, and for an
    /// access point's ARN, which names the region.
    private func endpoint(in region: String) -> ServiceEndpoint? {
        guard named.accessPoint == nil, AWSPartition.host(of: .s3, region: region) != nil else { return nil }
        return named.endpoint(in: region, custom: customEndpoint)
    }

    /// The bucket's part of a URL.
    private struct NamedBucket: Hashable {
        let bucket: String
        let accessPoint: S3AccessPoint?
        let isPathStyle: Bool
        let variant: EndpointVariant

        /// - Parameter custom: the endpoint configured to replace AWS's own; nil for AWS's own.
        func endpoint(in region: String, custom: ServiceEndpoint?) -> ServiceEndpoint? {
            let prefix = accessPoint.map { custom == nil ? $0.prefix : $0.label }
            if let custom {
                guard !isPathStyle else { return custom }
                let host = "\(prefix ?? bucket).\(custom.host)"
                return ServiceEndpoint(scheme: custom.scheme, host: host, basePath: custom.basePath)
            }
            var variant = variant
            if accessPoint != nil { variant.isGlobal = false }
            guard let own = AWSPartition.host(of: .s3, region: region, variant: variant) else { return nil }
            let host = isPathStyle ? own : prefix.map { "\($0)\(own.dropFirst("s3".count))" } ?? "\(bucket).\(own)"
            return ServiceEndpoint(scheme: .https, host: host)
        }
    }

    /// Whether this is an access point, given by ARN or alias; these do not support every S3 operation (user guide,
    /// Access point compatibility).
    var isAccessPoint: Bool { named.accessPoint != nil || bucket.hasSuffix(S3AccessPoint.aliasSuffix) }

    /// `s3://bucket/prefix`
    var description: String {
        prefix.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(prefix.dropLast())"
    }

    /// The command that creates the bucket in the configured region; nil for an access point.
    var creationCommand: String? {
        guard !isAccessPoint else { return nil }
        // us-east-1 must not be given as a location constraint (S3 API Reference, CreateBucket).
        return "aws s3api create-bucket --bucket \(bucket) --region \(region)"
            + (region == "us-east-1" ? "" : " --create-bucket-configuration LocationConstraint=\(region)")
    }

    /// The path of an object, percent-encoded.
    func path(of key: String) -> String {
        keyPath + PercentEncoding.encode(prefix + key, keepSlash: true)
    }

    /// The path of the bucket itself.
    var bucketPath: String {
        keyPath.utf8.count == 1 ? keyPath : String(keyPath.dropLast())
    }

    /// Allows upper case and underscores, which buckets from before 2018 and other servers have.
    private static func isName(_ bucket: String) -> Bool {
        let isPlain = bucket.utf8.allSatisfy { ASCII.isLetterOrDigit($0) || ".-_".utf8.contains($0) }
        let isStepUp = bucket.hasPrefix(".") || bucket.hasSuffix(".") || bucket.contains("..")
        return isPlain && !isStepUp && (3...255).contains(bucket.utf8.count)
    }

    /// Kinds of buckets that are rejected, recognized by their names' suffixes (user guide, Bucket naming rules).
    private static let refusals: [(suffix: String, reason: String)] = [
        ("--x-s3", "is a directory bucket (S3 Express One Zone), which keeps no versions and needs other requests"),
        ("--xa-s3", "is an access point of a directory bucket, which keeps no versions"),
        ("--ol-s3", "is an Object Lambda access point, which may change what is read"),
        ("--op-s3", "is an access point on S3 Outposts, which this program does not reach"),
        ("--table-s3", "is a table bucket, which holds no objects of others"),
        (".mrap", "is a multi-Region access point, whose requests need signatures of another kind"),
    ]

    /// Whether the name can be a host label that arrives unchanged, hence in lower case.
    private static func isHostLabel(_ bucket: String) -> Bool {
        let bytes = bucket.utf8
        func isLetterOrDigit(_ byte: UInt8) -> Bool { ASCII.isLowercaseLetter(byte) || ASCII.isDigit(byte) }
        guard (3...63).contains(bytes.count), let first = bytes.first, let last = bytes.last else { return false }
        return isLetterOrDigit(first) && isLetterOrDigit(last)
            && bytes.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func trimmed(_ prefix: String) -> String {
        var bytes = prefix.utf8[...]
        while bytes.first == UInt8(ascii: "/") { bytes.removeFirst() }
        while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        return String(Substring(bytes))
    }
}

extension S3Location {
    /// How to follow a bucket to another region.
    ///
    /// - Parameter notify: called once, with a sentence.
    func moves(_ notify: @escaping @Sendable (String) -> Void) -> RegionMoves {
        RegionMoves(
            endpoint: { endpoint(in: $0) },
            inquiry: ServiceCall(S3BucketOperations.head, on: bucket, method: .head, path: bucketPath),
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
