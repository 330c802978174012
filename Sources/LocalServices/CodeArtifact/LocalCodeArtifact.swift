import Cryptography
import FoundationEssentials
package import Logging
import Synchronization

/// A local AWS CodeArtifact for Maven: the control API, the Maven endpoint and the bucket that assets come from.
///
/// It lives as long as the closure given to `with`. Its state is in memory and starts as the configuration says; the
/// bytes of imported files stay where they are. Behaviour that no document settles can be switched in the
/// configuration. All calls may come from any task.
package final class LocalCodeArtifact: Sendable {
    package let configuration: Configuration
    /// Where the control API is, without a slash at its end: for AWS_ENDPOINT_URL_CODEARTIFACT.
    package let endpoint: String
    /// Where redirected assets are, without a slash at its end.
    package let assetEndpoint: String
    /// What the imports left out, a sentence each.
    package let importNotes: [String]

    private let state: Mutex<DomainState>
    let ledger = AssetLedger()
    let counter = RequestCounter()
    let faults: FaultPlan
    let throttle: Throttle
    let credentials: CallerCredentials
    let tokens = AuthorizationTokens()
    private let pages = Mutex(0)
    /// Signs the addresses of redirected assets.
    let secret = UUID().uuidString

    private init(
        _ configuration: Configuration,
        state: DomainState,
        importNotes: [String],
        port: Int,
        assetPort: Int
    ) {
        self.configuration = configuration
        self.state = Mutex(state)
        self.importNotes = importNotes
        endpoint = "http://\(configuration.host):\(port)"
        assetEndpoint = "http://\(configuration.host):\(assetPort)"
        faults = FaultPlan(configuration.faults, seed: configuration.seed)
        throttle = Throttle(configuration.throttle)
        credentials = CallerCredentials(configuration.credentials, region: configuration.region)
    }

    /// Starts the two listeners, runs the closure, and stops them on every path.
    ///
    /// Throws what the closure throws, `SeedingFailure` when an import cannot be read, and a sentence when the port is
    /// taken.
    package static func with<Value>(
        _ configuration: Configuration = Configuration(),
        logger: Logger = .quiet,
        _ body: (LocalCodeArtifact) async throws -> Value
    ) async throws -> Value {
        var notes: [String] = []
        let state = try DomainState(configuration, &notes)
        let later = LateServer()
        let host = configuration.host
        return try await LocalHTTPServer.with(host: host, port: configuration.assetsPort, logger: logger) { request in
            try await later.server().gated(request) { server, request in try await server.answerAsset(request) }
        } _: { assetPort in
            try await LocalHTTPServer.with(host: host, port: configuration.port, logger: logger) { request in
                try await later.server().gated(request) { server, request in try await server.answer(request) }
            } _: { port in
                let server = LocalCodeArtifact(
                    configuration,
                    state: state,
                    importNotes: notes,
                    port: port,
                    assetPort: assetPort
                )
                later.set(server)
                return try await body(server)
            }
        }
    }

    /// The Maven endpoint of a repository, with a slash at its end, in the path form.
    package func mavenEndpoint(repository: String) -> String {
        "\(endpoint)/maven/d/\(configuration.domain)-\(configuration.owner)/\(repository)/"
    }

    private func gated(
        _ request: ServerRequest,
        _ respond: (LocalCodeArtifact, ServerRequest) async throws -> ServerAnswer
    ) async throws -> ServerAnswer {
        guard let gate = configuration.gate else { return try await respond(self, request) }
        return try await gate.pass(request) { try await respond(self, $0) }
    }

    private func answer(_ request: ServerRequest) async throws -> ServerAnswer {
        if request.path.hasPrefix("/maven/") { return try await answerMaven(request) }
        if request.path.hasPrefix("/_sandbox/") { return try await answerSandbox(request) }
        if request.path == "/", request.header("x-amz-target") == Self.quotasTarget {
            return try await answerServiceQuotas(request)
        }
        if request.path == "/", request.method == "POST" { return try await answerSecurityTokenService(request) }
        return try await answerAPI(request)
    }

    /// Counts a request, delays it, and refuses it when a fault or the throttle says so; else returns the fault that
    /// the answer has to show, if any.
    ///
    /// - Parameter quota: nil for a request that the service does not see, such as the bucket's of an asset.
    func admit(
        _ operation: String,
        request: ServerRequest,
        drawingOn quota: AccountQuota?
    ) async throws -> Fault.Effect? {
        counter.count(operation)
        if configuration.latency > .zero { try await Task.sleep(for: configuration.latency) }
        let target = PercentEncoding.decode(request.target) ?? request.target
        let effect = faults.draw(operation, target: target)
        if case .status(let status, let seconds) = effect {
            switch status {
            case 403: throw ServiceFailure.denied("User is not authorized to perform: \(operation)")
            case 429: throw ServiceFailure.throttled(retryAfter: seconds ?? 1)
            default: throw ServiceFailure.internal(status)
            }
        }
        if let action = DeniedAction.actions(of: operation).first(where: configuration.denied.contains) {
            let resource = "arn:aws:codeartifact:\(configuration.region):\(configuration.owner):\(request.path)"
            throw ServiceFailure.denied(DeniedAction(action, on: resource).message)
        }
        let name = operation.split(separator: ".").last.map(String.init) ?? operation
        if let quota, !throttle.admits(name, quota) { throw ServiceFailure.throttled(retryAfter: 1) }
        return effect
    }

    /// The state as it is now.
    var snapshot: DomainState { state.withLock { $0 } }

    /// Changes the state. A change throws before it changes anything but the sequence of revisions.
    func change<Value: Sendable, Failure: Error>(
        _ body: (inout DomainState) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try state.withLock { (state) throws(Failure) in try body(&state) }
    }

    /// The number of a page among all pages answered, from 1.
    func nextPageNumber() -> Int {
        pages.withLock { number in
            number += 1
            return number
        }
    }

    /// Whether the settings want this version listed without its origin.
    func hidesOrigin(of version: String) -> Bool {
        guard configuration.missingOrigins > 0 else { return false }
        let hash = version.utf8.reduce(UInt64(7)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        return hash % UInt64(configuration.missingOrigins) == 0
    }
}

/// The server that requests are for, known once both listeners have their ports.
private final class LateServer: Sendable {
    private let known = Mutex<LocalCodeArtifact?>(nil)

    func set(_ server: LocalCodeArtifact) {
        known.withLock { $0 = server }
    }

    /// Throws in the instant between listening and being ready.
    func server() throws -> LocalCodeArtifact {
        guard let server = known.withLock({ $0 }) else { throw NotReady() }
        return server
    }

    private struct NotReady: Error, CustomStringConvertible {
        let description = "the server is starting, ask again"
    }
}

extension DomainState {
    /// The state that a configuration starts with.
    ///
    /// - Parameter notes: gets what the imports left out, a sentence each.
    fileprivate init(_ configuration: LocalCodeArtifact.Configuration, _ notes: inout [String]) throws {
        let names =
            [(configuration.domain, Parameters.Pattern.domain), (configuration.owner, .account)]
            + configuration.repositories.map { ($0.name, .repository) }
        for (name, pattern) in names where !pattern.admits(name) {
            throw SeedingFailure("the name \(name) is not of the form \(pattern.rule)")
        }
        let now = Date.now.timeIntervalSince1970.rounded(.down)
        self.init(
            name: configuration.domain,
            owner: configuration.owner,
            region: configuration.region,
            createdTime: now,
            statusChangesRevision: configuration.statusChangesRevision,
            seed: configuration.seed
        )
        for settings in configuration.repositories {
            var repository = RepositoryState(
                name: settings.name,
                description: settings.description,
                createdTime: now,
                upstreams: settings.upstreams,
                synthetic: settings.synthetic.map { SyntheticRepository(recipe: $0, repository: settings.name) }
            )
            for directory in settings.imports {
                let tree = MavenTreeImport(root: directory)
                let imported = try tree.packages(repository: settings.name, publishedTime: now)
                for (key, package) in imported.packages { repository[key] = package }
                if let first = imported.leftOut.first {
                    notes.append(
                        "\(directory): \(imported.leftOut.count) files are left out, since CodeArtifact would refuse them: "
                            + "they are no build of their snapshot, or have names that it does not allow. The first is "
                            + first
                    )
                }
            }
            add(repository)
        }
    }
}

extension Logger {
    /// Writes nothing: for tests, whose output the server has no part in.
    package static let quiet = Logger(label: "local-services") { _ in SwiftLogNoOpLogHandler() }
}
