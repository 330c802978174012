import AWSServices
import Cryptography
import HTTPTransfer
import LocalServices
import ReconcileCore
import TestSupport

/// The writer of single versions: the core over the real adapters as the program wires them, called for one version
/// at a time as events come in. What sets it apart from a function's session is that its deadlines can be chosen.
struct VersionDoor: Sendable {
    private let reconciler: Reconciler
    private let context: RunContext<RunEvent>

    static func with(
        _ server: LocalCodeArtifact,
        _ seaweed: SeaweedFS,
        prefix: String,
        deadlines: HTTPDeadlines = HTTPDeadlines(),
        _ body: (VersionDoor) async throws -> Void
    ) async throws {
        try await HTTPClient.withClient { client in
            try await body(VersionDoor(server, seaweed, prefix, deadlines, client))
        }
    }

    private init(
        _ server: LocalCodeArtifact,
        _ seaweed: SeaweedFS,
        _ prefix: String,
        _ deadlines: HTTPDeadlines,
        _ client: HTTPClient
    ) throws {
        let clock = SystemClock()
        let ledger = RequestLedger()
        let policy = RetryPolicy(attempts: 5, ledger: ledger, clock: clock)
        let configuration = server.configuration
        let transport = SignedTransport(
            client: client,
            endpoint: try ServiceEndpoint(server.endpoint),
            credentials: FixedCredentials(value: seaweed.credentials),
            signature: SignatureV4(region: configuration.region, service: "codeartifact"),
            ledger: ledger,
            governor: RateGovernor(limits: [:], clock: clock),
            deadlines: deadlines
        )
        let domain = CodeArtifactDomain(name: configuration.domain, owner: configuration.owner)
        let source = RetryingSource(CodeArtifactSource(domain: domain, transport: transport), policy: policy)
        let bucket = try S3Store(seaweed, prefix: prefix, client: client, ledger: ledger, deadlines: deadlines)
        reconciler = Reconciler(
            source: source,
            backup: Backup(
                store: RetryingStore(bucket, policy: policy),
                layout: BackupLayout(domain: configuration.domain),
                hashes: testHashes,
                clock: clock
            ),
            options: Reconciler.Options(),
            recorder: Manifest.Recorder(door: "event", version: "test")
        )
        context = RunContext(clock: clock, ledger: ledger)
    }

    /// Brings one version to the state that it has at the source now.
    func protect(_ version: VersionCoordinates) async -> RunReport {
        await reconciler.protect(version, id: "event", in: context)
    }
}
