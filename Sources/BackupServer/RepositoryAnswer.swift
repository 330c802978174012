import Cryptography
package import HTTPTypes
package import ReconcileCore

/// A response to one request, before any bytes of an asset are read.
package struct RepositoryAnswer: Sendable {
    /// The body of the response.
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// A range of an asset, or all of it.
        case stored(Manifest.StoredAsset, Range<Int64>)
    }

    package var head: HTTPResponse
    package var body: Body

    /// Creates the head with its content length, which responses to HEAD have too; `body` is what is sent.
    init(_ status: HTTPResponse.Status, _ fields: HTTPFields = [:], length: Int64?, body: Body) {
        head = HTTPResponse(status: status, headerFields: fields)
        if let length { head.headerFields[.contentLength] = String(length) }
        self.body = body
    }

    /// Creates a response with one line of text.
    static func text(_ status: HTTPResponse.Status, _ text: String, _ fields: HTTPFields = [:]) -> RepositoryAnswer {
        var fields = fields
        fields[.contentType] = "text/plain; charset=utf-8"
        let bytes = Array("\(text)\n".utf8)
        return RepositoryAnswer(status, fields, length: Int64(bytes.count), body: .bytes(bytes))
    }
}
