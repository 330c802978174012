package import AWSServices
package import ArgumentParser
import Logging
package import ReconcileApp
package import ReconcileCore

/// `reconcile restore`: republishes to a domain what the backup has and the domain lacks.
package struct Restore: HostedCommand {
    package static let examples = [
        "reconcile restore --domain my-domain --domain-owner 111122223333 --backup s3://my-bucket --dry-run",
        "reconcile restore … --package 'com.acme:app' --as-of 2026-11-22T08:00:00Z",
        "reconcile restore … --repository releases --to-domain spare --to-repository releases-copy",
        "reconcile restore … --configuration --create-domain --dry-run",
        "reconcile restore … --for-build pom.xml",
        "reconcile restore … --incremental --to-domain standby --region eu-central-1 --backup-region eu-west-1",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "Republish to the domain what the backup has and the domain lacks.",
        usage: usageLines("reconcile restore --domain <name> --domain-owner <account> --backup <url> [options]"),
        discussion: helpPage(
            examples: examples,
            """
            Compares the manifests with what the domain holds, publishes what is missing, gives each version its \
            recorded status, and compares the service's hashes with the manifests'. It overwrites and deletes nothing: \
            different bytes under the same name are reported. If it is stopped or killed, run it again; it continues \
            where it was. Try --dry-run first. --output json prints the report, as --report - does.

            --configuration restores the domain's configuration instead: package groups, repositories with their \
            upstreams, external connections and policies, and tags, as last recorded or at the time of --as-of. It makes \
            what is absent and changes nothing that is there, unless --overwrite-configuration is given; what is not \
            recorded stays. Without --trust it prints the calls, sends none, and exits 8: nothing shows who wrote the record. \
            Read them, then run it again with --accept-unproved and the SHA-256 that it prints. Restore the packages \
            afterwards, without it.

            --for-build restores what a build needs by its POMs and those in the backup: parents, imports, dependencies, \
            plugins. What the backup lacks is listed and is not a failure; --order closure restores the rest afterwards.

            Exit status: as for a run; 3 also for a conflict with what the domain holds, for versions that runs counted and \
            the backup no longer has, or for a part of the configuration that may not be set, 6 if the service lists \
            different hashes from those that were published.
            """
        )
    )

    @OptionGroup package var backup: BackupFlags
    @OptionGroup(title: "Required") package var domain: DomainFlags

    @OptionGroup(title: "What to restore, and where") package var selection: SelectionFlags
    @OptionGroup(title: "What to restore, and where") package var origin: OriginFlags
    @OptionGroup(title: "What to restore, and where") package var moment: AsOfFlags
    @OptionGroup(title: "What to restore, and where") package var first: FirstRecordedFlags
    @OptionGroup(title: "What to restore, and where") package var building: BuildFlags
    @OptionGroup(title: "What to restore, and where") package var ordering: BuildOrderFlags
    @OptionGroup(title: "What to restore, and where") package var restoring: RestoreFlags

    @OptionGroup(title: "The domain's configuration") package var configuring: RestoreConfigurationFlags

    @OptionGroup(title: "Trust") package var unproved: UnprovedFlags

    @OptionGroup(title: "What a dry run prints") package var listing: ListingFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "AWS") package var bucket: BucketFlags
    @OptionGroup(title: "AWS") package var maven: MavenFlags
    @OptionGroup(title: "Pace") package var pace: PaceFlags
    @OptionGroup(title: "Pace") package var rates: RateFlags
    @OptionGroup(title: "Pace") package var writeRate: WriteRateFlags
    @OptionGroup(title: "Reports and logs") package var reporting: ReportFlags
    @OptionGroup(title: "Reports and logs") package var metrics: MetricsFlags
    @OptionGroup(title: "Reports and logs") package var notifying: NotifyFlags
    @OptionGroup(title: "Reports and logs") package var log: LogFlags

    package init() {}

    package func validate() throws {
        if configuring.configuration { try validateConfiguration() }
        try validateBuild()
        try validateUnproved()
        // Two repositories may have different bytes under the same coordinates.
        if restoring.toRepository != nil, selection.scope.repository.count != 1 {
            throw ValidationError("--to-repository requires exactly one --repository to restore from")
        }
    }

    package func missing(in settings: AWSSettings) -> [String] {
        missing(of: backup, bucket, domain: domain, in: settings)
    }

    package var outputs: [OutputFile] { [reporting.file, metrics.file].compactMap(\.self) }

    package var operations: Set<ServiceOperation> {
        let purpose: Purpose =
            configuring.configuration
            ? restoring.dryRun ? .restoreConfigurationDryRun : .restoreConfiguration
            : restoring.dryRun ? .restoreDryRun : .restore
        return backup.operations(for: purpose)
    }

    /// The result of a restore or its dry run.
    package struct Ended: Sendable {
        let report: RestoreReport
        /// What the build needs; nil if no build was named.
        let needs: BuildNeeds?
        /// The requests that were sent, by operation.
        let sent: [ServiceOperation: Int]
        /// The rate limits that applied, in requests per second by class.
        let limits: [RateClass: Double]
        let elapsed: Duration
    }

    package enum Outcome: Sendable {
        case packages(Ended)
        case configuration(ConfigurationRestore, ListingPlace)
    }

    package var notification: NotifyFlags? { notifying }

    package func summary(of outcome: Outcome) -> Notification.Summary {
        var summary =
            switch outcome {
            case .packages(let ended): Notification.Summary(ended.report.run)
            case .configuration(let restore, _): Self.summary(of: restore)
            }
        summary.isDryRun = restoring.dryRun
        return summary
    }

    var limits: [RateClass: Double] { rates.limits.merging(writeRate.limits) { $1 } }

    package func perform(on host: Host) async throws -> Outcome {
        guard !configuring.configuration else { return try await performConfiguration(on: host) }
        return .packages(try await performPackages(on: host))
    }

    private func performPackages(on host: Host) async throws -> Ended {
        try await aws.withAccess(
            on: host,
            for: operations,
            width: pace.width.pieces,
            limits: limits,
            shards: selection.shard.count
        ) { access in
            let open = try backup.open(access, bucket)
            let target = try domain.open(access, maven, named: restoring.target.toDomain ?? open.domain)
            let before = access.ledger.snapshot
            let runID = host.newRunID()
            let narrator = RunNarrator(host, of: access, isPreview: restoring.dryRun)
            let begun = host.clock.now()
            host.logger.info(
                "restore started",
                metadata: [
                    "run": "\(runID)", "backup": "\(open.store.location)", "of": "\(open.domain)",
                    "to": "\(target.identity.name)", "asOf": "\(moment.asOf?.description ?? "now")",
                    "program": "\(ProgramVersion.current)",
                ]
            )
            let needs = try await needs(of: open, on: host)
            var options = options
            options.needed = needs?.versions
            options.restoresRest = restoresRest
            let restorer = Restorer(
                backup: open.backup,
                domain: target.source,
                destination: target.destination,
                options: options,
                counted: open.backup.counted
            )
            let report = await narrator.during {
                await host.supervising(pace.budget) { stop in
                    await restorer.run(id: runID, in: access.context(stop, observe: narrator.narrate))
                }
            }
            return Ended(
                report: report,
                needs: needs,
                sent: access.ledger.snapshot.since(before).sent,
                limits: limits,
                elapsed: host.clock.now() - begun
            )
        }
    }

    var options: Restorer.Options {
        var options = Restorer.Options()
        options.selection = selection.selection(origin)
        options.width = pace.width.pieces
        options.choice.asOf = moment.asOf?.time
        options.choice.includesDeleted = restoring.deleted
        options.givesFirst = first.firstRecorded
        options.allowsUpstream = restoring.allowUpstream
        options.accepted = unproved.accepted
        options.repository = restoring.toRepository
        options.isIncremental = restoring.incremental
        options.isSameDomain = restoring.target.toDomain == nil && restoring.toRepository == nil
        options.writes = !restoring.dryRun
        return options
    }

    package func render(_ outcome: Outcome, on host: Host) async -> ExitStatus {
        switch outcome {
        case .packages(let ended): await render(ended, on: host)
        case .configuration(let restore, let place): render(restore, at: place, on: host)
        }
    }

    private func render(_ ended: Ended, on host: Host) async -> ExitStatus {
        let report = ended.report
        guard !restoring.dryRun else {
            let plan = RestoreEstimate(report, sent: ended.sent, limits: ended.limits, needs: ended.needs)
            let exit = host.print(plan, listing, exit: plan.exit)
            return host.suggest({ $0.afterRestoreRehearsal(report, exit: $1) }, after: exit)
        }
        let exit = await host.account(for: report, elapsed: ended.elapsed, to: reporting.file, metrics) { exit in
            host.next?.afterRestore(report, exit: exit, isSameDomain: options.isSameDomain)
        }
        return host.print(report: report.run.document, listing, reporting, exit: exit)
    }
}

/// What to restore, and where.
package struct RestoreFlags: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Also restore versions that were deleted or disposed of, in the state that they had before."
    )
    package var deleted = false

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: """
            Also allow packages from upstream repositories, where their record says so and is proved by --trust or accepted \
            with --accept-unproved. Otherwise such packages stay closed, are named, and the restore exits 3.
            """
    )
    package var allowUpstream = false

    @OptionGroup package var place: TargetRepositoryFlags
    @OptionGroup package var target: TargetFlags

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: """
            Treat a version that the domain lists with its recorded status as restored, without comparing files: for a \
            standby that nobody else publishes to.
            """
    )
    package var incremental = false

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: """
            Preview the restore in calls and minutes, and name the first versions (--output json names all); writes \
            nothing. Exits 4 when there is anything to restore.
            """
    )
    package var dryRun = false

    package init() {}

    package var toRepository: String? { place.toRepository }
}
