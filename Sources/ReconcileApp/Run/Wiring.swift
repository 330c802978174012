import AWSServices
import HTTPTransfer
import ReconcileCore
import RequestSigning

/// The source and the store of one job, with their retry, rates and counts.
struct Wiring: Sendable {
    let domain: CodeArtifactDomain
    let source: any PackageSource
    /// For what is neither the source nor the store.
    let client: HTTPClient
    private let backup: StoreWiring

    var store: any ObjectStore { backup.store }
    /// What the report calls a write.
    var putOperation: String { backup.putOperation }
    var governor: RateGovernor { backup.governor }

    init(
        _ backup: StoreWiring,
        _ settings: RunSettings,
        _ aws: AWSSettings,
        _ client: HTTPClient,
        _ clock: any RunClock
    ) throws {
        guard let owner = settings.domainOwner else { throw SettingFailure(missing: .domainOwner) }
        let region = try backup.region.orMissing()
        let transport = SignedTransport(
            client: client,
            endpoint: try aws.endpoint(of: .codeartifact, region: region),
            credentials: backup.credentials,
            signature: SignatureV4(region: region, service: "codeartifact"),
            ledger: backup.ledger,
            governor: backup.governor,
            clock: clock
        )
        domain = CodeArtifactDomain(name: settings.domain, owner: owner)
        source = RetryingSource(CodeArtifactSource(domain: domain, transport: transport), policy: backup.policy)
        self.client = client
        self.backup = backup
    }

    /// - Parameter door: what its manifests are recorded by.
    func reconciler(
        to store: any ObjectStore,
        door: String,
        settings: RunSettings,
        clock: any RunClock
    ) -> Reconciler {
        Reconciler(
            source: source,
            store: store,
            layout: BackupLayout(domain: settings.domain),
            options: settings.reconcile,
            clock: clock,
            ledger: backup.ledger,
            recorder: Manifest.Recorder(door: door, version: ProgramVersion.current),
            digest: { bytes, algorithm in
                switch algorithm {
                case .sha1: Hexadecimal.encode(Digest.of(bytes, .sha1))
                case .md5: Hexadecimal.encode(Digest.of(bytes, .md5))
                }
            }
        )
    }
}
