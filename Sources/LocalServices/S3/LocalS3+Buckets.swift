import FoundationEssentials

/// Checks bucket names.
enum LocalS3Buckets {
    /// Whether a name follows the rules on characters and length (S3 User Guide, General purpose bucket naming rules).
    static func admits(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (3...63).contains(bytes.count), let first = bytes.first, let last = bytes.last else { return false }
        return bytes.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
            && isLetterOrDigit(first) && isLetterOrDigit(last) && !name.contains("..")
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
    }
}

/// Lists, creates and deletes buckets, and sets their versioning.
extension LocalS3 {
    /// Answers ListBuckets with all buckets in one page.
    func listBuckets(_ request: ServerRequest) -> ServerAnswer {
        let prefix = request.query.first { $0.name == "prefix" }?.value ?? ""
        var xml = XMLWriter()
        xml.element("ListAllMyBucketsResult", namespace: Self.namespace) { xml in
            xml.element("Owner") { $0.element("ID", configuration.owner) }
            xml.element("Buckets") { xml in
                for (name, created) in objects.buckets() where name.hasPrefix(prefix) {
                    xml.element("Bucket") { xml in
                        xml.element("Name", name)
                        xml.element("CreationDate", created.formatted(.iso8601))
                        xml.element("BucketRegion", configuration.region)
                    }
                }
            }
        }
        return Self.document(xml)
    }

    /// Answers CreateBucket; the body names the region unless it is us-east-1.
    func createBucket(_ name: String, _ body: LocalS3Body) throws(LocalS3Error) -> ServerAnswer {
        guard LocalS3Buckets.admits(name) else {
            throw LocalS3Error(400, "InvalidBucketName", "The specified bucket is not valid.")
        }
        let region = configuration.region
        let asked = Self.element("LocationConstraint", in: body) ?? "us-east-1"
        guard asked == region else {
            throw LocalS3Error(
                400,
                "IllegalLocationConstraintException",
                "The \(asked) location constraint is incompatible for the region specific endpoint this request was "
                    + "sent to: it is \(region)."
            )
        }
        // In us-east-1, creating a bucket that the caller already owns succeeds (API Reference, CreateBucket).
        guard objects.make(name) || region == "us-east-1" else {
            throw LocalS3Error(
                409,
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it."
            )
        }
        return ServerAnswer(200, headers: [("Location", "/\(name)")])
    }

    func deleteBucket(_ name: String) throws(LocalS3Error) -> ServerAnswer {
        guard objects.remove(name) else {
            throw LocalS3Error(409, "BucketNotEmpty", "The bucket you tried to delete is not empty")
        }
        return ServerAnswer(204)
    }

    func versioning(of bucket: String) -> ServerAnswer {
        var xml = XMLWriter()
        xml.element("VersioningConfiguration", namespace: Self.namespace) { xml in
            if let status = objects.versioning(of: bucket) { xml.element("Status", status.rawValue) }
        }
        return Self.document(xml)
    }

    func setVersioning(of bucket: String, _ body: LocalS3Body) throws(LocalS3Error) -> ServerAnswer {
        guard let status = Self.element("Status", in: body).flatMap(LocalS3Objects.Versioning.init) else {
            throw LocalS3Error(
                400,
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our published schema"
            )
        }
        objects.setVersioning(status, of: bucket)
        return ServerAnswer(200)
    }

    func location() -> ServerAnswer {
        var xml = XMLWriter()
        // S3 returns an empty name for us-east-1.
        let region = configuration.region == "us-east-1" ? "" : configuration.region
        xml.element("LocationConstraint", namespace: Self.namespace, text: region)
        return Self.document(xml)
    }

    /// The error for a request that the server does not implement.
    static func notImplemented(_ request: ServerRequest, onBucket: Bool) -> LocalS3Error {
        let names = request.query.map(\.name).filter { $0 != "x-id" }.joined(separator: "&")
        return LocalS3Error(
            501,
            "NotImplemented",
            "The sandbox's S3 does not implement \(request.method) on \(onBucket ? "a bucket" : "an object")"
                + (names.isEmpty ? "" : " with ?\(names)")
                + (request.header("x-amz-copy-source") == nil ? "" : " with x-amz-copy-source")
                + ". Its documentation lists what it implements."
        )
    }

    /// The text of the first element with this name in a small body from a client.
    private static func element(_ name: String, in body: LocalS3Body) -> String? {
        let text = String(decoding: body.bytes ?? [], as: UTF8.self)
        let parts = text.split(separator: "<\(name)>", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        return parts[1].split(separator: "<", omittingEmptySubsequences: false).first.map(String.init)
    }
}
