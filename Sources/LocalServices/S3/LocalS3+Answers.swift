import Cryptography
import FoundationEssentials
import ReconcileCore

/// Answers requests.
extension LocalS3 {
    /// Answers one request: counts it, applies a fault, authenticates the caller, and carries the request out.
    func answer(_ request: ServerRequest) async throws -> ServerAnswer {
        do {
            let parsed = try LocalS3Request(request)
            let operation = parsed.operation.rawValue
            count(operation)
            let fault = fault(on: operation, key: parsed.key)
            guard let body = try await readBody(of: request) else { return damaged(ServerAnswer(400), .reset()) }
            if configuration.latency > .zero { try await Task.sleep(for: configuration.latency) }
            let effect = fault == nil ? plannedEffect(on: operation, of: request) : nil
            if let failure = effect.flatMap(Self.failure) { throw failure }
            switch fault {
            case .error(let status, let code, let retryAfter):
                var error = LocalS3Error(status, code, "A fault was asked for.")
                error.retryAfter = retryAfter
                throw error
            case .redirect(let region):
                let message = "The bucket you are attempting to access must be addressed using the specified endpoint."
                throw LocalS3Error(301, "PermanentRedirect", message, details: region.map { [("Region", $0)] } ?? [])
            case .reset:
                return damaged(ServerAnswer(500), .reset())
            case .lostAnswer:
                return damaged(try respond(to: parsed, request, body), .reset())
            case .answer(let bytes):
                return ServerAnswer(200, body: .bytes(bytes))
            case .cutBody(let count):
                return damaged(try respond(to: parsed, request, body), .cut(after: count))
            case .stall(let pause):
                try await Task.sleep(for: pause)
                return try respond(to: parsed, request, body)
            case nil:
                var answer = try respond(to: parsed, request, body)
                effect?.damage(&answer)
                return answer
            }
        } catch let error as LocalS3Error {
            var answer = error.answer(to: request)
            answer.headers.append(("Date", HTTPDate.text(of: now)))
            return answer
        }
    }

    private func plannedEffect(on operation: String, of request: ServerRequest) -> Fault.Effect? {
        configuration.plan?.draw(operation, target: PercentEncoding.decode(request.target) ?? request.target)
    }

    /// S3's error answer for a fault from the command line; nil if the effect is not a status.
    private static func failure(_ effect: Fault.Effect) -> LocalS3Error? {
        guard case .status(let status, let seconds) = effect else { return nil }
        let code =
            switch status {
            case 403: "AccessDenied"
            case 404: "NoSuchKey"
            case 409: "OperationAborted"
            case 412: "PreconditionFailed"
            case 429, 503: "SlowDown"
            case 501: "NotImplemented"
            case 500...: "InternalError"
            default: "InvalidRequest"
            }
        var error = LocalS3Error(status, code, status == 403 ? "Access Denied" : "A fault was asked for.")
        error.retryAfter = seconds
        return error
    }

    private func damaged(_ answer: ServerAnswer, _ damage: BodyDamage) -> ServerAnswer {
        var answer = answer
        answer.damage = damage
        return answer
    }

    /// Reads the whole body; nil if the client disconnected before its end, so that nobody waits for an answer.
    private func readBody(of request: ServerRequest) async throws -> LocalS3Body? {
        guard request.method == "PUT" || request.method == "POST" else { return LocalS3Body([]) }
        guard let length = request.header("content-length").flatMap(Int.init) else {
            throw LocalS3Error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
        }
        guard length <= configuration.objectLimit else {
            throw LocalS3Error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.")
        }
        return try? await LocalS3Body(reading: request.body, keepsBytes: length <= configuration.keptBytes)
    }

    private func respond(
        to parsed: LocalS3Request,
        _ request: ServerRequest,
        _ body: LocalS3Body
    ) throws(LocalS3Error) -> ServerAnswer {
        try authenticate(request, body: body)
        let sharing = parsed.operation == .putObject && request.header("x-amz-acl") != nil ? ["s3:PutObjectAcl"] : []
        if let action = ([parsed.action].compactMap(\.self) + sharing).first(where: isDenied) {
            let name = parsed.bucket.isEmpty ? "*" : parsed.bucket
            let resource = "arn:aws:s3:::\(name)\(parsed.key.isEmpty ? "" : "/\(parsed.key)")"
            throw LocalS3Error(403, "AccessDenied", DeniedAction(action, on: resource).message)
        }
        if parsed.operation == .listBuckets { return listBuckets(request) }
        if parsed.operation == .createBucket { return try createBucket(parsed.bucket, body) }
        guard objects.has(parsed.bucket) else {
            throw LocalS3Error(404, "NoSuchBucket", "The specified bucket does not exist.")
        }
        if let expected = request.header("x-amz-expected-bucket-owner"), expected != configuration.owner {
            throw LocalS3Error(403, "AccessDenied", "Access Denied")
        }
        switch parsed.operation {
        case .listObjectsV2: return try list(request, bucket: parsed.bucket)
        case .listObjectVersions: return try listVersions(request, bucket: parsed.bucket)
        case .headObject, .getObject: return try get(parsed, request)
        case .putObject: return try put(parsed, request, body)
        case .listBuckets: return listBuckets(request)
        case .createBucket: return try createBucket(parsed.bucket, body)
        case .deleteBucket: return try deleteBucket(parsed.bucket)
        case .getBucketVersioning: return versioning(of: parsed.bucket)
        case .putBucketVersioning: return try setVersioning(of: parsed.bucket, body)
        case .getBucketLocation: return location()
        case .headBucket: return ServerAnswer(200, headers: [("x-amz-bucket-region", configuration.region)])
        case .getBucketEncryption: return encryption()
        case .getPublicAccessBlock: return publicAccessBlock()
        case .getLifecycle:
            throw LocalS3Error(404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
        case .getObjectLock:
            throw LocalS3Error(
                404,
                "ObjectLockConfigurationNotFoundError",
                "Object Lock configuration does not exist for this bucket"
            )
        case .other:
            throw Self.notImplemented(request, onBucket: parsed.key.isEmpty)
        }
    }

    /// Every bucket is encrypted with S3's keys (S3 User Guide, Setting default server-side encryption behavior).
    private func encryption() -> ServerAnswer {
        var xml = XMLWriter()
        xml.element("ServerSideEncryptionConfiguration", namespace: Self.namespace) { xml in
            xml.element("Rule") { xml in
                xml.element("ApplyServerSideEncryptionByDefault") { $0.element("SSEAlgorithm", "AES256") }
            }
        }
        return Self.document(xml)
    }

    /// Enabled, as for every new bucket (S3 User Guide, Blocking public access to your Amazon S3 storage).
    private func publicAccessBlock() -> ServerAnswer {
        var xml = XMLWriter()
        xml.element("PublicAccessBlockConfiguration", namespace: Self.namespace) { xml in
            for name in ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"] {
                xml.element(name, "true")
            }
        }
        return Self.document(xml)
    }

    private func put(
        _ parsed: LocalS3Request,
        _ request: ServerRequest,
        _ body: LocalS3Body
    ) throws(LocalS3Error) -> ServerAnswer {
        guard parsed.key.utf8.count <= 1024 else {
            throw LocalS3Error(400, "KeyTooLongError", "Your key is too long")
        }
        let condition: LocalS3Objects.PutCondition
        switch request.header("if-none-match") {
        case nil: condition = .always
        case "*": condition = .ifAbsent
        default: throw LocalS3Error(501, "NotImplemented", "If-None-Match takes * alone.")
        }
        let checksum = try checkedChecksum(of: request, body)
        let kms = request.header("x-amz-server-side-encryption")?.hasPrefix("aws:kms") ?? false
        var object = LocalS3Object(body, configuration: configuration, isEncryptedWithKMS: kms)
        object.checksumSHA256 = checksum
        object.attributes = Self.keptHeaders.compactMap { name in request.header(name).map { (name, $0) } }
        guard let stored = objects.put(object, key: parsed.key, bucket: parsed.bucket, condition) else {
            throw LocalS3Error(
                412,
                "PreconditionFailed",
                "At least one of the pre-conditions you specified did not hold",
                details: [("Condition", "If-None-Match")]
            )
        }
        var answer = ServerAnswer(200, headers: [("ETag", "\"\(stored.etag)\"")])
        if let checksum { answer.headers.append(("x-amz-checksum-sha256", checksum)) }
        if let version = stored.versionID { answer.headers.append(("x-amz-version-id", version)) }
        answer.headers += stored.attributes.filter { $0.name.hasPrefix("x-amz-server-side") }
        return answer
    }

    private func checkedChecksum(of request: ServerRequest, _ body: LocalS3Body) throws(LocalS3Error) -> String? {
        if let md5 = request.header("content-md5"), md5 != Data(body.md5).base64EncodedString() {
            throw LocalS3Error(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
        }
        guard let checksum = request.header("x-amz-checksum-sha256") else { return nil }
        guard Data(base64Encoded: checksum)?.count == DigestAlgorithm.sha256.length else {
            throw LocalS3Error(400, "InvalidRequest", "Value for x-amz-checksum-sha256 header is invalid.")
        }
        guard checksum == Data(body.sha256).base64EncodedString() else {
            throw LocalS3Error(400, "BadDigest", "The SHA256 you specified did not match the calculated checksum.")
        }
        return checksum
    }

    private func get(_ parsed: LocalS3Request, _ request: ServerRequest) throws(LocalS3Error) -> ServerAnswer {
        let version = request.query.first { $0.name == "versionId" }?.value
        guard let object = objects.object(key: parsed.key, version: version, bucket: parsed.bucket) else {
            if version != nil { throw LocalS3Error(404, "NoSuchVersion", "The specified version does not exist.") }
            throw LocalS3Error(404, "NoSuchKey", "The specified key does not exist.")
        }
        if object.isArchived, request.method == "GET" {
            throw LocalS3Error(
                403,
                "InvalidObjectState",
                "The operation is not valid for the object's storage class",
                details: [("StorageClass", object.storageClass)]
            )
        }
        var headers = [
            ("ETag", "\"\(object.etag)\""), ("Accept-Ranges", "bytes"),
            ("Last-Modified", HTTPDate.text(of: object.modified)),
        ]
        if let version = object.versionID { headers.append(("x-amz-version-id", version)) }
        headers += object.attributes
        guard let range = request.header("range").flatMap(Self.range) else {
            if request.header("x-amz-checksum-mode") == "ENABLED", let checksum = object.checksumSHA256 {
                headers.append(("x-amz-checksum-sha256", checksum))
                headers.append(("x-amz-checksum-type", "FULL_OBJECT"))
            }
            // Nobody sees the bytes of an answer to HEAD.
            guard request.method == "GET" else {
                return ServerAnswer(200, headers: headers, body: .stream(length: Int64(object.size)) { _ in })
            }
            return ServerAnswer(200, headers: headers, body: .bytes(try Self.kept(object)))
        }
        let size = object.size
        let taken = range(size).clamped(to: 0..<size)
        guard !taken.isEmpty else {
            throw LocalS3Error(416, "InvalidRange", "The requested range is not satisfiable")
        }
        headers.append(("Content-Range", "bytes \(taken.lowerBound)-\(taken.upperBound - 1)/\(size)"))
        return ServerAnswer(206, headers: headers, body: .bytes(Array(try Self.kept(object)[taken])))
    }

    private static func kept(_ object: LocalS3Object) throws(LocalS3Error) -> [UInt8] {
        guard let bytes = object.bytes else {
            throw LocalS3Error(501, "NotImplemented", "The bytes of an object of this size are not kept.")
        }
        return bytes
    }

    /// Parses `bytes=first-last`, `bytes=first-` or `bytes=-count`; the result maps an object's size to the range. Nil
    /// for any other form, which HTTP ignores.
    private static func range(_ header: String) -> ((_ size: Int) -> Range<Int>)? {
        guard header.hasPrefix("bytes=") else { return nil }
        let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        switch (Int(ends[0]), Int(ends[1])) {
        case (let first?, let last?) where first <= last: return { _ in first..<last + 1 }
        case (let first?, nil) where ends[1].isEmpty: return { size in first..<max(first, size) }
        case (nil, let count?) where ends[0].isEmpty: return { size in max(0, size - count)..<size }
        default: return nil
        }
    }

    static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

    static func document(_ xml: XMLWriter) -> ServerAnswer {
        ServerAnswer(200, headers: [("Content-Type", "application/xml")], body: .bytes(xml.bytes))
    }

    private static let keptHeaders = [
        "content-type", "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-storage-class", "x-amz-acl",
    ]
}
