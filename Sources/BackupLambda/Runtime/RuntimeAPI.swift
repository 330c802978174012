package import HTTPTransfer

/// The runtime API of AWS Lambda, version 2018-06-01 (Lambda developer guide, Using the Lambda runtime API).
///
/// A process requests one invocation after another. Each call makes one attempt; if the API fails, the process must
/// exit.
package struct RuntimeAPI: Sendable {
    private let client: HTTPClient
    private let base: String

    /// - Parameters:
    ///   - client: must not use proxies, because the API is on this machine.
    ///   - address: the host and port, as in `AWS_LAMBDA_RUNTIME_API`.
    package init(client: HTTPClient, address: String) {
        self.client = client
        base = "http://\(address)/2018-06-01/runtime"
    }

    /// Waits for the next invocation, without a timeout: the process is frozen meanwhile.
    package func next() async throws -> Invocation {
        let forever = HTTPDeadlines(firstByte: .seconds(1 << 31), stall: .seconds(1 << 31))
        let request = HTTPRequest(method: .get, url: "\(base)/invocation/next", deadlines: forever)
        let response = try await client.send(request, bodyLimit: Self.payloadLimit)
        guard response.status == 200 else { throw RuntimeAPIFailure("invocation/next", response) }
        guard let id = response.head.headers["Lambda-Runtime-Aws-Request-Id"], !id.isEmpty else {
            throw RuntimeAPIFailure("invocation/next", "an invocation came without an id")
        }
        return Invocation(
            id: id,
            body: response.body,
            deadline: response.head.headers["Lambda-Runtime-Deadline-Ms"].flatMap(Int64.init),
            traceID: response.head.headers["Lambda-Runtime-Trace-Id"]
        )
    }

    /// Sends the response to an invocation, at most 6 MB (Lambda developer guide, Lambda quotas).
    package func respond(to invocation: Invocation, _ answer: [UInt8]) async throws {
        try await post("invocation/\(invocation.id)/response", answer)
    }

    /// Reports that an invocation failed: an asynchronous one is then retried, and finally sent to a dead-letter queue.
    package func fail(_ invocation: Invocation, _ failure: InvocationFailure) async throws {
        try await post("invocation/\(invocation.id)/error", failure.document, errorType: failure.type)
    }

    /// Reports that the process cannot start; the process must then exit.
    package func failInit(_ failure: InvocationFailure) async throws {
        try await post("init/error", failure.document, errorType: failure.type)
    }

    private func post(_ path: String, _ body: [UInt8], errorType: String? = nil) async throws {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        if let errorType { headers.set("Lambda-Runtime-Function-Error-Type", errorType) }
        let request = HTTPRequest(method: .post, url: "\(base)/\(path)", headers: headers, body: body)
        let response = try await client.send(request, bodyLimit: 64 << 10)
        guard response.head.isSuccess else { throw RuntimeAPIFailure(path, response) }
    }

    /// The limit in bytes; the payload of an invocation has at most 6 MB (Lambda developer guide, Lambda quotas).
    private static let payloadLimit = 16 << 20
}

/// One invocation that Lambda passes to the process.
package struct Invocation: Hashable, Sendable {
    package let id: String
    /// The event, as JSON.
    package let body: [UInt8]
    /// When Lambda kills the process, in milliseconds since 1970 (UTC); nil if the API does not say.
    package let deadline: Int64?
    /// The X-Ray trace of the invocation.
    package let traceID: String?

    package init(id: String, body: [UInt8], deadline: Int64?, traceID: String?) {
        self.id = id
        self.body = body
        self.deadline = deadline
        self.traceID = traceID
    }
}

/// A response of the runtime API that makes it impossible to continue.
package struct RuntimeAPIFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ path: String, _ reason: String) {
        description = "the Lambda runtime API, \(path): \(reason)"
    }

    init(_ path: String, _ response: HTTPResponse) {
        let words = String(decoding: response.body.prefix(500), as: UTF8.self)
        self.init(path, "answered \(response.status) \(words)")
    }
}
