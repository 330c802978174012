/// One header field or query parameter, spelled as given; lists of them keep their order.
package typealias NamedValue = (name: String, value: String)

/// A request before it is signed.
package struct SignableRequest: Sendable {
    /// What the signature covers of the body.
    package enum Payload: Sendable {
        /// The body itself, hashed while signing.
        case bytes([UInt8])
        /// The body's SHA-256 in lower-case hexadecimal.
        case sha256(String)
        /// `UNSIGNED-PAYLOAD`: S3 accepts it over TLS, together with a checksum header.
        case unsigned
    }

    package var method: String
    /// The Host header: includes `:port` unless it is the scheme's default.
    package var host: String
    /// The path as sent, percent-encoded once; an empty path is `/`.
    package var path: String
    /// Raw names and values, encoded while signing. A name may occur more than once.
    package var query: [NamedValue]
    /// The caller's headers. Signing replaces `Host`, `Authorization`, `X-Amz-Date` and `X-Amz-Security-Token`; for S3
    /// it also replaces `X-Amz-Content-SHA256`.
    package var headers: [NamedValue]
    package var payload: Payload

    package init(
        method: String,
        host: String,
        path: String,
        query: [NamedValue] = [],
        headers: [NamedValue] = [],
        payload: Payload = .bytes([])
    ) {
        self.method = method
        self.host = host
        self.path = path
        self.query = query
        self.headers = headers
        self.payload = payload
    }
}

/// What to send for a `SignableRequest`.
package struct SignedRequest: Sendable {
    /// The request target: the path as given and the query as it was signed.
    package let pathAndQuery: String
    /// The caller's headers and those of the signature, without `Host`.
    package let headers: [NamedValue]
    /// Lower-case hexadecimal; also the end of the `Authorization` header.
    package let signature: String

    /// The first value of a header, ignoring the case of its name.
    package func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }
}
