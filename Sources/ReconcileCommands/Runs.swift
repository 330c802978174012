package import AWSServices
package import ArgumentParser
import Logging
package import ReconcileApp
package import ReconcileCore

/// `reconcile runs`: lists or shows the reports that runs and verifications stored in the backup.
package struct Runs: HostedCommand {
    package static let examples = [
        "reconcile runs --domain my-domain --backup s3://my-bucket",
        "reconcile runs --domain my-domain --backup s3://my-bucket --since yesterday",
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
            newest first, and --since leaves out what began earlier. show takes an ID, the beginning of one that no other \
            report has, or latest; with --output json it prints the report itself.

            Exit status: as for a run; 3 if a report cannot be read, 8 if there is none, or none since then, 64 if the ID \
            could mean several.
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

    /// The result.
    package enum Found: Sendable {
        /// - Parameter total: the number of stored reports.
        case list([ReportRow], total: Int, ListingPlace)
        case one(StoredReports.Content)
    }

    package func perform(on host: Host) async throws -> Found {
        try await aws.withAccess(on: host, for: operations, width: pace.width.pieces) { access in
            let open = try backup.open(access, bucket)
            let reports = StoredReports(of: open.backup)
            let (id, last, since, place) = (asked.id, recent.last, recent.since?.time, ListingPlace(open))
            return try await host.supervisingThrowing(pace.budget) { stop in
                let stored = try await reports.entries(stop: stop)
                guard let newest = stored.first else {
                    let others = await open.backup.others()
                    throw Self.absent(
                        open,
                        others.isEmpty
                            ? "no report is stored for the domain \(open.domain); check --domain and --backup"
                            : open.backup.absence(others)
                    )
                }
                if let id {
                    do {
                        return .one(try await reports.read(StoredReports.entry(id, of: stored)))
                    } catch let unknown as UnknownReport {
                        if unknown.isAmbiguous { throw UsageFailure("\(unknown)") }
                        let ofTime =
                            PastTime(spelled: id) == nil
                            ? "" : "; to list those since \(id): runs --since \(ShellWord.quoted(id))"
                        throw Self.absent(open, "\(unknown)\(ofTime)")
                    }
                }
                let entries = stored.filter { $0.began(since: since) }
                guard !entries.isEmpty else {
                    throw Self.absent(
                        open,
                        "no report since \(since?.extended ?? ""); the newest is \(newest.runID). "
                            + "Use an earlier --since"
                    )
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

/// The arguments that say which report to show.
package struct AskedReport: ParsableArguments {
    @Argument(
        help: ArgumentHelp("show and the ID of a report, or the beginning of it, or latest.", valueName: "show id"),
        completion: .list(["show", "latest"])
    )
    package var words: [String] = []

    package init() {}

    package func validate() throws {
        guard let first = words.first else { return }
        if first == "show", words.count == 2, !words[1].isEmpty { return }
        var near = NearestNames(to: first)
        near.offer("show")
        if first != "show", !near.names.isEmpty {
            let id = words.dropFirst().first ?? "latest"
            throw ValidationError("\(first) means nothing to runs; did you mean runs show \(id)?")
        }
        throw ValidationError("write runs alone, or runs show and an ID, such as runs show latest")
    }

    /// The report's ID; nil to list the reports. Read it only after `validate`.
    var id: String? { words.last }
}

/// Which reports to list, and how many.
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

    @Option(
        help: ArgumentHelp(
            "Leave out what began before this time, such as 2026-11-22T08:36:12Z, 2026-11-22, yesterday, or 24h (ago).",
            valueName: "time"
        ),
        transform: spelled
    )
    package var since: PastTime?

    package init() {}
}

extension StoredReports.Entry {
    /// Whether the run began at or after the time; also true if its start is unknown.
    fileprivate func began(since time: Timestamp?) -> Bool {
        guard let time, let startedAt else { return true }
        return startedAt >= time
    }
}
