import HTTPTransfer
import ReconcileCore

/// The Maven repositories of a domain, accessed with a bearer token.
///
/// A GET of a file that the API did not list may write to the repository, since the service then looks upstream and
/// keeps what it finds. So only listed assets and maven-metadata.xml are read.
struct MavenEndpoint: Sendable {
    let client: HTTPClient
    let tokens: AuthorizationTokens
    let endpoints: RepositoryEndpoints
    let paced: PacedExchange
    let deadlines: HTTPDeadlines

    /// One file: its location, and how to name and count its requests.
    struct File: Sendable {
        let repository: String
        /// The places where the file may be, tried in this order; relative to the repository's endpoint,
        /// percent-encoded.
        let paths: [String]
        let operation: ServiceOperation
        let target: String
    }

    /// `RemoteAssetBody.reading` for any file.
    func reading<R: Sendable>(
        of file: File,
        _ exchange: (AssetReading) async throws -> ExchangeEnd<R>
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
        _ exchange: (AssetReading) async throws -> ExchangeEnd<R>
    ) async throws -> R {
        let endpoint = try await endpoint(of: file.repository)
        let request = MavenRequest(method: .get, file: file, path: path, endpoint: endpoint, maven: self)
        return try await paced.perform(request) { attempt in
            let (get, redirect) = (attempt.request, attempt.redirect)
            return try await exchange(AssetReading(request: get) { try redirect.next(after: get, $0) })
        }
    }

    /// A repository's endpoint. If it must be requested, a token will be needed next, so fetches both concurrently.
    private func endpoint(of repository: String) async throws -> ServiceEndpoint {
        if let endpoint = endpoints.known(repository) { return endpoint }
        async let token = tokens.token()
        let endpoint = try await endpoints.endpoint(of: repository)
        _ = try await token
        return endpoint
    }

    /// The file's bytes; nil if there is no such file. Fails if it is larger than `limit`.
    func read(_ file: File, limit: Int) async throws -> [UInt8]? {
        do {
            return try await reading(of: file) { reading in
                var request = reading.request
                request.deadlines = request.deadlines.ofDocument
                var answer = try await client.send(request, bodyLimit: limit)
                if var next = try reading.redirect(answer.head) {
                    next.deadlines = request.deadlines
                    answer = try await client.send(next, bodyLimit: limit)
                }
                return answer.status == 200 ? .finished(answer.body) : .refused(answer)
            }
        } catch let failure as RemoteFailure where failure.kind == .absent && failure.operation == file.operation {
            return nil
        }
    }

    /// Passes the file's bytes on in pieces; reads the next piece once the previous one has been taken.
    func stream(_ file: File, _ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        try await reading(of: file) { reading in
            var request = reading.request
            // At most two rounds, since `redirect` rejects a second redirect.
            while true {
                switch try await receiving(request, redirect: reading.redirect, receive) {
                case .ended(let end): return end
                case .moved(let next): request = next
                }
            }
        }
    }

    private enum Received {
        case ended(ExchangeEnd<Void>)
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
                return .ended(.refused(try await HTTPResponse(head: head, body: body, limit: Self.errorLimit)))
            }
            while let piece = try await body.next() { try await receive(piece) }
            return .ended(.finished(()))
        }
    }

    /// The most bytes read of an error answer.
    private static let errorLimit = 16 << 10
}

extension MavenEndpoint {
    /// The Maven endpoints of a domain. Tokens and endpoints are requested when first needed; endpoints never, if their
    /// location is given.
    init(calls: CodeArtifactCalls, transport: SignedTransport, _ access: MavenAccess) {
        self.init(
            client: transport.client,
            tokens: AuthorizationTokens(clock: transport.clock) {
                let call = calls.authorizationToken(lifetime: access.tokenLifetime)
                let response = try await transport.sendForToken(call)
                let answer = try call.read(TokenAnswer.self, from: response)
                let here = transport.clock.secondsSince1970()
                let now = here + ClockSkew.offset(in: response.head, at: here)
                return (answer.authorizationToken, answer.expiration.map { $0.secondsSince1970 - now })
            },
            endpoints: RepositoryEndpoints { repository in
                if let location = access.location { return location.endpoint(of: repository, in: calls.domain) }
                let call = calls.repositoryEndpoint(repository)
                let answer = try await transport.answer(RepositoryEndpointAnswer.self, to: call)
                do {
                    let endpoint = try ServiceEndpoint(answer.repositoryEndpoint)
                    try endpoint.requireMaven(of: calls.domain, namedBy: transport.endpoint)
                    return endpoint
                } catch {
                    throw call.failure(.malformed, "\(error)")
                }
            },
            paced: transport.paced,
            deadlines: transport.deadlines
        )
    }
}

extension SignedTransport {
    /// Sends a call for a token. If it is denied, adds to the message that a policy may limit the lifetime of tokens
    /// (user guide, Tokens created with the GetAuthorizationToken API).
    fileprivate func sendForToken(_ call: ServiceCall) async throws -> HTTPResponse {
        do {
            return try await send(call)
        } catch let failure as RemoteFailure where failure.kind == .denied || failure.kind == .forbidden {
            // A different kind of policy, or a refusal that is not from AWS, does not limit the duration.
            guard failure.denial?.remedy(.domain) == nil || failure.denial?.cause == .denied(.identity) else {
                throw failure
            }
            throw failure.saying(
                "\(failure.message) If a policy limits sts:DurationSeconds, try a shorter --token-duration."
            )
        }
    }
}

/// Publishes through a Maven endpoint.
extension MavenEndpoint {
    /// Publishes a file at the first of its places; any answer other than a 2xx is a `RemoteFailure`.
    ///
    /// - Parameter exchange: sends the PUT with a body and calls `count` when it does so. Called again if the endpoint
    ///   refused the bearer token, so it must be able to restart its body.
    func put(_ file: File, _ exchange: (HTTPRequest) async throws -> HTTPResponse) async throws {
        let endpoint = try await endpoint(of: file.repository)
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

/// A GET or PUT of one file at a Maven endpoint with a bearer token, as a request for `PacedExchange`.
struct MavenRequest: PacedRequest {
    struct Attempt {
        let token: BearerToken
        let request: HTTPRequest
        let redirect: MavenRedirect
    }

    let method: HTTPMethod
    let file: MavenEndpoint.File
    /// Relative to the endpoint; percent-encoded.
    let path: String
    let endpoint: ServiceEndpoint
    let maven: MavenEndpoint

    var operation: ServiceOperation { file.operation }
    var target: String { file.target }
    var role: ExchangeRole { method == .get ? .reading : .sending }
    var operations: [ServiceOperation] { role == .reading ? [operation, AssetStoreOperations.get] : [operation] }

    func proof() async throws -> BearerToken {
        try await maven.tokens.token()
    }

    func discard(_ proof: BearerToken) {
        maven.tokens.refuse(proof)
    }

    func attempt(with proof: BearerToken) -> Attempt {
        var headers: HTTPHeaders = ["Authorization": proof.authorization]
        switch role {
        case .reading: headers.append("Accept", "*/*")
        case .sending: headers.append("Content-Type", "application/octet-stream")
        }
        let url = endpoint.url(endpoint.basePath + path)
        var request = HTTPRequest(method: method, url: url, headers: headers, deadlines: maven.deadlines)
        request.label = RequestLabel(operation)
        return Attempt(
            token: proof,
            request: request,
            redirect: MavenRedirect(from: endpoint, operation: operation, target: target) {
                [paced = maven.paced] (store) throws(RemoteFailure) in
                try paced.ledger.checkAnswering(.assets(store), at: paced.clock.now())
            }
        )
    }

    func hosts(of attempt: Attempt) -> [RemoteHost] {
        let store = attempt.redirect.store.map { RemoteHost.assets($0) }
        return [.maven(endpoint.host)] + (store.map { [$0] } ?? [])
    }

    func operations(of attempt: Attempt) -> [ServiceOperation] {
        attempt.redirect.store == nil ? [operation] : [operation, AssetStoreOperations.get]
    }

    func refusal(_ answer: HTTPResponse, to attempt: Attempt) -> Refusal {
        if let store = attempt.redirect.store { return refusal(answer, by: store) }
        // For an expired token the endpoint answers 401 to some requests and 403 to others.
        let cause: Refusal.Cause? =
            switch answer.status {
            case 401: .proof
            case 403 where !maven.tokens.isFresh(attempt.token): .proof
            default: nil
            }
        if answer.head.isSuccess {
            let words = "The Maven endpoint answered status \(answer.status) instead of 200."
            return Refusal(RemoteFailure(.malformed, operation: operation, target: target, message: words))
        }
        let fault = ServiceFault.text(answer).concealing([attempt.token.value])
        let failure = RemoteFailure(answered: answer, fault: fault, operation: operation, target: target)
        return Refusal(failure, cause: cause)
    }

    /// The meaning of an answer from the store behind the redirect. Omits its message, which may quote the signed URL.
    private func refusal(_ answer: HTTPResponse, by store: String) -> Refusal {
        // A 403 may mean an expired URL, and asking the endpoint again creates a new one, so the first is not final.
        if answer.status == 403 {
            let words =
                "\(store), the store that the Maven endpoint redirected to, answered status 403 to a signed URL. "
                + AssetStoreOperations.advice(for: store)
            let denied = RemoteFailure(.denied, operation: AssetStoreOperations.get, target: target, message: words)
            return Refusal(denied, cause: .address)
        }
        let isThrottled = RemoteFailure.kind(status: answer.status, code: nil) == .throttled
        let failure = RemoteFailure(
            isThrottled ? .throttled : .unavailable,
            operation: operation,
            target: target,
            message: "The store that the Maven endpoint redirected to answered status \(answer.status).",
            retryAfter: RemoteFailure.retryAfter(answer.head.headers)
        )
        // The store's rates are separate from the endpoint's.
        return Refusal(failure, slowsDown: false)
    }
}

/// The bytes of one asset, read through a Maven endpoint.
struct MavenAssetBody: RemoteAssetBody {
    let maven: MavenEndpoint
    let file: MavenEndpoint.File

    var origin: BodyOrigin? { BodyOrigin(file.operation, file.target) }

    func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        try await maven.stream(file, receive)
    }

    func reading<R: Sendable>(_ exchange: (AssetReading) async throws -> ExchangeEnd<R>) async throws -> R {
        try await maven.reading(of: file, exchange)
    }
}
