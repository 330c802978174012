/// A request and its outcome for a log, without query, headers or bodies.
package struct ExchangeTrace: Sendable, Hashable {
    package let label: RequestLabel
    package let method: HTTPMethod
    package let host: String
    /// Nil if the label hides it.
    package let path: String?
    package let time: Duration
    /// Bytes of both bodies together.
    package let bytes: Int64
    /// Nil if no answer arrived.
    package let status: Int?
    /// The service's ID for the request; nil if it sent none.
    package let requestID: String?
    /// Why the exchange failed; nil if it ended with an answer.
    package let failure: String?

    init(_ exchange: Exchange, _ label: RequestLabel, since begun: ContinuousClock.Instant, failure: String?) {
        self.label = label
        method = exchange.request.method
        let url = Substring(exchange.request.url.utf8.prefix { $0 != UInt8(ascii: "?") })
        let authority = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url
        host = String(Substring(authority.utf8.prefix { $0 != UInt8(ascii: "/") }))
        path = label.showsPath ? String(Substring(authority.utf8.drop { $0 != UInt8(ascii: "/") })) : nil
        time = ContinuousClock.now - begun
        bytes = (exchange.handle?.bytesSent ?? 0) + (exchange.handle?.bytesReceived ?? 0)
        status = exchange.head?.status
        requestID = exchange.head.flatMap { $0.headers["x-amzn-requestid"] ?? $0.headers["x-amz-request-id"] }
        self.failure = failure
    }
}
