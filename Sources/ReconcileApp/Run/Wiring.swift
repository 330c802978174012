import AWSServices
import Cryptography
import HTTPTransfer
import ReconcileCore

/// The domain and the store of one job, with their retry, rates and counts.
struct Wiring: Sendable {
    let domain: CodeArtifactDomain
    let source: any PackageSource
    let destination: any PackageDestination
    let backup: StoreWiring

    var store: any ObjectStore { backup.store }
    /// What the report calls a write.
    var putOperation: String { backup.putOperation }
    var governor: RateGovernor { backup.governor }

    /// - Parameter name: the domain's, which a restore may be told apart from the backup's.
    init(
        _ backup: StoreWiring,
        domain name: String,
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
        domain = CodeArtifactDomain(name: name, owner: owner)
        source = RetryingSource(CodeArtifactSource(domain: domain, transport: transport), policy: backup.policy)
        destination = RetryingDestination(
            CodeArtifactDestination(domain: domain, transport: transport),
            policy: backup.policy
        )
        self.backup = backup
    }

    /// Hashes for checksum files.
    static let digest: DigestFunction = { bytes, algorithm in
        switch algorithm {
        case .sha1: Hexadecimal.encode(Digest.of(bytes, .sha1))
        case .md5: Hexadecimal.encode(Digest.of(bytes, .md5))
        case .sha256: Hexadecimal.encode(Digest.of(bytes, .sha256))
        case .sha512: Hexadecimal.encode(Digest.of(bytes, .sha512))
        }
    }

    static let hashes = HashFunctions(digest: digest, checksums: checksums)

    /// Hashes an asset's bytes in one pass.
    static let checksums: ChecksumFunction = { read in
        var md5 = Digest(.md5)
        var sha1 = Digest(.sha1)
        var sha256 = Digest(.sha256)
        var sha512 = Digest(.sha512)
        try await read { piece in
            md5.update(piece)
            sha1.update(piece)
            sha256.update(piece)
            sha512.update(piece)
        }
        return Checksums(
            md5: Hexadecimal.encode(md5.finalize()),
            sha1: Hexadecimal.encode(sha1.finalize()),
            sha256: Hexadecimal.encode(sha256.finalize()),
            sha512: Hexadecimal.encode(sha512.finalize())
        )
    }

    func restorer(settings: RunSettings, _ restore: RestoreSettings) -> Restorer {
        var options = Restorer.Options()
        options.selection = settings.reconcile.selection
        options.width = settings.reconcile.width
        options.choice = restore.choice
        options.repository = restore.repository
        options.isSameDomain = restore.domain == nil && restore.repository == nil
        options.writes = !restore.isDryRun
        return Restorer(
            backup: Backup(store: store, layout: BackupLayout(domain: settings.domain), hashes: Self.hashes),
            domain: source,
            destination: destination,
            options: options
        )
    }

    /// - Parameter door: what its manifests are recorded by.
    func reconciler(
        to store: any ObjectStore,
        door: String,
        settings: RunSettings
    ) -> Reconciler {
        Reconciler(
            source: source,
            backup: Backup(store: store, layout: BackupLayout(domain: settings.domain), hashes: Self.hashes),
            options: settings.reconcile,
            recorder: Manifest.Recorder(door: door, version: ProgramVersion.current)
        )
    }
}
