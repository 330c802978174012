import Cryptography
import FoundationEssentials

/// Listings of a bucket's objects.
extension LocalS3 {
    /// Answers ListObjectsV2.
    func list(_ request: ServerRequest, bucket: String) throws(LocalS3Error) -> ServerAnswer {
        func parameter(_ name: String) -> String? { request.query.first { $0.name == name }?.value }
        var query = LocalS3ListQuery()
        query.prefix = parameter("prefix") ?? ""
        query.delimiter = parameter("delimiter")
        query.startAfter = parameter("start-after")
        if let text = parameter("max-keys") {
            guard let limit = Int(text), limit >= 0 else {
                throw LocalS3Error(400, "InvalidArgument", "Provided max-keys not an integer or within integer range")
            }
            query.limit = min(limit, 1000)
        }
        let token = parameter("continuation-token")
        if let token {
            guard let place = LocalS3Token.decode(token) else {
                throw LocalS3Error(400, "InvalidArgument", "The continuation token provided is incorrect")
            }
            query.after = place
        }
        let encodes = parameter("encoding-type") == "url"
        func spelled(_ text: String) -> String { encodes ? Self.formEncoded(text) : text }

        let (page, objects) = self.objects.list(query, bucket: bucket)
        var xml = XMLWriter()
        xml.element("ListBucketResult", namespace: Self.namespace) { xml in
            xml.element("Name", bucket)
            xml.element("Prefix", spelled(query.prefix))
            if let delimiter = query.delimiter { xml.element("Delimiter", spelled(delimiter)) }
            if let start = query.startAfter { xml.element("StartAfter", spelled(start)) }
            if let token { xml.element("ContinuationToken", token) }
            if let next = page.next { xml.element("NextContinuationToken", LocalS3Token.encode(next)) }
            xml.element("KeyCount", String(page.count))
            xml.element("MaxKeys", String(query.limit))
            if encodes { xml.element("EncodingType", "url") }
            xml.element("IsTruncated", page.next == nil ? "false" : "true")
            for (key, object) in zip(page.keys, objects) {
                xml.element("Contents") { xml in
                    xml.element("Key", spelled(key))
                    xml.element("LastModified", object.modified.formatted(.iso8601))
                    xml.element("ETag", "\"\(object.etag)\"")
                    xml.element("Size", String(object.size))
                    xml.element("StorageClass", object.storageClass)
                }
            }
            for prefix in page.commonPrefixes {
                xml.element("CommonPrefixes") { $0.element("Prefix", spelled(prefix)) }
            }
        }
        var answer = Self.document(xml)
        // Clients rely on this header for S3's order of keys.
        if configuration.listOrder == .bytes { answer.headers.append(("Server", "AmazonS3")) }
        answer.headers.append(("Date", HTTPDate.text(of: now)))
        return answer
    }

    /// Answers ListObjectVersions. Objects are never deleted here, so there are no delete markers. A page counts keys
    /// and never splits the versions of one key.
    func listVersions(_ request: ServerRequest, bucket: String) throws(LocalS3Error) -> ServerAnswer {
        func parameter(_ name: String) -> String? { request.query.first { $0.name == name }?.value }
        var query = LocalS3ListQuery()
        query.prefix = parameter("prefix") ?? ""
        query.after = parameter("key-marker").flatMap { $0.isEmpty ? nil : $0 }
        if let text = parameter("max-keys") {
            guard let limit = Int(text), limit >= 0 else {
                throw LocalS3Error(400, "InvalidArgument", "Provided max-keys not an integer or within integer range")
            }
            query.limit = min(limit, 1000)
        }
        if query.after == nil, parameter("version-id-marker") != nil {
            let message = "A version-id marker cannot be specified without a key marker."
            throw LocalS3Error(400, "InvalidArgument", message)
        }
        let encodes = parameter("encoding-type") == "url"
        func spelled(_ text: String) -> String { encodes ? Self.formEncoded(text) : text }
        let (page, versions) = objects.listVersions(query, bucket: bucket)
        var xml = XMLWriter()
        xml.element("ListVersionsResult", namespace: Self.namespace) { xml in
            xml.element("Name", bucket)
            xml.element("Prefix", spelled(query.prefix))
            xml.element("KeyMarker", spelled(query.after ?? ""))
            xml.element("VersionIdMarker", parameter("version-id-marker") ?? "")
            if let next = page.next {
                xml.element("NextKeyMarker", spelled(next))
                xml.element("NextVersionIdMarker", versions.last?.last?.versionID ?? "null")
            }
            xml.element("MaxKeys", String(query.limit))
            if encodes { xml.element("EncodingType", "url") }
            xml.element("IsTruncated", page.next == nil ? "false" : "true")
            for (key, versions) in zip(page.keys, versions) {
                for (number, version) in versions.enumerated() {
                    xml.element("Version") { xml in
                        xml.element("Key", spelled(key))
                        xml.element("VersionId", version.versionID ?? "null")
                        xml.element("IsLatest", number == 0 ? "true" : "false")
                        xml.element("LastModified", version.modified.formatted(.iso8601))
                        xml.element("ETag", "\"\(version.etag)\"")
                        xml.element("Size", String(version.size))
                        xml.element("StorageClass", version.storageClass)
                    }
                }
            }
        }
        var answer = Self.document(xml)
        if configuration.listOrder == .bytes { answer.headers.append(("Server", "AmazonS3")) }
        answer.headers.append(("Date", HTTPDate.text(of: now)))
        return answer
    }

    /// Encodes text for `encoding-type=url`: percent-encoded, with a space as `+` and slashes unencoded.
    private static func formEncoded(_ text: String) -> String {
        PercentEncoding.encode(text, keepSlash: true).split(separator: "%20", omittingEmptySubsequences: false)
            .joined(separator: "+")
    }
}
