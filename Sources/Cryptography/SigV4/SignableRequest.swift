/// One header field or query parameter as written, order kept.
package typealias NamedValue = (name: String, value: String)

/// A request before it is signed.
package struct SignableRequest: Sendable {
    /// What the signature says of the body.
    package enum Payload: Sendable {
        /// The body itself, hashed while signing.
        case bytes([UInt8])
        /// The body's SHA-256 in lower-case hexadecimal.
        case sha256(String)
        /// `UNSIGNED-PAYLOAD`: S3 takes it over TLS, together with a checksum header.
        case unsigned
    }

    package var method: String
    /// The Host header: with `:port` unless it is the scheme's own.
    package var host: String
    /// As it goes on the wire, already percent-encoded once; an empty path is `/`.
    package var path: String
    /// Raw names and values, encoded while signing; a name may come twice.
    package var query: [NamedValue]
    /// What the caller sends beside the signature. `Host`, `Authorization`, `X-Amz-Date` and
    /// `X-Amz-Security-Token` among them are replaced, and for S3 `X-Amz-Content-SHA256` too.
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

/// What to send instead of a `SignableRequest`.
package struct SignedRequest: Sendable {
    /// The request target: the path as given and the query as it was signed.
    package let pathAndQuery: String
    /// The caller's headers and the signature's, without `Host`.
    package let headers: [NamedValue]
    /// Lower-case hexadecimal; also the end of the `Authorization` header.
    package let signature: String

    /// The first value under a name, in any case.
    package func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }
}
