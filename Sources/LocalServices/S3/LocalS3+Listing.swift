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
        // By which clients know that the order is that of S3.
        if configuration.listOrder == .bytes { answer.headers.append(("Server", "AmazonS3")) }
        answer.headers.append(("Date", HTTPDate.text(of: now)))
        return answer
    }

    /// Text as `encoding-type=url` spells it: percent-encoded, a space as `+`, slashes kept.
    private static func formEncoded(_ text: String) -> String {
        PercentEncoding.encode(text, keepSlash: true).split(separator: "%20", omittingEmptySubsequences: false)
            .joined(separator: "+")
    }
}
