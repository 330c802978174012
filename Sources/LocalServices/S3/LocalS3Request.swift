import Cryptography

/// A request parsed as an S3 request: operation, bucket and key.
struct LocalS3Request: Sendable {
    enum Operation: String, Sendable, CaseIterable {
        case listBuckets = "s3.ListBuckets"
        case createBucket = "s3.CreateBucket"
        case deleteBucket = "s3.DeleteBucket"
        case putBucketVersioning = "s3.PutBucketVersioning"
        case getBucketLocation = "s3.GetBucketLocation"
        case listObjectsV2 = "s3.ListObjectsV2"
        case listObjectVersions = "s3.ListObjectVersions"
        case headObject = "s3.HeadObject"
        case getObject = "s3.GetObject"
        case putObject = "s3.PutObject"
        case getBucketVersioning = "s3.GetBucketVersioning"
        case headBucket = "s3.HeadBucket"
        case getBucketEncryption = "s3.GetBucketEncryption"
        case getPublicAccessBlock = "s3.GetPublicAccessBlock"
        case getLifecycle = "s3.GetBucketLifecycleConfiguration"
        case getObjectLock = "s3.GetObjectLockConfiguration"
        case other = "s3.Other"
    }

    let operation: Operation
    /// The IAM action that it requires; nil for operations that the server does not implement (service authorization
    /// reference for Amazon S3).
    let action: String?
    let bucket: String
    /// Empty for an operation on the bucket.
    let key: String

    /// Parses a path-style request, or a virtual-host request if the host is `bucket.localhost`.
    ///
    /// Throws `LocalS3Error` if the path is not percent-encoded UTF-8.
    init(_ request: ServerRequest) throws(LocalS3Error) {
        guard let path = PercentEncoding.decode(request.path), path.utf8.first == UInt8(ascii: "/") else {
            throw LocalS3Error(400, "InvalidURI", "Could not parse the specified URI.")
        }
        if let bucket = Self.virtualBucket(host: request.header("host") ?? "") {
            self.bucket = bucket
            key = String(Substring(path.utf8.dropFirst()))
        } else {
            // By bytes: Swift treats a slash and a following combining mark as one character.
            let parts = path.utf8.dropFirst().split(
                separator: UInt8(ascii: "/"),
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            bucket = parts.first.map { String(Substring($0)) } ?? ""
            key = parts.count > 1 ? String(Substring(parts[1])) : ""
        }
        operation =
            bucket.isEmpty && request.method == "GET"
            ? .listBuckets : Self.operation(of: request, onBucket: key.isEmpty)
        action = operation.action(onVersion: request.query.contains { $0.name == "versionId" })
    }

    private static func operation(of request: ServerRequest, onBucket: Bool) -> Operation {
        let names = Set(request.query.map(\.name))
        switch (request.method, onBucket) {
        case ("GET", true) where names.contains("versioning"): return .getBucketVersioning
        case ("GET", true) where request.query.contains { $0 == ("list-type", "2") }: return .listObjectsV2
        case ("GET", true) where names.contains("versions"): return .listObjectVersions
        case ("GET", true) where names.contains("encryption"): return .getBucketEncryption
        case ("GET", true) where names.contains("publicAccessBlock"): return .getPublicAccessBlock
        case ("GET", true) where names.contains("lifecycle"): return .getLifecycle
        case ("GET", true) where names.contains("object-lock"): return .getObjectLock
        case ("GET", true) where names.contains("location"): return .getBucketLocation
        case ("HEAD", true): return .headBucket
        case ("PUT", true) where names.isSubset(of: ["x-id"]): return .createBucket
        case ("DELETE", true) where names.isSubset(of: ["x-id"]): return .deleteBucket
        case ("PUT", true) where names.contains("versioning"): return .putBucketVersioning
        case ("GET", false) where names.isSubset(of: ["versionId", "x-id"]): return .getObject
        case ("HEAD", false) where names.isSubset(of: ["versionId"]): return .headObject
        case ("PUT", false) where names.isSubset(of: ["x-id"]) && request.header("x-amz-copy-source") == nil:
            return .putObject
        default: return .other
        }
    }

    private static func virtualBucket(host: String) -> String? {
        let name = host.prefix { $0 != ":" }
        guard name.hasSuffix(".localhost") else { return nil }
        return String(name.dropLast(".localhost".count))
    }
}

extension LocalS3Request.Operation {
    /// The IAM action that the operation requires; nil for `other`.
    func action(onVersion: Bool) -> String? {
        switch self {
        case .listBuckets: "s3:ListAllMyBuckets"
        case .createBucket: "s3:CreateBucket"
        case .deleteBucket: "s3:DeleteBucket"
        case .putBucketVersioning: "s3:PutBucketVersioning"
        case .getBucketLocation: "s3:GetBucketLocation"
        case .listObjectsV2, .headBucket: "s3:ListBucket"
        case .listObjectVersions: "s3:ListBucketVersions"
        case .headObject, .getObject: onVersion ? "s3:GetObjectVersion" : "s3:GetObject"
        case .putObject: "s3:PutObject"
        case .getBucketVersioning: "s3:GetBucketVersioning"
        case .getBucketEncryption: "s3:GetEncryptionConfiguration"
        case .getPublicAccessBlock: "s3:GetBucketPublicAccessBlock"
        case .getLifecycle: "s3:GetLifecycleConfiguration"
        case .getObjectLock: "s3:GetBucketObjectLockConfiguration"
        case .other: nil
        }
    }
}

/// An error answer.
struct LocalS3Error: Error, Sendable {
    let status: Int
    let code: String
    let message: String
    var details: [(name: String, value: String)]
    var retryAfter: Int?

    init(_ status: Int, _ code: String, _ message: String, details: [(name: String, value: String)] = []) {
        self.status = status
        self.code = code
        self.message = message
        self.details = details
    }

    /// The error as an answer; HEAD gets no body, as HTTP requires.
    func answer(to request: ServerRequest) -> ServerAnswer {
        var xml = XMLWriter()
        xml.element("Error") { xml in
            xml.element("Code", code)
            xml.element("Message", message)
            for detail in details { xml.element(detail.name, detail.value) }
            xml.element("RequestId", "LOCALS3")
        }
        var headers = [("x-amz-request-id", "LOCALS3")]
        // The bucket's region, for a request that was signed for a different one. A HEAD answer can only say so here.
        if let region = details.first(where: { $0.name == "Region" })?.value {
            headers.append(("x-amz-bucket-region", region))
        }
        if let retryAfter { headers.append(("Retry-After", String(retryAfter))) }
        guard request.method != "HEAD" else { return ServerAnswer(status, headers: headers) }
        return ServerAnswer(status, headers: headers + [("Content-Type", "application/xml")], body: .bytes(xml.bytes))
    }
}
