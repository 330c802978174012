package import AWSServices
package import ArgumentParser
package import ReconcileApp
package import ReconcileCore

/// `reconcile run`, also plain `reconcile`: copies everything the backup lacks.
///
/// It sends no request before the job starts: opening the access, the backup and the domain sends none.
package struct Run: HostedCommand {
    package static let examples = [
        "reconcile run --domain my-domain --domain-owner 111122223333 --backup s3://my-bucket",
        "reconcile run --domain my-domain --domain-owner 111122223333 --backup file:///srv/backup --repository releases",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "Copy everything the backup lacks.",
        usage: usageLines("reconcile run --domain <name> --domain-owner <account> --backup <url> [options]"),
        discussion: helpPage(
            examples: examples,
            "Exits 0 when everything is protected and 3 when something is not; the report names what."
        )
    )

    @OptionGroup package var backup: BackupFlags
    @OptionGroup(title: "Required") package var domain: DomainFlags
    @OptionGroup(title: "What to back up") package var selection: SelectionFlags
    @OptionGroup(title: "What to back up") package var origin: OriginFlags
    @OptionGroup(title: "What to write") package var copying: CopyFlags
    @OptionGroup(title: "What to write") package var recording: ConfigurationFlags
    @OptionGroup(title: "What to write") package var witnessing: WitnessFlags
    @OptionGroup(title: "What to write") package var storage: StorageFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "AWS") package var bucket: BucketFlags
    @OptionGroup(title: "AWS") package var maven: MavenFlags
    @OptionGroup(title: "Pace") package var pace: PaceFlags
    @OptionGroup(title: "Pace") package var rates: RateFlags
    @OptionGroup(title: "Reports and logs") package var reporting: ReportFlags
    @OptionGroup(title: "Reports and logs") package var metrics: MetricsFlags
    @OptionGroup(title: "Reports and logs") package var notifying: NotifyFlags
    @OptionGroup(title: "Reports and logs") package var log: LogFlags

    package init() {}

    package func missing(in settings: AWSSettings) -> [String] {
        missing(of: backup, bucket, domain: domain, in: settings)
    }

    package var outputs: [OutputFile] { [reporting.file, metrics.file].compactMap(\.self) }

    package var operations: Set<ServiceOperation> {
        let all = backup.operations(for: .run, storage).union(witnessing.operations)
        return recording.recordConfiguration ? all : all.subtracting(DomainUse.configuration.operations)
    }

    package var notification: NotifyFlags? { notifying }

    package func summary(of ended: ReconcileJob.Ended) -> Notification.Summary {
        Notification.Summary(ended.report, key: ended.reportKey)
    }

    package func perform(on host: Host) async throws -> ReconcileJob.Ended {
        let options = Reconciler.Options(
            selection: selection,
            origin: origin,
            copying: copying,
            recording: recording,
            pace: pace
        )
        return try await aws.withAccess(
            on: host,
            for: operations,
            width: pace.width.most,
            limits: rates.limits,
            shards: selection.shard.count
        ) { access in
            let domain = try self.domain.open(access, maven, named: backup.domain ?? "")
            let open = try backup.open(access, bucket, storage: storage, creates: true, judges: false)
            try open.requireSigner()
            try open.requireIdentity(of: domain)
            let job = ReconcileJob(
                host: host,
                access: access,
                backup: open,
                domain: domain,
                options: options,
                witness: witnessing.found(access, bucket)
            )
            return await job.reconcile(within: pace.budget, endsOnSignal: true)
        }
    }

    package func render(_ ended: ReconcileJob.Ended, on host: Host) async -> ExitStatus {
        await host.account(for: ended, to: reporting.file, metrics)
    }
}
