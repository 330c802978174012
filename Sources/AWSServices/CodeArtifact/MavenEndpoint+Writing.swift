import HTTPTransfer
import ReconcileCore

/// Publishing through a Maven endpoint: one PUT, and a second with a new token where the first one was refused.
extension MavenEndpoint {
    /// Publishes a file at the first of its places: whatever is not a 2xx is a `RemoteFailure`.
    ///
    /// - Parameter exchange: sends the PUT with a body of its own and calls `count` when it goes out; called once more
    ///   where the endpoint refused the bearer token, so it must be able to start its body over.
    func put(_ file: File, _ exchange: (HTTPRequest) async throws -> HTTPResponse) async throws {
        let endpoint = try await endpoints.endpoint(of: file.repository)
        let token = try await tokens.token()
        guard let refusal = try await attempt(file, at: endpoint, with: token, exchange) else { return }
        guard refusal.isOfToken else { throw refusal.failure }
        tokens.refuse(token)
        ledger.retried()
        if let refusal = try await attempt(file, at: endpoint, with: tokens.token(), exchange) {
            throw refusal.failure
        }
    }

    /// Counts a PUT as sent; for the exchange of `put`.
    func count(_ file: File) {
        ledger.sent(file.operation)
    }

    /// Nil when the file was taken.
    private func attempt(
        _ file: File,
        at endpoint: ServiceEndpoint,
        with token: BearerToken,
        _ exchange: (HTTPRequest) async throws -> HTTPResponse
    ) async throws -> Refusal? {
        try ledger.checkAllowed(file.operation)
        try await governor.admit(file.operation.rates)
        let request = HTTPRequest(
            method: .put,
            url: endpoint.url(endpoint.basePath + (file.paths.first ?? "/")),
            headers: ["Authorization": token.authorization, "Content-Type": "application/octet-stream"],
            deadlines: deadlines
        )
        let answer: HTTPResponse
        do {
            answer = try await exchange(request)
        } catch let failure as TransferFailure {
            throw RemoteFailure(failure, operation: file.operation, target: file.target)
        }
        if answer.head.isSuccess {
            governor.succeeded(file.operation.rates)
            ledger.accepted(file.operation)
            return nil
        }
        let refusal = Refusal(answer, of: file, redirected: false)
        if refusal.failure.kind == .throttled {
            ledger.throttled()
            governor.throttled(file.operation.rates, retryAfter: refusal.failure.retryAfter)
        }
        if refusal.failure.kind == .denied { return refusal.as(ledger.refused(refusal.failure)) }
        return refusal
    }
}
