import AWSServices
import HTTPTransfer
import ReconcileCore
import RequestSigning

/// The source and the store of one job, with their retry, rates and counts.
struct Wiring: Sendable {
    let source: any PackageSource
    let store: any ObjectStore
    /// What the report calls a write.
    let putOperation: String
    let governor: RateGovernor
    private let ledger: RequestLedger

    /// - Parameter createsBackup: whether a backup directory that is absent is made.
    init(
        _ settings: RunSettings,
        _ aws: AWSSettings,
        _ environment: [String: String],
        _ client: HTTPClient,
        _ clock: any RunClock,
        createsBackup: Bool
    ) throws {
        guard let region = settings.region ?? aws.region else {
            throw SettingFailure(missing: .region, ": give it, set AWS_REGION, or put region into the profile")
        }
        let ledger = RequestLedger()
        let policy = RetryPolicy(attempts: settings.maxAttempts, ledger: ledger, clock: clock)
        let governor = RateGovernor(
            limits: settings.rates,
            shards: settings.reconcile.selection.shard.count,
            clock: clock
        )
        let credentials = CachedCredentials(
            source: CredentialChain(
                environment: environment,
                chosenProfile: settings.profile,
                access: .system(client: client, clock: clock)
            ),
            clock: clock
        )
        let transport = SignedTransport(
            client: client,
            endpoint: try aws.endpoint(of: .codeartifact, region: region),
            credentials: credentials,
            signature: SignatureV4(region: region, service: "codeartifact"),
            ledger: ledger,
            governor: governor,
            clock: clock
        )
        let domain = CodeArtifactDomain(name: settings.domain, owner: settings.domainOwner)
        source = RetryingSource(CodeArtifactSource(domain: domain, transport: transport), policy: policy)

        switch settings.backup {
        case .directory(let path):
            putOperation = "directory.Write"
            let directory = try DirectoryStore(directory: path, create: createsBackup, ledger: ledger)
            store = RetryingStore(directory, policy: policy)
        case .bucket(let name, let prefix):
            putOperation = "s3.PutObject"
            let bucket = try S3Location(
                bucket: name,
                prefix: prefix,
                region: settings.bucket.region ?? region,
                endpoint: try aws.configuredEndpoint(of: .s3),
                addressing: settings.bucket.pathStyle ? .path : .automatic,
                encryption: settings.bucket.s3Encryption,
                storageClass: settings.bucket.storageClass,
                expectedOwner: settings.bucket.expectedOwner
            )
            let objects = S3Store(
                bucket,
                client: client,
                credentials: credentials,
                ledger: ledger,
                governor: governor,
                clock: clock
            )
            store = RetryingStore(objects, policy: policy)
        }
        self.governor = governor
        self.ledger = ledger
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
            ledger: ledger,
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

extension RunSettings.BucketSettings {
    fileprivate var s3Encryption: S3Location.Encryption {
        switch encryption {
        case "AES256": .aes256
        case .some: .kms(keyID: kmsKeyID)
        case nil: .bucketDefault
        }
    }
}
