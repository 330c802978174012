package import HTTPTransfer
package import ReconcileCore

/// One request to a signed service, before it is signed: what to ask, and which operation it counts as.
package struct ServiceCall: Sendable {
    package var operation: ServiceOperation
    /// What the request is about, for the operator. Never holds a secret.
    package var target: String
    package var method: HTTPMethod
    /// Below the endpoint's base path: percent-encoded, starting with `/`.
    package var path: String
    /// Raw names and values, in any order: signing encodes and sorts them.
    package var query: [(name: String, value: String)]
    /// Signed, all of them.
    package var headers: HTTPHeaders
    package var payload: Payload
    /// The statuses besides 2xx that are an answer and not a failure, such as 404 where a thing may be absent.
    package var answers: Set<Int>
    /// Whether a 2xx is nevertheless an error: S3 may find one after it has begun to answer.
    package var isErrorInside: @Sendable (HTTPResponse) -> Bool = { _ in false }
    /// What to do if the bytes turn out to be archived; nil if they cannot be.
    package var adviceIfArchived: String?
    /// What to do if the bucket is not there; nil for a service without one.
    package var adviceIfNoBucket: String?

    /// The body, as far as signing needs to know it.
    package enum Payload: Sendable {
        /// Sent as they are.
        case bytes([UInt8])
        /// A body that is streamed later, by the lower-case hexadecimal SHA-256 of its bytes.
        case streamed(sha256: String)
        /// A body that is streamed later, of which nothing is known. The service must allow it, and then only over TLS.
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

    /// Whether a response is a 2xx without an error inside, or has a status that the call takes for an answer.
    func accepts(_ response: HTTPResponse) -> Bool {
        (response.head.isSuccess && !isErrorInside(response)) || answers.contains(response.status)
    }

    /// A failure of this call.
    package func failure(_ kind: RemoteFailure.Kind, _ message: String, retryAfter: Duration? = nil) -> RemoteFailure {
        RemoteFailure(kind, operation: operation, target: target, message: message, retryAfter: retryAfter)
    }

    /// The JSON of an answer; a `malformed` failure that says where it is wrong.
    func read<Answer: JSONReadable>(_ type: Answer.Type, from response: HTTPResponse) throws(RemoteFailure) -> Answer {
        do {
            return try JSONScanner.read(type, from: response.body)
        } catch {
            throw failure(.malformed, "The answer cannot be read: \(error)")
        }
    }
}
