import HTTPTransfer
import ReconcileCore

/// Publishing through a Maven endpoint.
extension MavenEndpoint {
    /// Publishes a file at the first of its places: whatever is not a 2xx is a `RemoteFailure`.
    ///
    /// - Parameter exchange: sends the PUT with its own body and calls `count` when it goes out; called once more if
    ///   the endpoint refused the bearer token, so it must be able to start its body over.
    func put(_ file: File, _ exchange: (HTTPRequest) async throws -> HTTPResponse) async throws {
        let endpoint = try await endpoints.endpoint(of: file.repository)
        let path = file.paths.first ?? "/"
        let request = MavenRequest(method: .put, file: file, path: path, endpoint: endpoint, maven: self)
        try await paced.perform(request) { attempt in
            let answer = try await exchange(attempt.request)
            return answer.head.isSuccess ? .finished(()) : .refused(answer)
        }
    }

    /// Counts a PUT as sent; for the exchange of `put`.
    func count(_ file: File) {
        paced.ledger.sent(file.operation)
    }
}
