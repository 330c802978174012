package import AWSServices
package import ArgumentParser
import Logging
package import ReconcileApp
package import ReconcileCore

/// `reconcile doctor`: checks whether a command could do its work, and says what to change if it could not.
package struct Doctor: HostedCommand {
    package static let examples = [
        "reconcile doctor --domain my-domain --domain-owner 111122223333 --backup s3://my-bucket",
        "reconcile doctor --for verify --domain my-domain --backup s3://my-bucket",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "Check settings, credentials, permissions and the bucket; say how to fix them.",
        usage: usageLines("reconcile doctor [--for <command>] --domain <name> --backup <url> [options]"),
        discussion: helpPage(
            examples: examples,
            """
            Prints a line for each check (good, BAD or unknown) and below each bad one what fixes it. Tries every \
            permission that the command needs with the cheapest call that needs it. Changes nothing, except that for a \
            command that writes to the backup it creates one small object, doctor.json, in the folder that the command \
            writes to (runs/, losses/, verifications/, statements/ or drills/), for run also at --witness, and leaves it \
            there. Publishing to the \
            domain cannot be tried without changing it, so for restore those permissions stay unknown.

            Exits 0 when nothing is bad, 7 when credentials or permissions are, and 8 when anything else is.
            """
        )
    )

    @OptionGroup package var backup: BackupFlags
    @OptionGroup(title: "Required") package var domain: DomainFlags
    @OptionGroup(title: "What to check for") package var purposes: DoctorFlags
    @OptionGroup(title: "What to check for") package var target: TargetFlags
    @OptionGroup(title: "What to check for") package var repositories: RepositoryFlags
    @OptionGroup(title: "What to check for") package var witnessing: WitnessFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "AWS") package var maven: MavenFlags
    @OptionGroup(title: "AWS") package var bucket: BucketFlags
    @OptionGroup(title: "AWS") package var storage: StorageFlags
    @OptionGroup(title: "Pace") package var rates: RateFlags
    @OptionGroup(title: "Output") package var listing: ListingFlags
    @OptionGroup(title: "Output") package var log: LogFlags

    package init() {}

    private var purpose: Purpose { purposes.purpose }

    package func missing(in settings: AWSSettings) -> [String] {
        missing(of: backup, bucket, domain: purpose.domainUses.isEmpty ? nil : domain, in: settings)
    }

    package var operations: Set<ServiceOperation> {
        let own =
            [CallerIdentity.operation, AccountQuotas.operation, KMSOperations.getPublicKey] + S3BucketOperations.all
            + DomainTrial.means
        return backup.operations(for: purpose, storage).union(own).union(witnessing.operations)
    }

    /// The maximum number of attempts per request, and the maximum time to wait for a host: a service that does not
    /// respond promptly is itself a finding.
    private static let attempts = 2
    private static let patience = Duration.seconds(5)

    package func perform(on host: Host) async throws -> Examination {
        var impatient = aws
        impatient.maxAttempts = min(aws.maxAttempts, Self.attempts)
        var findings = Findings(listing, on: host)
        try await impatient.withAccess(
            on: host,
            for: operations,
            limits: rates.limits,
            patience: Self.patience
        ) { access in
            try findings.add([
                CallerChecks.settings(host.settings),
                CallerChecks.region(access.region, flag: aws.region, environment: host.environment),
                CallerChecks.network(host.environment, caBundle: host.aws.caBundleFound),
                CallerChecks.endpoints { try access.settings.detours(s3: access.settings(of: bucket)) },
            ])
            var account: String?
            for bucket in callers {
                let caller = try await CallerChecks(host: host, access: access, bucket: bucket).run()
                try findings.add(caller.checks)
                if bucket == nil { account = caller.account }
            }
            // With bad credentials, no signed request can check anything.
            guard !findings.checks.contains(where: \.isAboutAccess) else { return }
            try await look(access, on: host, asAccount: account, &findings)
        }
        return findings.examination
    }

    /// Whose credentials to check: the command's (nil), and the bucket's own.
    private var callers: [BucketFlags?] {
        let isInBucket = if case .bucket = backup.backup { true } else { false }
        let hasOwn = bucket.backupProfile != nil || bucket.backupRoleARN != nil
        let ofCommand: [BucketFlags?] = purpose.domainUses.isEmpty && (hasOwn || !isInBucket) ? [] : [nil]
        return ofCommand + (isInBucket && hasOwn ? [bucket] : [])
    }

    /// - Parameter account: the caller's account, if known.
    private func look(
        _ access: AWSAccess,
        on host: Host,
        asAccount account: String?,
        _ findings: inout Findings
    ) async throws {
        var trials = Trials()
        let domain = try await lookAtDomain(access, &trials, &findings)
        if purpose.signs {
            // A trust file that cannot be used is a finding about the backup.
            let trust = try? backup.trusting.open(of: backup.domain ?? "", clock: access.clock)
            try await findings.add(SigningTrial(key: storage.signing, trust: trust).run(access, &trials))
        }
        try await lookAtWitness(access, trials, &findings)
        guard let key = try await lookAtBackup(access, of: domain, on: host, &trials, &findings) else { return }
        if let foreign = trials.foreign {
            try findings.add([.bad("answers", "\(foreign.operation): \(foreign.message)")])
        }
        let isForeign = account != nil && self.domain.domainOwner.map { $0.description != account } ?? false
        try findings.add(permissions(trials, key: key.key, in: access.region, isForeign: isForeign))
    }

    /// - Returns: the domain; nil if the command does not use one or it cannot be opened.
    private func lookAtDomain(
        _ access: AWSAccess,
        _ trials: inout Trials,
        _ findings: inout Findings
    ) async throws -> OpenDomain? {
        let uses = Set(purpose.domainUses)
        guard !uses.isEmpty else { return nil }
        do {
            let open = try domain.open(access, maven, named: target.toDomain ?? backup.domain ?? "")
            let trial = DomainTrial(
                domain: open,
                uses: uses,
                repositories: repositories.repository,
                asksForEndpoint: maven.mavenEndpoint == nil
            )
            let holdings = try await trial.run(&trials)
            let isSilent = trials.silence(of: "codeartifact") != nil
            let quotas = isSilent ? .unknown(nil) : try await DomainChecks.quotas { try await access.accountQuotas() }
            let checks = DomainChecks(
                name: open.identity.name,
                holdings: holdings,
                uses: uses,
                limits: rates.limits,
                quotas: quotas
            )
            try findings.add(checks.checks(trials))
            return open
        } catch let failure as InvalidSettings {
            try findings.add([.bad("domain", failure.message)])
            return nil
        }
    }

    /// Tries the second place for checkpoints, which only a run writes to.
    private func lookAtWitness(_ access: AWSAccess, _ trials: Trials, _ findings: inout Findings) async throws {
        guard purpose == .run, let witness = witnessing.found(access, bucket, creates: false) else { return }
        let layout = BackupLayout(domain: backup.domain ?? "")
        let trial = WitnessTrial(witness: witness, key: layout.probeKey(in: layout.reportsPrefix))
        try findings.add([try await trial.run(trials)])
    }

    /// The KMS key that encrypts new objects; nil if none is known.
    private struct BucketKey {
        let key: String?
    }

    /// - Returns: the bucket's key; nil if the backup cannot be opened.
    private func lookAtBackup(
        _ access: AWSAccess,
        of domain: OpenDomain?,
        on host: Host,
        _ trials: inout Trials,
        _ findings: inout Findings
    ) async throws -> BucketKey? {
        let writing: Set<BackupUse> = [.writing, .accepting, .recording, .stating, .drilling]
        let writes = !writing.isDisjoint(with: purpose.backupUses)
        let open: OpenBackup
        do {
            open = try backup.open(access, bucket, storage: writes ? storage : nil)
            // A restore may go to a domain that replaces the one in the trust file.
            if let domain, Set(purpose.domainUses).isDisjoint(with: [.publishing, .configuring]) {
                try open.requireIdentity(of: domain)
            }
        } catch let failure as RemoteFailure {
            // A run creates the directory, but not its parents.
            try findings.add([
                purpose == .run && failure.kind == .absent
                    ? .unknown("directory", "\(failure.message); a run makes it")
                    : .bad("directory", failure.message)
            ])
            return nil
        } catch let failure as InvalidSettings {
            try findings.add([.bad("bucket", failure.message)])
            return nil
        }
        let sight = try await BackupTrial(backup: open, uses: Set(purpose.backupUses)).run(&trials)
        try await findings.add(owner(of: open.bucket, access, &trials))
        var key: String?
        if let bucket = open.bucket {
            if let reason = trials.whyStoreIsLeftAlone {
                try findings.add([.unknown("bucket's configuration", "not checked: \(reason)")])
            } else {
                let kept = [open.layout.bytesPrefix(), open.layout.manifestsPrefix].map { bucket.prefix + $0.value }
                let found = try await BucketChecks(bucket: bucket, kept: kept).run()
                try findings.add(found.checks)
                key = found.key
            }
        }
        let checks = BackupChecks(
            backup: open,
            sight: sight,
            writes: writes,
            makesBackup: purpose == .run || purpose == .plan,
            clock: host.clock
        )
        try findings.add(try await checks.run(trials))
        return BucketKey(key: storage.kmsKeyID ?? key)
    }

    /// Checks whether the bucket belongs to the expected account. If it does not, S3 refuses requests as if a
    /// permission were missing.
    private func owner(
        of opened: S3Bucket?,
        _ access: AWSAccess,
        _ trials: inout Trials
    ) async throws -> [Check] {
        guard let opened, let expected = bucket.expectedBucketOwner, trials.isRefusedByStore else { return [] }
        func answers(_ bucket: S3Bucket?) async throws -> Bool {
            do {
                _ = try await bucket?.region()
                return true
            } catch is RemoteFailure {
                return false
            }
        }
        var anybodys = bucket
        anybodys.expectedBucketOwner = nil
        guard try await !answers(opened) else { return [] }
        guard try await answers(backup.open(access, anybodys).bucket) else { return [] }
        trials.storeFault = "the bucket belongs to another account"
        return [
            .bad(
                "bucket's owner",
                "the bucket belongs to another account than \(expected), which --expected-bucket-owner requires. Check the "
                    + "bucket's name, then the account"
            )
        ]
    }

    private func permissions(_ trials: Trials, key: String?, in region: String?, isForeign: Bool) -> [Check] {
        var place = PolicyPlace(domain: backup.domain ?? "", backup: backup.backup, target: target.toDomain)
        place.region = region
        place.owner = domain.domainOwner?.description
        place.repositories = repositories.repository
        place.signingKey = storage.signing.kmsKey?.description
        place.writing = storage.options
        // A policy cannot name an alias. If the bucket's encryption may not be read, a refusal may still name the key.
        place.key = [key, trials.refusedKey].lazy.compactMap { $0.flatMap { KeyARN(spelled: $0) } }.first?.description
        let needed = purpose.permissions(at: place)
        return needed.map { trials.check($0, among: needed, isForeign: isForeign) }
    }

    package func render(_ examination: Examination, on host: Host) async -> ExitStatus {
        host.print(examination, listing, exit: examination.exit)
    }
}

/// The command to check for.
package struct DoctorFlags: ParsableArguments {
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "The command to check for; takes the same names as policy --for.",
            valueName: "command"
        )
    )
    package var purpose = Purpose.run

    package init() {}
}
