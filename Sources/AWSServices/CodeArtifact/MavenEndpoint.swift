import HTTPTransfer
import ReconcileCore

/// The Maven repositories of a domain, read with a bearer token.
///
/// A GET of a file that the API did not list may write to the repository (the service looks upstream and keeps what
/// it finds), so only listed assets and maven-metadata.xml are asked for.
struct MavenEndpoint: Sendable {
    let client: HTTPClient
    let tokens: AuthorizationTokens
    let endpoints: RepositoryEndpoints
    let ledger: RequestLedger
    let governor: RateGovernor
    let deadlines: HTTPDeadlines

    /// One file to read: where it is, and how to name and count its requests.
    struct File: Sendable {
        let repository: String
        /// Below the repository's endpoint, percent-encoded: the places where the file may be, tried in this order.
        let paths: [String]
        let operation: ServiceOperation
        let target: String
    }

    /// `RemoteAssetBody.reading` for any file.
    func reading<R: Sendable>(
        of file: File,
        _ exchange: (AssetReading) async throws -> AssetReadingEnd<R>
    ) async throws -> R {
        for path in file.paths.dropLast() {
            do {
                return try await reading(of: file, at: path, exchange)
            } catch let failure as RemoteFailure where failure.kind == .absent && failure.operation == file.operation {
                continue
            }
        }
        return try await reading(of: file, at: file.paths.last ?? "/", exchange)
    }

    private func reading<R: Sendable>(
        of file: File,
        at path: String,
        _ exchange: (AssetReading) async throws -> AssetReadingEnd<R>
    ) async throws -> R {
        let endpoint = try await endpoints.endpoint(of: file.repository)
        let token = try await tokens.token()
        switch try await attempt(file, at: endpoint, path, with: token, exchange) {
        case .finished(let result): return result
        case .refused(let refusal) where !refusal.isOfToken: throw refusal.failure
        case .refused:
            tokens.refuse(token)
            ledger.retried()
        }
        switch try await attempt(file, at: endpoint, path, with: tokens.token(), exchange) {
        case .finished(let result): return result
        case .refused(let refusal): throw refusal.failure
        }
    }

    /// The file's bytes, at most `limit` of them; nil when there is no such file.
    func read(_ file: File, limit: Int) async throws -> [UInt8]? {
        do {
            return try await reading(of: file) { reading in
                var answer = try await client.send(reading.request, bodyLimit: limit)
                if let next = try reading.redirect(answer.head) {
                    answer = try await client.send(next, bodyLimit: limit)
                }
                return answer.status == 200 ? .finished(answer.body) : .refused(answer)
            }
        } catch let failure as RemoteFailure where failure.kind == .absent && failure.operation == file.operation {
            return nil
        }
    }

    /// Passes the file's bytes on in pieces, the next one when the one before has been taken.
    func stream(_ file: File, _ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        try await reading(of: file) { reading in
            var request = reading.request
            // Two rounds at most: the rule refuses a second redirect.
            while true {
                switch try await receiving(request, redirect: reading.redirect, receive) {
                case .ended(let end): return end
                case .moved(let next): request = next
                }
            }
        }
    }

    private enum Received {
        case ended(AssetReadingEnd<Void>)
        case moved(HTTPRequest)
    }

    private func receiving(
        _ request: HTTPRequest,
        redirect: (HTTPResponseHead) throws -> HTTPRequest?,
        _ receive: ([UInt8]) async throws -> Void
    ) async throws -> Received {
        try await client.receive(request) { head, body in
            if let next = try redirect(head) { return .moved(next) }
            guard head.status == 200 else {
                var answer = HTTPResponse(head: head)
                while answer.body.count < Self.errorLimit, let piece = try await body.next() { answer.body += piece }
                return .ended(.refused(answer))
            }
            while let piece = try await body.next() { try await receive(piece) }
            return .ended(.finished(()))
        }
    }

    private enum Attempted<R> {
        case finished(R)
        case refused(Refusal)
    }

    private func attempt<R: Sendable>(
        _ file: File,
        at endpoint: ServiceEndpoint,
        _ path: String,
        with token: BearerToken,
        _ exchange: (AssetReading) async throws -> AssetReadingEnd<R>
    ) async throws -> Attempted<R> {
        try ledger.checkAllowed(file.operation)
        try await governor.admit(file.operation.rates)
        let redirect = MavenRedirect(from: endpoint, operation: file.operation, target: file.target)
        let request = HTTPRequest(
            method: .get,
            url: endpoint.url(endpoint.basePath + path),
            headers: ["Authorization": token.authorization, "Accept": "*/*"],
            deadlines: deadlines
        )
        ledger.sent(file.operation)
        let end: AssetReadingEnd<R>
        do {
            end = try await exchange(AssetReading(request: request) { try redirect.next(after: request, $0) })
        } catch let failure as TransferFailure where failure.side != .destination {
            throw RemoteFailure(failure, operation: file.operation, target: file.target)
        }
        switch end {
        case .finished(let result):
            governor.succeeded(file.operation.rates)
            ledger.accepted(file.operation)
            return .finished(result)
        case .refused(let answer):
            let refusal = Refusal(answer, of: file, redirected: redirect.isTaken)
            if refusal.failure.kind == .throttled {
                ledger.throttled()
                // The store behind the redirect has rates of its own.
                if !redirect.isTaken {
                    governor.throttled(file.operation.rates, retryAfter: refusal.failure.retryAfter)
                }
            }
            if refusal.failure.kind == .denied { return .refused(refusal.as(ledger.refused(refusal.failure))) }
            return .refused(refusal)
        }
    }

    /// Bytes of an error answer that are read.
    private static let errorLimit = 16 << 10
}

/// What an answer other than the bytes means.
struct Refusal: Sendable {
    private(set) var failure: RemoteFailure
    /// Whether a new bearer token may help: the endpoint says 401 to some and 403 to others whose token has expired.
    let isOfToken: Bool

    /// The same with another failure.
    func `as`(_ failure: RemoteFailure) -> Refusal {
        var refusal = self
        refusal.failure = failure
        return refusal
    }

    init(_ answer: HTTPResponse, of file: MavenEndpoint.File, redirected: Bool) {
        isOfToken = !redirected && (answer.status == 401 || answer.status == 403)
        guard redirected else {
            failure =
                answer.head.isSuccess
                ? RemoteFailure(
                    .malformed,
                    operation: file.operation,
                    target: file.target,
                    message: "The Maven endpoint answered status \(answer.status) instead of 200."
                )
                : RemoteFailure(
                    answered: answer,
                    fault: .text(answer),
                    operation: file.operation,
                    target: file.target
                )
            return
        }
        // A pre-signed URL that has expired is made anew by asking the endpoint again, so its 403 is not final; nor
        // is anything else that the store says of a URL that was made a moment ago. Its words may quote the URL.
        let kind: RemoteFailure.Kind =
            RemoteFailure.kind(status: answer.status, code: nil) == .throttled ? .throttled : .unavailable
        failure = RemoteFailure(
            kind,
            operation: file.operation,
            target: file.target,
            message: "The store that the Maven endpoint redirected to answered status \(answer.status).",
            retryAfter: RemoteFailure.retryAfter(answer.head.headers)
        )
    }
}
