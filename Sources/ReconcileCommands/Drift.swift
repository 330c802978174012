package import AWSServices
package import ArgumentParser
import Logging
package import ReconcileApp
package import ReconcileCore

/// `reconcile drift`: reports differences between the domain and the backup, and past changes.
package struct Drift: HostedCommand {
    package static let examples = [
        "reconcile drift --domain my-domain --domain-owner 111122223333 --backup s3://my-bucket --since 24h",
        "reconcile drift --domain my-domain --backup s3://my-bucket --offline",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "Report deleted, changed and unprotected versions; writes nothing.",
        usage: usageLines("reconcile drift --domain <name> --domain-owner <account> --backup <url> [options]"),
        discussion: helpPage(
            examples: examples,
            """
            Compares the domain with the backup as they are now, and the backup's records with each other. It reports \
            versions that are only in the backup, different bytes under the same name, status changes, and versions \
            whose present state is not backed up, and for how long. It also reports how the domain's repositories, \
            upstreams, policies, tags and package groups differ from what was last recorded of them. --since leaves out \
            what was recorded earlier, so that a nightly job reports each event once; what no run has recorded yet is \
            always reported. Versions in sync are compared by the names and sizes of their records, which are not \
            read: a record that was cut to 100 bytes or more, or forged, is not seen. 'reconcile verify --depth \
            manifests' reads all. It and 'reconcile status' also compare how many versions are recorded with what runs \
            counted, which drift does not.

            Exit status: 4 with any drift, 0 without; 3 if a part could not be compared, 5 if the domain or the backup \
            cannot be reached, otherwise as for a run.
            """
        )
    )

    @OptionGroup package var backup: BackupFlags
    @OptionGroup(title: "Required without --offline") package var domain: DomainFlags
    @OptionGroup(title: "What to report") package var drifting: DriftFlags
    @OptionGroup(title: "What to report") package var selection: SelectionFlags
    @OptionGroup(title: "What to report") package var origin: OriginFlags
    @OptionGroup(title: "What to report") package var guarding: GuardFlags
    @OptionGroup(title: "What to report") package var listing: ListingFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "AWS") package var bucket: BucketFlags
    @OptionGroup(title: "Pace") package var pace: PaceFlags
    @OptionGroup(title: "Pace") package var rates: RateFlags
    @OptionGroup(title: "Reports and logs") package var reporting: ReportFlags
    @OptionGroup(title: "Reports and logs") package var metrics: MetricsFlags
    @OptionGroup(title: "Reports and logs") package var notifying: NotifyFlags
    @OptionGroup(title: "Reports and logs") package var log: LogFlags

    package init() {}

    package func missing(in settings: AWSSettings) -> [String] {
        missing(of: backup, bucket, domain: drifting.offline ? nil : domain, in: settings)
    }

    package var outputs: [OutputFile] { [reporting.file, metrics.file].compactMap(\.self) }

    package var operations: Set<ServiceOperation> {
        backup.operations(for: drifting.offline ? .driftOffline : .drift)
    }

    /// The result of a survey, and the backup it is from.
    package struct Found: Sendable {
        let report: DriftReport
        let place: ListingPlace
        let since: Timestamp?
        let elapsed: Duration
    }

    package var notification: NotifyFlags? { notifying }

    package func summary(of found: Found) -> Notification.Summary {
        Notification.Summary(found.report)
    }

    package func perform(on host: Host) async throws -> Found {
        try await aws.withAccess(
            on: host,
            for: operations,
            width: pace.width.pieces,
            limits: rates.limits,
            shards: selection.shard.count
        ) { access in
            let open = try backup.open(access, bucket)
            var options = DriftSurvey.Options()
            options.selection = selection.selection(origin)
            options.width = pace.width.pieces
            options.deletionGuard = guarding.deletionGuard
            options.since = drifting.since?.time
            let domain = drifting.offline ? nil : try domain.open(access, named: open.domain)
            if let domain { try open.requireIdentity(of: domain) }
            let job = DriftJob(host: host, access: access, backup: open, domain: domain, options: options)
            let (report, elapsed) = await job.survey(within: pace.budget)
            return Found(report: report, place: ListingPlace(open), since: options.since, elapsed: elapsed)
        }
    }

    package func render(_ found: Found, on host: Host) async -> ExitStatus {
        let listing = DriftListing(
            found.report,
            of: found.place,
            since: found.since,
            isOffline: drifting.offline,
            now: host.clock.secondsSince1970()
        )
        var exit = found.report.exit
        // With `--report -` the document is printed below, and only once.
        if reporting.report != "-" { exit = host.print(listing, self.listing, exit: exit) }
        exit = host.write(to: reporting.file, exit: exit) { Array(try OutputWriter.json(listing).utf8) }
        // Without the domain, nothing is compared.
        if !drifting.offline {
            exit = await host.publish(
                Metrics(found.report, exit: exit, endedAt: host.clock.secondsSince1970(), elapsed: found.elapsed),
                metrics,
                exit: exit
            )
        }
        if found.report.exit == .unavailable, !drifting.offline {
            host.logger.notice("--offline reports what the backup's records show, without asking the domain")
        }
        let hasUnprotected = !found.report.findings.unprotected.isEmpty
        return host.suggest({ $0.afterDrift(exit: $1, hasUnprotected: hasUnprotected) }, after: exit)
    }
}

/// Which part of the drift to report.
package struct DriftFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Leave out what was recorded before this time, such as 2026-11-22T08:36:12Z, yesterday, or 7d (days ago).",
            valueName: "time"
        ),
        transform: spelled
    )
    package var since: PastTime?

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Report what the backup's records show, without asking the domain."
    )
    package var offline = false

    package init() {}
}
