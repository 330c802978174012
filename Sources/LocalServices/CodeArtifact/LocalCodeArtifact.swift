import Cryptography
import FoundationEssentials
package import Logging
import Synchronization

/// A local AWS CodeArtifact for Maven: the control API, the Maven endpoint and the bucket that assets come from. Beside the
/// API, it answers what the programs ask of STS, Service Quotas and Key Management Service.
///
/// It lives as long as the closure given to `with`. Its state is in memory and starts as the configuration says; the
/// bytes of imported files stay where they are. Behaviour that no document settles can be switched in the
/// configuration. All calls may come from any task.
package final class LocalCodeArtifact: Sendable {
    package let configuration: Configuration
    /// The port of the control API.
    let port: Int
    private let assetPort: Int
    /// What the imports left out, a sentence each.
    package let importNotes: [String]

    private let state: Mutex<[String: DomainState]>
    let ledger = AssetLedger()
    /// The requests so far; a local S3 may share it.
    package let counter = RequestCounter()
    /// The faults in force; a local S3 may share them.
    package let faults: FaultPlan
    let throttle: Throttle
    let credentials: CallerCredentials
    let signingKey: LocalSigningKey
    let tokens = AuthorizationTokens()
    private let pages = Mutex(0)
    /// Variables of the environment that stand for other services.
    let others = Mutex<[String: String]>([:])
    /// Signs the addresses of redirected assets.
    let secret = UUID().uuidString

    private init(
        _ configuration: Configuration,
        state: DomainState,
        importNotes: [String],
        port: Int,
        assetPort: Int,
        signingKey: LocalSigningKey
    ) {
        self.configuration = configuration
        self.state = Mutex([state.name: state])
        self.importNotes = importNotes
        self.port = port
        self.assetPort = assetPort
        faults = FaultPlan(configuration.faults, seed: configuration.seed)
        throttle = Throttle(configuration.throttle)
        self.signingKey = signingKey
        credentials = CallerCredentials(configuration.credentials, region: configuration.region)
    }

    /// Starts the two listeners, runs the closure, and stops them on every path.
    ///
    /// Throws what the closure throws, `SeedingFailure` when the configuration is not one that can be, and
    /// `ListenFailure` when a port cannot be had.
    package static func with<Value>(
        _ configuration: Configuration = Configuration(),
        logger: Logger = .quiet,
        _ body: (LocalCodeArtifact) async throws -> Value
    ) async throws -> Value {
        var notes: [String] = []
        let state = try DomainState(configuration, &notes)
        let signingKey = try LocalSigningKey.made(configuration.signingKeyPEM)
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
                    assetPort: assetPort,
                    signingKey: signingKey
                )
                later.set(server)
                return try await body(server)
            }
        }
    }

    /// Where the control API is, without a slash at its end: for AWS_ENDPOINT_URL_CODEARTIFACT.
    package var endpoint: String { "http://\(configuration.listening.reachable):\(port)" }

    /// Where redirected assets are, without a slash at its end.
    package var assetEndpoint: String { assetEndpoint(on: configuration.listening.reachable) }

    func assetEndpoint(on host: String) -> String { "http://\(host):\(assetPort)" }

    /// The name that a client has reached this server by, for the addresses in an answer to it.
    ///
    /// It matters where the server listens on all addresses: none of them is right for everybody.
    func host(toldBy request: ServerRequest) -> String {
        guard configuration.publicHost == nil, configuration.listening.isEverywhere,
            let authority = request.header("host"), !authority.isEmpty
        else { return configuration.listening.reachable }
        guard let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") else { return authority }
        return String(authority[..<colon])
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
        if request.path == "/_sandbox" || request.path.hasPrefix("/_sandbox/") {
            return try await answerSandbox(request)
        }
        if request.path == "/", request.header("x-amz-target") == Self.quotasTarget {
            return try await answerServiceQuotas(request)
        }
        if request.path == "/", request.header("x-amz-target")?.hasPrefix(Self.keysTarget) == true {
            return try await answerKeys(request)
        }
        if request.path == "/", request.method == "GET" { return .text(200, overview) }
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

    /// All domains as they are now, by name.
    var domains: [String: DomainState] { state.withLock { $0 } }

    /// The domain of the configuration as it is now; empty when it was deleted.
    var snapshot: DomainState { domains[configuration.domain] ?? emptyDomain(configuration.domain) }

    /// Changes the domain of the configuration. A change throws before it changes anything but the sequence of
    /// revisions.
    func change<Value: Sendable, Failure: Error>(
        _ body: (inout DomainState) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let name = configuration.domain
        return try state.withLock { (domains) throws(Failure) in
            try body(&domains[name, default: emptyDomain(name)])
        }
    }

    /// Changes a domain; the service's 404 when there is none of the name.
    func change<Value: Sendable>(
        in name: String,
        _ body: (inout DomainState) throws(ServiceFailure) -> Value
    ) throws(ServiceFailure) -> Value {
        try state.withLock { (domains) throws(ServiceFailure) in
            guard let index = domains.index(forKey: name) else { throw .notFound(.domain, name) }
            return try body(&domains.values[index])
        }
    }

    /// Adds a domain; the service's 409 when there is one of the name.
    func add(_ domain: DomainState) throws(ServiceFailure) {
        try state.withLock { (domains) throws(ServiceFailure) in
            guard domains[domain.name] == nil else {
                throw .conflict(.domain, domain.name, "domain \(domain.name) exists")
            }
            domains[domain.name] = domain
        }
    }

    /// Removes a domain; the service's 409 when it has repositories.
    func remove(_ name: String) throws(ServiceFailure) {
        try state.withLock { (domains) throws(ServiceFailure) in
            guard domains[name]?.repositories.isEmpty != false else {
                throw .conflict(.domain, name, "domain \(name) has repositories")
            }
            domains[name] = nil
        }
    }

    /// A domain without anything, made now.
    func emptyDomain(_ name: String) -> DomainState {
        DomainState(
            name: name,
            owner: configuration.owner,
            region: configuration.region,
            createdTime: Date.now.timeIntervalSince1970,
            statusChangesRevision: configuration.statusChangesRevision,
            seed: name.utf8.reduce(configuration.seed) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        )
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
        try configuration.checkNames()
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
