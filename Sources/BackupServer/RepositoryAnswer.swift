import Cryptography
package import HTTPTypes
package import ReconcileCore

/// An answer to one request, before a byte of an asset is read for it.
package struct RepositoryAnswer: Sendable {
    /// The bytes after the head.
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// A part of an asset, or all of it.
        case stored(Manifest.StoredAsset, Range<Int64>)
    }

    package var head: HTTPResponse
    package var body: Body

    /// The head with its length, which HEAD and 304 answers have as well; `body` is what is sent.
    init(_ status: HTTPResponse.Status, _ fields: HTTPFields = [:], length: Int64?, body: Body) {
        head = HTTPResponse(status: status, headerFields: fields)
        if let length { head.headerFields[.contentLength] = String(length) }
        self.body = body
    }

    /// One line of words.
    static func text(_ status: HTTPResponse.Status, _ text: String, _ fields: HTTPFields = [:]) -> RepositoryAnswer {
        var fields = fields
        fields[.contentType] = "text/plain; charset=utf-8"
        let bytes = Array("\(text)\n".utf8)
        return RepositoryAnswer(status, fields, length: Int64(bytes.count), body: .bytes(bytes))
    }
}
