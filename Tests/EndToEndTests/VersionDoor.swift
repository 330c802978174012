import AWSServices
import HTTPTransfer
import LocalServices
import ReconcileCore
import RequestSigning
import TestSupport

/// The writer of single versions: the core over the real adapters as the program wires them, called for one version
/// at a time as events come in.
struct VersionDoor: Sendable {
    let source: any PackageSource
    let store: any ObjectStore
    private let layout: BackupLayout
    private let copier: VersionCopier

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
        let governor = RateGovernor(limits: [:], clock: clock)
        let credentials = FixedCredentials(value: seaweed.credentials)
        let configuration = server.configuration
        let transport = SignedTransport(
            client: client,
            endpoint: try ServiceEndpoint(server.endpoint),
            credentials: credentials,
            signature: SignatureV4(region: configuration.region, service: "codeartifact"),
            ledger: ledger,
            governor: governor,
            deadlines: deadlines
        )
        let domain = CodeArtifactDomain(name: configuration.domain, owner: configuration.owner)
        source = RetryingSource(CodeArtifactSource(domain: domain, transport: transport), policy: policy)
        let bucket = S3Store(
            try S3Location(
                bucket: seaweed.bucket,
                prefix: prefix,
                region: seaweed.region,
                endpoint: ServiceEndpoint(seaweed.endpoint)
            ),
            client: client,
            credentials: credentials,
            ledger: ledger,
            governor: governor,
            deadlines: deadlines
        )
        store = RetryingStore(bucket, policy: policy)
        layout = BackupLayout(domain: configuration.domain)
        copier = VersionCopier(
            source: source,
            store: store,
            metadata: MetadataPublisher(store: store, layout: layout, digest: sidecarDigest),
            layout: layout,
            clock: clock,
            recorder: Manifest.Recorder(door: "event", version: "test"),
            keepsVersions: false
        )
    }

    /// Brings one version to the state that it has at the source now.
    func copy(_ version: VersionCoordinates) async throws -> CopyOutcome {
        let description = try await source.describe(version)
        var newest: Timestamp?
        try await store.forEachObject(under: layout.manifestsPrefix(of: version)) { object in
            newest = [newest, layout.record(at: object.key)?.recordedAt].compactMap(\.self).max()
        }
        let listed = ListedVersion(
            version: version.version,
            revision: description?.revision,
            status: description?.status ?? .deleted,
            origin: description?.origin ?? .unknown
        )
        return await copier.copy(
            version,
            listed: listed,
            known: [:],
            newestRecord: newest,
            publishesMetadata: true
        )
    }
}
