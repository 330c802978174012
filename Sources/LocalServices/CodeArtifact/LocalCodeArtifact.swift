import Cryptography
import FoundationEssentials
package import Logging
import Synchronization

/// A local AWS CodeArtifact for Maven: the control API, the Maven endpoint, and the bucket that serves assets. It also
/// answers the calls that the programs make to STS, Service Quotas and Key Management Service.
///
/// It runs while the closure passed to `with` runs. Its state is in memory and starts as configured; the bytes of
/// imported files stay on disk. Behaviour that is not documented can be switched in the configuration. Safe to call
/// from any task.
package final class LocalCodeArtifact: Sendable {
    package let configuration: Configuration
    /// The port of the control API.
    let port: Int
    private let assetPort: Int
    /// A sentence for each import that left files out.
    package let importNotes: [String]

    private let state: Mutex<[String: DomainState]>
    let ledger = AssetLedger()
    /// Counts the requests; a local S3 may share it.
    package let counter = RequestCounter()
    /// The faults in force; a local S3 may share them.
    package let faults: FaultPlan
    let throttle: Throttle
    let credentials: CallerCredentials
    let signingKey: LocalSigningKey
    let tokens = AuthorizationTokens()
    private let pages = Mutex(0)
    /// Environment variables for other services.
    let others = Mutex<[String: String]>([:])
    /// Signs the URLs of redirected assets.
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

    /// Starts the two listeners, runs the closure, and stops the listeners on every path.
    ///
    /// Throws whatever the closure throws, `SeedingFailure` if the configuration is invalid, and `ListenFailure` if a
    /// port cannot be opened.
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

    /// The URL of the control API without a trailing slash, for AWS_ENDPOINT_URL_CODEARTIFACT.
    package var endpoint: String { "http://\(configuration.listening.reachable):\(port)" }

    /// The URL of redirected assets without a trailing slash.
    package var assetEndpoint: String { assetEndpoint(on: configuration.listening.reachable) }

    func assetEndpoint(on host: String) -> String { "http://\(host):\(assetPort)" }

    /// The host name for URLs in the answer to a request: the one that the client used, if the server listens on all
    /// addresses and has no public name.
    ///
    /// No single address would suit every client then.
    func host(toldBy request: ServerRequest) -> String {
        guard configuration.publicHost == nil, configuration.listening.isEverywhere,
            let authority = request.header("host"), !authority.isEmpty
        else { return configuration.listening.reachable }
        guard let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") else { return authority }
        return String(authority[..<colon])
    }

    /// The Maven endpoint of a repository in path form, with a trailing slash.
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

    /// Counts and delays a request, and throws if a fault, a denied action or the throttle refuses it; otherwise
    /// returns the fault that the answer must show, if any.
    ///
    /// - Parameter quota: nil for a request that does not go to the service, such as one to the asset bucket.
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

    /// The current state of all domains, by name.
    var domains: [String: DomainState] { state.withLock { $0 } }

    /// The current state of the configuration's domain; empty if it was deleted.
    var snapshot: DomainState { domains[configuration.domain] ?? emptyDomain(configuration.domain) }

    /// Changes the configuration's domain. If `body` throws, it must do so before it changes anything but the sequence
    /// of revisions.
    func change<Value: Sendable, Failure: Error>(
        _ body: (inout DomainState) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let name = configuration.domain
        return try state.withLock { (domains) throws(Failure) in
            try body(&domains[name, default: emptyDomain(name)])
        }
    }

    /// Changes a domain; throws the service's 404 if it does not exist.
    func change<Value: Sendable>(
        in name: String,
        _ body: (inout DomainState) throws(ServiceFailure) -> Value
    ) throws(ServiceFailure) -> Value {
        try state.withLock { (domains) throws(ServiceFailure) in
            guard let index = domains.index(forKey: name) else { throw .notFound(.domain, name) }
            return try body(&domains.values[index])
        }
    }

    /// Adds a domain; throws the service's 409 if the name is taken.
    func add(_ domain: DomainState) throws(ServiceFailure) {
        try state.withLock { (domains) throws(ServiceFailure) in
            guard domains[domain.name] == nil else {
                throw .conflict(.domain, domain.name, "domain \(domain.name) exists")
            }
            domains[domain.name] = domain
        }
    }

    /// Deletes a domain; throws the service's 409 if it has repositories.
    func remove(_ name: String) throws(ServiceFailure) {
        try state.withLock { (domains) throws(ServiceFailure) in
            guard domains[name]?.repositories.isEmpty != false else {
                throw .conflict(.domain, name, "domain \(name) has repositories")
            }
            domains[name] = nil
        }
    }

    /// An empty domain, created now.
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

    /// The number of the next page, counting all pages answered so far, from 1.
    func nextPageNumber() -> Int {
        pages.withLock { number in
            number += 1
            return number
        }
    }

    /// Whether the settings ask to list this version without its origin.
    func hidesOrigin(of version: String) -> Bool {
        guard configuration.missingOrigins > 0 else { return false }
        let hash = version.utf8.reduce(UInt64(7)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        return hash % UInt64(configuration.missingOrigins) == 0
    }
}

/// The server that handles requests, set once both listeners have their ports.
private final class LateServer: Sendable {
    private let known = Mutex<LocalCodeArtifact?>(nil)

    func set(_ server: LocalCodeArtifact) {
        known.withLock { $0 = server }
    }

    /// Throws while the server is listening but not yet ready.
    func server() throws -> LocalCodeArtifact {
        guard let server = known.withLock({ $0 }) else { throw NotReady() }
        return server
    }

    private struct NotReady: Error, CustomStringConvertible {
        let description = "the server is starting, ask again"
    }
}

extension DomainState {
    /// The initial state for a configuration.
    ///
    /// - Parameter notes: receives a sentence for each import that left files out.
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
    /// Writes nothing; for tests, whose output should not include the server's log.
    package static let quiet = Logger(label: "local-services") { _ in SwiftLogNoOpLogHandler() }
}
