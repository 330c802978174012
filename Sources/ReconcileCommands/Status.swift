package import AWSServices
package import ArgumentParser
import Logging
package import ReconcileApp
package import ReconcileCore

/// `reconcile status`: shows the state of a backup, from its last reports and its records.
package struct Status: HostedCommand {
    package static let examples = [
        "reconcile status --domain my-domain --backup s3://my-bucket",
        "reconcile status --domain my-domain --backup file:///srv/backup --output json",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "Show the state of the backup: last run, last verification, what is unprotected and why.",
        usage: usageLines("reconcile status --domain <name> --backup <url> [options]"),
        discussion: helpPage(
            examples: examples,
            """
            Reads only the backup: the reports that runs and verify --record stored in it, and the names of its records. It \
            names each version that the last run could not protect, with the reason, unless it was recorded since, and the \
            command that comes next. It cannot know what was published after the last run; drift asks the domain.

            Exit status: 4 if anything is unprotected, or may be unprotected because the last run did not finish or left no \
            report, if a recorded verification found faults and none since has shown them gone, or if the last drill lost files; 0 \
            otherwise; 8 if there is no backup, and else as for a run.
            """
        )
    )

    @OptionGroup package var backup: BackupFlags
    @OptionGroup(title: "Output") package var listing: ListingFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "AWS") package var bucket: BucketFlags
    @OptionGroup(title: "Pace") package var pace: PaceFlags
    @OptionGroup(title: "Logs") package var log: LogFlags

    package init() {}

    package func missing(in settings: AWSSettings) -> [String] { missing(of: backup, bucket, in: settings) }

    package var operations: Set<ServiceOperation> { backup.operations(for: .status) }

    /// The result, and the backup it is from.
    package struct Found: Sendable {
        let status: BackupStatus
        let place: ListingPlace
    }

    package func perform(on host: Host) async throws -> Found {
        try await aws.withAccess(on: host, for: operations, width: pace.width.pieces) { access in
            let open = try backup.open(access, bucket)
            let status = try await host.supervisingThrowing(pace.budget) { stop in
                try await BackupStatus.read(from: open.backup, proves: true, stop: stop)
            }
            return Found(status: status, place: ListingPlace(open))
        }
    }

    package func render(_ found: Found, on host: Host) async -> ExitStatus {
        let now = host.clock.secondsSince1970()
        let listing = StatusListing(found.status, of: found.place, now: now, commands: host.next)
        for failure in found.status.failures { host.logger.warning("a report cannot be read: \(failure)") }
        return host.print(listing, self.listing, exit: found.status.isProtected ? .converged : .drift)
    }
}
