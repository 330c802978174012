package import AWSServices
package import ArgumentParser
package import ReconcileApp
package import ReconcileCore

/// `reconcile verify`: checks a backup against its own manifests.
package struct Verify: HostedCommand {
    package static let examples = [
        "reconcile verify --domain my-domain --backup s3://my-bucket",
        "reconcile verify --domain my-domain --backup s3://my-bucket --depth bytes --subset today/30",
        "reconcile verify --domain my-domain --domain-owner 111122223333 --backup s3://my-bucket --repair",
        "reconcile verify --domain my-domain --backup s3://my-bucket --accept-loss KEY --reason 'expired'",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "Check the backup against its manifests; --repair fixes what it can.",
        usage: usageLines("reconcile verify --domain <name> --backup <url> [options]"),
        discussion: helpPage(
            examples: examples,
            """
            Without --repair and --against-domain it does not contact the domain, which may no longer exist, and it writes \
            only what --accept-loss, --record and --repair store. Exits 0 if everything it checked is intact or was repaired, and 6 if a fault remains; \
            for each fault it prints the key and what to do. It may run at the same time as a backup; if recently \
            written files do not match yet, it exits 5: verify again later. A loss that cannot be undone is accepted \
            once, with --accept-loss; every later report lists it. --output json prints the report, as --report - does.
            """
        )
    )

    @OptionGroup package var backup: BackupFlags
    @OptionGroup(title: "What to check") package var selection: SelectionFlags
    @OptionGroup(title: "What to check") package var checksumFiles: ChecksumFileFlags
    @OptionGroup(title: "How closely to check") package var checking: VerifyFlags
    @OptionGroup(title: "Losses") package var accepting: AcceptanceFlags
    @OptionGroup(title: "Repair") package var repairing: RepairFlags
    @OptionGroup(title: "Repair") package var listing: ListingFlags
    @OptionGroup(title: "Repair") package var domain: DomainFlags
    @OptionGroup(title: "Repair") package var maven: MavenFlags
    @OptionGroup(title: "Repair") package var storage: StorageFlags
    @OptionGroup(title: "Repair") package var rates: RateFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "AWS") package var bucket: BucketFlags
    @OptionGroup(title: "Pace") package var pace: PaceFlags
    @OptionGroup(title: "Reports and logs") package var recording: RecordFlags
    @OptionGroup(title: "Reports and logs") package var reporting: ReportFlags
    @OptionGroup(title: "Reports and logs") package var metrics: MetricsFlags
    @OptionGroup(title: "Reports and logs") package var notifying: NotifyFlags
    @OptionGroup(title: "Reports and logs") package var log: LogFlags

    package init() {}

    package func missing(in settings: AWSSettings) -> [String] {
        missing(of: backup, bucket, domain: needsDomain ? domain : nil, in: settings)
    }

    package func validate() throws {
        if rehearses, recording.record || !accepting.acceptLoss.isEmpty {
            throw ValidationError("--dry-run writes nothing: leave out --record and --accept-loss")
        }
    }

    package var outputs: [OutputFile] { [reporting.file, metrics.file].compactMap(\.self) }

    package var operations: Set<ServiceOperation> {
        let purpose: Purpose = repairing.repair ? .repair : accepting.acceptLoss.isEmpty ? .verify : .acceptLoss
        var operations = backup.operations(for: purpose, storage)
        if checking.againstDomain { operations.formUnion(backup.operations(for: .verifyAgainstDomain, storage)) }
        return recording.record ? operations.union(backup.operations(for: .recordVerification, storage)) : operations
    }

    private var needsDomain: Bool { repairing.repair || checking.againstDomain }

    /// Whether a repair is only previewed.
    private var rehearses: Bool { repairing.repair && repairing.dryRun }

    private var writes: Bool { repairing.repair || !accepting.acceptLoss.isEmpty || recording.record }

    /// The result of a verification.
    package struct Ended: Sendable {
        let report: VerifyReport
        /// The command's exit status so far.
        let exit: ExitStatus
        let elapsed: Duration
        /// For a dry run of a repair, what it would do.
        var plan: RepairPlan?
        /// The report's key in the backup; nil if it was not stored.
        var key: String?
    }

    package var notification: NotifyFlags? { notifying }

    package func summary(of ended: Ended) -> Notification.Summary {
        var summary = Notification.Summary(ended.report, key: ended.key)
        summary.isDryRun = rehearses
        return summary
    }

    package func perform(on host: Host) async throws -> Ended {
        try await aws.withAccess(
            on: host,
            for: operations,
            width: pace.width.pieces,
            limits: rates.limits,
            shards: selection.shard.count
        ) { access in
            let open = try backup.open(access, bucket, storage: writes ? storage : nil)
            if repairing.repair || !accepting.acceptLoss.isEmpty { try open.requireSigner() }
            let rehearsed = rehearses ? RehearsedStore(open.store, digest: open.backup.hashes.digest) : nil
            let backup = rehearsed.map(open.backup(storedIn:))
            let domain = try needsDomain ? self.domain.open(access, maven, named: open.domain) : nil
            if let domain { try open.requireIdentity(of: domain) }
            let source = domain?.source
            let job = VerifyJob(host: host, access: access, backup: open, options: options)
            let ended = await job.verify(
                storedIn: backup,
                repairingFrom: repairing.repair ? source.map(Self.repairSource) : nil,
                comparedWith: checking.againstDomain ? source : nil,
                within: pace.budget
            )
            if let rehearsed {
                let plan = RepairPlan(ended.report, writes: rehearsed.writes)
                return Ended(report: plan.report, exit: plan.report.exit, elapsed: ended.elapsed, plan: plan)
            }
            let stored = recording.record ? await job.record(ended, within: pace.budget) : ended
            return Ended(report: stored.report, exit: stored.exit, elapsed: stored.elapsed, key: stored.key)
        }
    }

    private static func repairSource(_ source: any PackageSource) -> Verifier.RepairSource {
        Verifier.RepairSource(
            source: source,
            recorder: Manifest.Recorder(door: "repair", version: ProgramVersion.current)
        )
    }

    private var options: Verifier.Options {
        var options = Verifier.Options()
        options.selection = selection.selection
        options.width = pace.width.pieces
        options.wantsSidecars = checksumFiles.sidecars == .sha1
        options.depth = checking.depth
        options.isStrict = checking.strict
        if checking.allChecksums { options.hashed = Set(ChecksumAlgorithm.allCases) }
        options.acceptance = accepting.acceptance
        options.sample = checking.sample?.sample ?? checking.subset?.sample ?? .all
        options.anchors = checking.checkpoint.map(\.anchor)
        options.contents = checking.contents.map(\.anchor)
        options.checkpointAge = checking.maxCheckpointAge?.age ?? .usual
        options.settling = checking.settling.span.duration
        return options
    }

    package func render(_ ended: Ended, on host: Host) async -> ExitStatus {
        let report = ended.report
        if ended.plan == nil { host.logFindings(of: report) }
        var exit = ended.exit
        if let plan = ended.plan, reporting.report != "-" { exit = host.print(plan, listing, exit: exit) }
        if ended.plan == nil { exit = host.print(report: report.document, listing, reporting, exit: exit) }
        return await host.account(
            for: report,
            exit: exit,
            elapsed: ended.elapsed,
            to: reporting.file,
            metrics
        ) { exit in
            ended.plan == nil
                ? host.next?.afterVerification(
                    exit: exit,
                    repairs: repairing.repair,
                    isOfLost: report.faults.allSatisfy { kind, count in
                        count == 0 || kind == BackupFault.Kind.lostVersions.rawValue
                    },
                    isOfReports: report.isOfReports
                )
                : host.next?.afterRehearsal(exit: exit)
        }
    }
}
