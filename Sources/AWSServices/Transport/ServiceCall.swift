package import HTTPTransfer
package import ReconcileCore

/// One request to a signed service, before signing: what to ask, and the operation that it counts as.
package struct ServiceCall: Sendable {
    package var operation: ServiceOperation
    /// What the request is about, for the operator. Never contains a secret.
    package var target: String
    package var method: HTTPMethod
    /// Relative to the endpoint's base path; percent-encoded, starting with `/`.
    package var path: String
    /// Raw names and values, in any order: signing encodes and sorts them.
    package var query: [(name: String, value: String)]
    /// All of them are signed.
    package var headers: HTTPHeaders
    package var payload: Payload
    /// Statuses besides 2xx that count as answers rather than failures, such as 404 if a thing may be absent.
    package var answers: Set<Int>
    /// Whether a 2xx is an error nevertheless: S3 may hit one after it has started its answer.
    package var isErrorInside: @Sendable (HTTPResponse) -> Bool = { _ in false }
    /// What to do if the bytes are archived; nil if they cannot be.
    package var adviceIfArchived: String?
    /// What to do if the bucket does not exist; nil for a service without buckets.
    package var adviceIfNoBucket: String?

    /// The body, as far as signing needs to know it.
    package enum Payload: Sendable {
        /// Sent unchanged.
        case bytes([UInt8])
        /// A body that is streamed later, given its SHA-256 in lower-case hexadecimal.
        case streamed(sha256: String)
        /// A body of unknown hash that is streamed later. The service must allow this, and only over TLS.
        case streamedUnsigned
    }

    package init(
        _ operation: ServiceOperation,
        on target: String,
        method: HTTPMethod,
        path: String,
        query: [(name: String, value: String)] = [],
        headers: HTTPHeaders = [:],
        payload: Payload = .bytes([]),
        answers: Set<Int> = []
    ) {
        self.operation = operation
        self.target = target
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.payload = payload
        self.answers = answers
    }

    /// Whether a response is a 2xx without an error inside, or has a status that the call accepts as an answer.
    func accepts(_ response: HTTPResponse) -> Bool {
        (response.head.isSuccess && !isErrorInside(response)) || answers.contains(response.status)
    }

    /// A failure of this call.
    package func failure(_ kind: RemoteFailure.Kind, _ message: String, retryAfter: Duration? = nil) -> RemoteFailure {
        RemoteFailure(kind, operation: operation, target: target, message: message, retryAfter: retryAfter)
    }

    /// Parses the JSON of an answer; throws a `malformed` failure that says what is wrong with it.
    func read<Answer: JSONReadable>(_ type: Answer.Type, from response: HTTPResponse) throws(RemoteFailure) -> Answer {
        do {
            return try JSONScanner.read(type, from: response.body)
        } catch {
            throw failure(.malformed, "The answer cannot be read: \(error)")
        }
    }
}
