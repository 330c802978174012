package import AWSServices
package import ArgumentParser
import Logging
package import ReconcileApp
package import ReconcileCore

/// `reconcile runs`: the reports that runs and verifications stored in the backup.
package struct Runs: HostedCommand {
    package static let examples = [
        "reconcile runs --domain my-domain --backup s3://my-bucket",
        "reconcile runs show latest --domain my-domain --backup s3://my-bucket",
        "reconcile runs show 20261122T0836 --domain my-domain --backup file:///srv/backup --output json",
    ]

    package static let configuration = CommandConfiguration(
        abstract: "List the stored reports of runs and verifications, or show one.",
        usage: usageLines("reconcile runs [show <id>] --domain <name> --backup <url> [options]"),
        discussion: helpPage(
            examples: examples,
            """
            Reads only the backup. Every run stores its report there, and so does every verify --record. The list has the \
            newest first. show takes an ID, the beginning of one that no other report has, or latest; with --output json it \
            prints the report itself.

            Exit status: as for a run; 3 if a report cannot be read, 8 if there is none, 64 if the ID could mean several.
            """
        )
    )

    @OptionGroup package var asked: AskedReport
    @OptionGroup package var backup: BackupFlags
    @OptionGroup(title: "What to list") package var recent: RecentFlags
    @OptionGroup(title: "What to list") package var listing: ListingFlags
    @OptionGroup(title: "AWS") package var aws: AWSFlags
    @OptionGroup(title: "AWS") package var bucket: BucketFlags
    @OptionGroup(title: "Pace") package var pace: PaceFlags
    @OptionGroup(title: "Logs") package var log: LogFlags

    package init() {}

    package func missing(in settings: AWSSettings) -> [String] { missing(of: backup, bucket, in: settings) }

    package var operations: Set<ServiceOperation> { backup.operations(for: .runs) }

    /// What was found.
    package enum Found: Sendable {
        /// - Parameter total: reports that are stored.
        case list([ReportRow], total: Int, ListingPlace)
        case one(StoredReports.Content)
    }

    package func perform(on host: Host) async throws -> Found {
        try await aws.withAccess(on: host, for: operations, width: pace.width.pieces) { access in
            let open = try backup.open(access, bucket)
            let reports = StoredReports(of: open.backup)
            let (id, last, place) = (asked.id, recent.last, ListingPlace(open))
            return try await host.supervisingThrowing(pace.budget) { stop in
                let entries = try await reports.entries(stop: stop)
                guard !entries.isEmpty else {
                    throw Self.absent(
                        open,
                        "no report is stored for the domain \(open.domain); check --domain and --backup"
                    )
                }
                if let id {
                    do {
                        return .one(try await reports.read(StoredReports.entry(id, of: entries)))
                    } catch let unknown as UnknownReport {
                        if unknown.isAmbiguous { throw UsageFailure("\(unknown)") }
                        throw Self.absent(open, "\(unknown)")
                    }
                }
                var rows: [ReportRow] = []
                for entry in entries.prefix(last) {
                    if stop.reason != nil { throw CancellationError() }
                    rows.append(ReportRow(entry: entry, content: try await reports.result(entry)))
                }
                try rows.map(\.content).requireSomeAllowed()
                return .list(rows, total: entries.count, place)
            }
        }
    }

    private static func absent(_ backup: OpenBackup, _ message: String) -> RemoteFailure {
        RemoteFailure(.absent, operation: .report, target: backup.store.location, message: message)
    }

    package func render(_ found: Found, on host: Host) async -> ExitStatus {
        switch found {
        case .one(let content):
            return host.print(ReportListing(content, isVerbose: host.isVerbose), listing, exit: .converged)
        case .list(let rows, let total, let place):
            let unreadable = rows.compactMap { row -> RemoteFailure? in
                if case .failure(let failure) = row.content { failure } else { nil }
            }
            let exit = host.print(
                RunListing(rows, total: total, of: place),
                listing,
                exit: unreadable.isEmpty ? .converged : .failures
            )
            for failure in unreadable { host.logger.error("\(failure)") }
            return exit
        }
    }
}

/// The arguments that say which report is asked for.
package struct AskedReport: ParsableArguments {
    @Argument(
        help: ArgumentHelp("show and the ID of a report, or the beginning of it, or latest.", valueName: "show id"),
        completion: .list(["show", "latest"])
    )
    package var words: [String] = []

    package init() {}

    package func validate() throws {
        guard words.isEmpty || (words.count == 2 && words[0] == "show" && !words[1].isEmpty) else {
            throw ValidationError("write runs alone, or runs show and an ID")
        }
    }

    /// Nil for the list. Read only after `validate`.
    var id: String? { words.last }
}

/// How many reports are listed.
package struct RecentFlags: ParsableArguments {
    private static let standardLast = 20

    @Option(
        help: ArgumentHelp(
            "List at most this many reports, the newest first. (default: \(RecentFlags.standardLast))",
            valueName: "n"
        ),
        transform: whole(in: 1...100_000)
    )
    package var last = RecentFlags.standardLast

    package init() {}
}
