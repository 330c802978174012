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
    let paced: PacedExchange
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
        let endpoint = try await endpoints.endpoint(of: file.repository)
        let request = MavenRequest(method: .get, file: file, path: path, endpoint: endpoint, maven: self)
        return try await paced.perform(request) { attempt in
            let (get, redirect) = (attempt.request, attempt.redirect)
            return try await exchange(AssetReading(request: get) { try redirect.next(after: get, $0) })
        }
    }

    /// The file's bytes, at most `limit` of them; nil when there is no such file.
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

    /// Bytes of an error answer that are read.
    private static let errorLimit = 16 << 10
}
