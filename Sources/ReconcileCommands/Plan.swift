package import AWSServices
package import ArgumentParser
import Logging
package import ReconcileApp
package import ReconcileCore
import Synchronization

/// `reconcile plan`: previews a run.
package struct Plan: HostedCommand {
    package static let examples = [
        "reconcile plan --domain my-domain --domain-owner 111122223333 --backup s3://my-bucket",
        "reconcile plan --domain my-domain --domain-owner 111122223333 --backup s3://my-bucket --package 'com.acme:*'",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "Preview a run in calls, bytes, minutes and dollars; writes nothing.",
        usage: usageLines("reconcile plan --domain <name> --domain-owner <account> --backup <url> [options]"),
        discussion: helpPage(
            examples: examples,
            """
            Makes every listing call that a run would make, but downloads no assets. Names the first versions that a run \
            would copy; --output json names all. Also says what runs with nothing to do cost a month afterwards. Exits 4 \
            when there is anything to copy or a deletion to record, and 0 otherwise.
            """
        )
    )

    @OptionGroup package var backup: BackupFlags
    @OptionGroup(title: "Required") package var domain: DomainFlags
    @OptionGroup(title: "What to back up") package var selection: SelectionFlags
    @OptionGroup(title: "What to back up") package var origin: OriginFlags
    @OptionGroup(title: "What a run would write") package var copying: CopyFlags
    @OptionGroup(title: "What a run would write") package var recording: ConfigurationFlags
    @OptionGroup(title: "What to print") package var listing: ListingFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "AWS") package var bucket: BucketFlags
    @OptionGroup(title: "AWS") package var maven: MavenFlags
    @OptionGroup(title: "Pace") package var pace: PaceFlags
    @OptionGroup(title: "Pace") package var rates: RateFlags
    @OptionGroup(title: "Logs") package var log: LogFlags

    package init() {}

    package func missing(in settings: AWSSettings) -> [String] {
        missing(of: backup, bucket, domain: domain, in: settings)
    }

    package var operations: Set<ServiceOperation> { backup.operations(for: .plan) }

    package func perform(on host: Host) async throws -> RunEstimate {
        let options = Reconciler.Options(selection: selection, origin: origin, copying: copying, pace: pace)
        return try await aws.withAccess(
            on: host,
            for: operations,
            width: pace.width.most,
            limits: rates.limits,
            shards: selection.shard.count
        ) { access in
            let open = try backup.open(access, bucket, foresees: true, judges: false)
            let domain = try domain.open(access, maven, named: open.domain)
            try open.requireIdentity(of: domain)
            let store = DryRunStore(open.store)
            let job = ReconcileJob(
                host: host,
                access: access,
                backup: open,
                domain: domain,
                options: options
            )
            let before = access.ledger.snapshot
            let isText = OutputWriter(form: listing.output, environment: host.environment).isTable
            let planned = Mutex(PlannedCopies(keepsAll: !isText))
            let report = await job.rehearse(into: store, within: pace.budget) { summary in
                planned.withLock { $0.insert(summary) }
            }
            // Taken before the requests that only a plan sends.
            let sent = access.ledger.snapshot.since(before).sent
            return RunEstimate(
                report: report,
                planned: planned.withLock { $0.sorted() },
                sent: sent,
                writes: store.writes,
                store: open.store.operations,
                otherPackages: report.exit == .converged ? await otherPackages(of: job.domain.source, on: host) : nil,
                configuration: configuration(of: report)
            )
        }
    }

    /// Returns the requests with which a run reads the domain's configuration after its work. They cover only the root
    /// package group, because a plan does not count the groups.
    private func configuration(of report: RunReport) -> [ServiceOperation: Int] {
        guard recording.recordConfiguration,
            ConfigurationRecording.isDue(after: report, of: selection.selection(origin))
        else { return [:] }
        return CodeArtifactOperations.readingConfiguration(repositories: report.repositories, groups: 1)
    }

    /// Counts packages of other formats, with one more listing of each repository, which a run does not need.
    private func otherPackages(of source: any PackageSource, on host: Host) async -> [String: Int]? {
        do {
            return try await source.otherPackages(in: selection.scope.repository)
        } catch {
            host.logger.notice("packages of other formats were not counted: \(error)")
            return nil
        }
    }

    package func render(_ plan: RunEstimate, on host: Host) async -> ExitStatus {
        host.suggest({ $0.afterPlan(exit: $1) }, after: host.print(plan, listing, exit: plan.exit))
    }
}
