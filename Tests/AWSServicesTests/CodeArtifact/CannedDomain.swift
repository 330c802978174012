import AWSServices
import Cryptography
import FoundationEssentials
import HTTPTransfer
import ReconcileCore
import Synchronization
import TestSupport

/// One answer of a canned domain.
struct Canned: Sendable {
    var status: Int
    var headers: [(String, String)] = []
    var body = ""
    /// Whether the connection ends after the body, however long it was announced to be.
    var isCut = false

    static func json(_ body: String) -> Canned {
        Canned(status: 200, headers: [("Content-Type", "application/json")], body: body)
    }

    static func status(_ status: Int) -> Canned { Canned(status: status) }

    var steps: [ScriptedStep] {
        guard isCut else { return .reply(status, headers: headers, text: body) }
        return [.readBody, .send([ScriptedStep].head(status, headers: headers, length: nil)), .send(body), .close]
    }
}

/// A source of packages over a loopback server that answers what a test says.
struct CannedDomain {
    let source: CodeArtifactSource
    let configuration: CodeArtifactConfiguration
    let clock: HandClock
    private let server: ScriptedHTTPServer
    private let ledger: RequestLedger
    private static let signature = SignatureV4(region: "us-west-2", service: "codeartifact")

    /// A server for API and files alike, and a source that asks it. No request waits for a rate or is sent again.
    ///
    /// - Parameter location: what follows the server's address where the Maven repositories are; nil for the API's answer.
    static func run(
        location: String? = nil,
        _ answer: @escaping @Sendable (ScriptedRequest) -> Canned,
        _ body: (CannedDomain) async throws -> Void
    ) async throws {
        try await ScriptedHTTPServer.withServer({ answer($0).steps }) { server in
            try await HTTPClient.withClient { client in
                let ledger = RequestLedger()
                let clock = HandClock()
                let transport = SignedTransport(
                    client: client,
                    endpoint: try ServiceEndpoint(server.url("")),
                    credentials: NumberedCredentials(),
                    signature: signature,
                    ledger: ledger,
                    governor: RateGovernor(limits: [:], clock: HandClock()),
                    clock: clock
                )
                let domain = CodeArtifactDomain(name: "my-domain", owner: "111122223333")
                let source = CodeArtifactSource(
                    domain: domain,
                    transport: transport,
                    maven: MavenAccess(
                        location: try location.map { try MavenLocation(server.url($0)) },
                        tokenLifetime: .seconds(3600)
                    )
                )
                let configuration = CodeArtifactConfiguration(domain: domain, transport: transport)
                try await body(
                    CannedDomain(
                        source: source,
                        configuration: configuration,
                        clock: clock,
                        server: server,
                        ledger: ledger
                    )
                )
            }
        }
    }

    /// The same with answers for the endpoint and for tokens, which are numbered; `answer` has the files.
    ///
    /// - Parameter skew: seconds that the service's clock is ahead.
    static func maven(
        skew: Double = 0,
        location: String? = nil,
        _ answer: @escaping @Sendable (ScriptedRequest) -> Canned,
        _ body: (CannedDomain) async throws -> Void
    ) async throws {
        let tokens = Atomic(0)
        try await run(
            location: location,
            { request in
                switch request.path {
                case "/v1/repository/endpoint":
                    return .json(#"{"repositoryEndpoint":"http://\#(request.host)/maven/releases/"}"#)
                case "/v1/authorization-token":
                    let number = tokens.add(1, ordering: .relaxed).newValue
                    let expiration = HandClock().secondsSince1970() + 3600 + skew
                    return Canned(
                        status: 200,
                        headers: [("Date", HTTPDate.text(of: Date(timeIntervalSince1970: expiration - 3600)))],
                        body: #"{"authorizationToken":"token\#(number)","expiration":\#(expiration)}"#
                    )
                default:
                    return answer(request)
                }
            },
            body
        )
    }

    /// All requests so far.
    var seen: [ScriptedRequest] { server.requests }
    /// Counted by the source, by operation.
    var requests: [String: Int] { ledger.snapshot.requests }
    var retries: Int { ledger.snapshot.retries }
    /// The failure that ends a run if a host never answered.
    var unreachable: RemoteFailure? { ledger.unreachable() }
    /// The failure that ends a run if an operation that it needs is refused as a whole.
    var forbidden: RemoteFailure? { ledger.forbidden(after: 1, of: 1) }
    var throttled: Int { ledger.snapshot.throttled }

    /// Checks the signature of a request as the service would.
    func verify(_ request: ScriptedRequest) async throws {
        let signer = try await NumberedCredentials().credentials()
        let received = ReceivedRequest(
            method: request.method,
            target: request.target,
            headers: request.headers,
            body: request.body
        )
        try Self.signature.verify(
            received,
            with: signer,
            at: Date(timeIntervalSince1970: HandClock().secondsSince1970())
        )
    }
}

extension ScriptedRequest {
    /// Method and target.
    var line: String { "\(method) \(target)" }
    var path: String { String(target.prefix { $0 != "?" }) }
    var query: String { String(target.drop { $0 != "?" }.dropFirst()) }
    var host: String { self["host"] ?? "" }
}
