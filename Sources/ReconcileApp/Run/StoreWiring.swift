import AWSServices
import HTTPTransfer
import ReconcileCore

/// The store of one job, and what its source shares with it: credentials, retry, rates and counts.
struct StoreWiring: Sendable {
    let store: any ObjectStore
    /// What the report calls a write.
    let putOperation: String
    let governor: RateGovernor
    let ledger: RequestLedger
    let policy: RetryPolicy
    let credentials: CachedCredentials
    let region: Region
    /// For what is neither the source nor the store.
    let client: HTTPClient

    /// The domain's region, where one is known.
    struct Region: Sendable {
        let name: String?

        func orMissing() throws -> String {
            guard let name else {
                throw SettingFailure(missing: .region, ": give it, set AWS_REGION, or put region into the profile")
            }
            return name
        }
    }

    /// - Parameter createsBackup: whether a backup directory that is absent is made.
    init(
        _ settings: RunSettings,
        _ aws: AWSSettings,
        _ environment: [String: String],
        _ client: HTTPClient,
        _ clock: any RunClock,
        createsBackup: Bool
    ) throws {
        self.client = client
        region = Region(name: settings.region ?? aws.region)
        ledger = RequestLedger()
        policy = RetryPolicy(attempts: settings.maxAttempts, ledger: ledger, clock: clock)
        governor = RateGovernor(
            limits: settings.rates,
            shards: settings.reconcile.selection.shard.count,
            clock: clock
        )
        credentials = CachedCredentials(
            source: CredentialChain(
                environment: environment,
                chosenProfile: settings.profile,
                access: .system(client: client, clock: clock)
            ),
            clock: clock
        )
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
                region: settings.bucket.region ?? region.orMissing(),
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
