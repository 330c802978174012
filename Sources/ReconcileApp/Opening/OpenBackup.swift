package import AWSServices
import DirectoryAdapter
import Logging
package import ReconcileCore

/// A backup that is open for reading, and for writing if the command may write.
///
/// Its store has three layers: `SealedStore` proves and signs records; `RetryingStore` retries failed requests; the
/// bucket's `S3Store` or the `DirectoryStore` makes one attempt.
package struct OpenBackup: Sendable {
    package let domain: String
    package let location: BackupLocation
    package var store: any ObjectStore { sealed }
    private let sealed: SealedStore
    /// The backup without proving or signing.
    package let bare: Backup
    /// The bucket itself, for questions about its configuration; nil for a directory.
    package let bucket: S3Bucket?
    /// The clock, corrected by the store's responses.
    private let clock: any RunClock
    /// Decides which records count; nil if all do.
    package let trust: RecordTrust?
    let signer: RecordSigner?
    private let carryReview: CertificateReview?

    /// - Parameters:
    ///   - store: retried, and neither proving nor signing anything yet.
    ///   - signing: with what is signed, by a command that writes.
    ///   - judges: whether all certificates are compared with the checkpoints, and not only those of records that are carried
    ///     on.
    fileprivate init(
        of flags: BackupFlags,
        _ access: AWSAccess,
        named domain: String,
        at location: BackupLocation,
        _ store: any ObjectStore,
        bucket: S3Bucket? = nil,
        clock: any RunClock,
        signing: SigningFlags?,
        judges: Bool
    ) throws(InvalidSettings) {
        let layout = BackupLayout(domain: domain)
        let trust = try flags.trusting.open(of: domain, clock: clock)
        let unsealed = Backup(store: store, layout: layout, hashes: Hashing.functions, clock: clock)
        let signer = try signing?.open(access, under: trust, for: unsealed, clock: clock)
        let history = trust.map { CertificateHistory(of: unsealed, under: $0) }
        let stated = trust?.file.baseline.map { StatedRecords(of: unsealed, by: $0) }
        self.domain = domain
        self.location = location
        bare = unsealed
        sealed = SealedStore(
            store,
            root: layout.prefix,
            trust: trust,
            signer: signer,
            reviewing: judges ? history?.review : nil,
            stating: stated?.review
        )
        self.bucket = bucket
        self.clock = clock
        self.trust = trust
        self.signer = signer
        carryReview = judges ? nil : history?.review
    }

    package var layout: BackupLayout { BackupLayout(domain: domain) }

    /// The backup in the form that the core takes.
    package var backup: Backup { backup(storedIn: store) }

    /// Returns what evidence says about a checkpoint, including its signer if there is a trust file, which costs one
    /// GET. Certificates signed after this call refer to the checkpoint.
    package func account(of found: Checkpoints.Found) async throws -> DrillReport.CheckpointAccount {
        signer?.note(RunCertificate.Seen(cutoff: found.checkpoint.cutoff, sha256: found.sha256))
        let signature = try await sealed.signature(of: found.key, limit: Checkpoint.maximumBytes)
        return DrillReport.CheckpointAccount(found, signature: signature)
    }

    /// The backup with a different store, as for a dry run.
    package func backup(storedIn store: any ObjectStore) -> Backup {
        Backup(
            store: store,
            layout: layout,
            hashes: Hashing.functions,
            clock: clock,
            trust: trust,
            signer: signer,
            carryReview: carryReview
        )
    }
}

extension BackupFlags {
    /// Opens the backup without sending a request. Its domain need not exist.
    ///
    /// - Parameters:
    ///   - storage: how objects are written; nil for a command that writes none.
    ///   - creates: whether a backup directory that is absent is made.
    ///   - foresees: whether one that could be made is taken for an empty one.
    ///   - judges: whether checkpoints are used to detect certificates made in advance, which costs a list and some GETs.
    ///     A run does so only before it carries on what an earlier record says: whatever else it would keep out is found by a
    ///     verification.
    /// - Throws: `RemoteFailure` of the directory, `UsageFailure` where a setting is missing, `InvalidSettings` for a trust
    ///   file or a key that cannot be used.
    package func open(
        _ access: AWSAccess,
        _ bucket: BucketFlags,
        storage: StorageFlags? = nil,
        creates: Bool = false,
        foresees: Bool = false,
        judges: Bool = true
    ) throws -> OpenBackup {
        guard let domain, let backup else { throw UsageFailure("missing --domain and --backup") }
        let signing = storage?.signing
        func opened(
            _ store: any ObjectStore,
            _ bucket: S3Bucket?,
            _ clock: any RunClock,
            _ signing: SigningFlags?
        ) throws -> OpenBackup {
            try OpenBackup(
                of: self,
                access,
                named: domain,
                at: backup,
                store,
                bucket: bucket,
                clock: clock,
                signing: signing,
                judges: judges
            )
        }
        switch backup {
        case .directory(let path):
            if foresees, let absent = AbsentDirectory(directory: path, ledger: access.ledger) {
                access.logger.notice("\(absent.location) does not exist; a run makes it")
                return try opened(absent, nil, access.clock, nil)
            }
            let directory = try DirectoryStore(directory: path, create: creates, ledger: access.ledger)
            return try opened(RetryingStore(directory, policy: access.policy), nil, access.clock, signing)
        case .bucket(let name, let prefix):
            let time = StoreClock(access.clock)
            let objects = try access.objects(
                in: name,
                prefix,
                bucket,
                writing: storage?.options ?? S3WriteOptions(),
                expectedOwner: bucket.expectedBucketOwner?.description,
                time: time
            )
            return try opened(RetryingStore(objects, policy: access.policy), S3Bucket(of: objects), time, signing)
        }
    }
}

/// A second place for checkpoints. It is opened only when needed, so that a failure to open it does not keep a run from
/// protecting versions.
package struct Witness: Sendable {
    package let location: BackupLocation
    /// Opens the store; throws the errors of opening a backup.
    package let open: @Sendable () throws -> any ObjectStore

    package var isInBucket: Bool { if case .bucket = location { true } else { false } }
}

extension WitnessFlags {
    /// Returns the second place, if one is named. Its bucket is reached in the same way as the backup's, whoever owns
    /// it.
    ///
    /// - Parameter creates: whether to create a missing directory.
    package func found(_ access: AWSAccess, _ bucket: BucketFlags, creates: Bool = true) -> Witness? {
        witness.map { location in
            Witness(location: location) {
                switch location {
                case .directory(let path):
                    let directory = try DirectoryStore(directory: path, create: creates, ledger: access.ledger)
                    return RetryingStore(directory, policy: access.policy)
                case .bucket(let name, let prefix):
                    return RetryingStore(try access.objects(in: name, prefix, bucket), policy: access.policy)
                }
            }
        }
    }
}

extension AWSAccess {
    /// Returns a bucket's objects, reached with the backup's credentials.
    ///
    /// - Parameter time: receives the bucket's time.
    fileprivate func objects(
        in name: String,
        _ prefix: String,
        _ bucket: BucketFlags,
        writing: S3WriteOptions = S3WriteOptions(),
        expectedOwner: String? = nil,
        time: StoreClock? = nil
    ) throws -> S3Store {
        let (settings, credentials) = try asBackup(bucket)
        let accessPoint = try S3AccessPoint(arn: name)
        if let accessPoint {
            try settings.requireRegion(of: accessPoint, expected: bucket.backupRegion ?? region)
        }
        let style = try settings.addressing()
        let location = try S3Location(
            bucket: name,
            prefix: prefix,
            region: try accessPoint?.region ?? bucket.backupRegion ?? knownRegion(),
            endpoint: try settings.configuredEndpoint(of: .s3),
            variant: settings.variant(of: .s3),
            // An access point cannot be addressed by path: other settings that ask for it are ignored, the flag is
            // refused.
            addressing: bucket.pathStyle ? .path : accessPoint == nil ? style : .automatic,
            writing: writing,
            expectedOwner: expectedOwner
        )
        return S3Store(
            location,
            client: client,
            credentials: credentials,
            ledger: ledger,
            governor: governor,
            clock: clock,
            time: time,
            notify: { [logger] in logger.notice("\($0)") }
        )
    }
}
