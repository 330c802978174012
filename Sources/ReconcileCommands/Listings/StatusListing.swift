package import ReconcileApp
package import ReconcileCore

/// The output of `reconcile status`: the state of a backup, what is unprotected and why, and the next command.
package struct StatusListing: Listing {
    private let status: BackupStatus
    private let place: ListingPlace
    private let now: Double
    private let commands: NextCommand

    /// The maximum number of unprotected versions shown to a person.
    private static let shown = 20
    private static let day = 86_400.0
    /// The age in seconds at which a scheduled job's last run is overdue.
    private static let (runOverdue, verificationOverdue) = (2 * day, 31 * day)

    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - commands: builds the next command; nil if the command line is unknown.
    package init(_ status: BackupStatus, of place: ListingPlace, now: Double, commands: NextCommand? = nil) {
        self.commands =
            commands
            ?? NextCommand(
                after: [],
                settings: [("domain", place.domain), ("backup", place.backup)].map { option, value in
                    GivenSetting(option: option, value: value, source: GivenSetting.commandLine)
                }
            )
        self.status = status
        self.place = place
        self.now = now
    }

    // MARK: For a person

    package func lines(width: Int) -> [String] {
        var rows = [
            ("backup", [place.backup, "of the domain \(place.domain)"]), ("last run", lastRun),
            ("last verification", lastVerification), ("last drill", lastDrill),
            ("newest record", [status.newestRecord.map(timed) ?? "none"]),
            ("protected", [protected]), ("unprotected", [unprotected]),
        ]
        rows.insert(contentsOf: faulty, at: 3)
        rows += unavailable + acceptedAsLost
        var lines = rows.flatMap { width < Self.narrow ? Self.below($0, $1, width) : Self.beside($0, $1, width) }
        for one in status.unprotected.prefix(Self.shown) {
            lines += DisplayWidth.pieces(of: one.place.words, width: width - 2).map { "  \($0)" }
            lines += DisplayWidth.lines(of: one.message, width: width - 4).map { "    \($0)" }
        }
        if status.unprotected.count > Self.shown {
            lines.append("  and \(status.unprotected.count - Self.shown) more; --output json names all")
        }
        return lines + ["", next.map { "next: \($0)" } ?? nothingNext]
    }

    /// The width of the title column, and the terminal width below which texts go under their titles, so that a run ID
    /// fits.
    private static let (column, narrow) = (19, 60)

    private static func beside(_ title: String, _ texts: [String], _ width: Int) -> [String] {
        texts.flatMap { DisplayWidth.lines(of: $0, width: width - column) }.enumerated().map { row in
            let head = row.offset == 0 ? title : ""
            return head + String(repeating: " ", count: column - head.count) + row.element
        }
    }

    private static func below(_ title: String, _ texts: [String], _ width: Int) -> [String] {
        [title] + texts.flatMap { DisplayWidth.lines(of: $0, width: width - 2) }.map { "  \($0)" }
    }

    private var nothingNext: String {
        guard status.unavailable.isEmpty, status.unread == 0 else {
            return "next: nothing; a run cannot protect unavailable versions while they are archived or disposed of"
        }
        return status.acceptedAsLost.isEmpty
            ? "next: nothing; all is well" : "next: nothing; what was accepted as lost is not in the backup"
    }

    /// A row for unavailable versions, if there are any.
    private var unavailable: [(String, [String])] {
        var first = FirstVersions()
        for version in status.unavailable { first.add(version) }
        var texts: [String] = []
        if let names = first.names {
            texts = [Quantity.count(status.unavailable.count, "version"), "\(names): \(Manifest.unavailableAdvice)"]
        }
        if status.unread > 0 {
            texts.append("\(Quantity.count(status.unread, "record")) of withdrawn versions not looked at; see verify")
        }
        return texts.isEmpty ? [] : [("unavailable", texts)]
    }

    /// A row where there is something for it.
    private var acceptedAsLost: [(String, [String])] {
        var first = FirstVersions()
        for version in status.acceptedAsLost { first.add(version) }
        guard let names = first.names else { return [] }
        let count = Quantity.count(status.acceptedAsLost.count, "version")
        return [("accepted as lost", [count, "\(names): \(BackupStatus.lossAdvice)"])]
    }

    private var lastRun: [String] {
        guard let last = status.lastRun, let newest = status.runs.first else {
            return ["no report that can be read"] + misdirected
        }
        let run = last.report
        let counts = "\(run.versions.copied) copied, \(run.versions.failed) failed"
        var texts = ["\(timed(run.finishedAt)): \(run.outcome.rawValue), \(counts)", newest.runID]
        if let message = run.message { texts.append(message) }
        if last.shards > 1 {
            let missing = last.missingShards.joined(separator: ", ")
            texts.append("\(last.shards) shards" + (missing.isEmpty ? "" : ", no report of \(missing)"))
        }
        if status.runs.count > 1 {
            texts.append(
                "and \(Quantity.count(status.runs.count - 1, "report")) of other shards or parts of the domain"
            )
        }
        return texts + misdirected
    }

    /// Mentions a later run that matched nothing.
    private var misdirected: [String] {
        guard let run = status.misdirected else { return [] }
        return ["a later run matched nothing and is not counted here: \(run.message ?? "")", run.runID]
    }

    /// A row for an earlier verification that found faults, if the last one did not check everything that it did.
    private var faulty: [(String, [String])] {
        guard let report = status.verifications.faulty, report.runID != status.verifications.newest?.runID else {
            return []
        }
        return [
            (
                "faults",
                [
                    "\(Quantity.count(report.faultsLeft, "fault")) found on \(timed(report.finishedAt)), and no later "
                        + "verification looked at all that this one did",
                    report.runID,
                ]
            )
        ]
    }

    /// That a later verification does not count; empty if there is none.
    private var unprovedVerification: [String] {
        let words =
            "a later one does not pass the trust file, so it ends no alarm: record one with verify --record --signing-key"
        return status.verifications.unproved.map { [words, $0.runID] } ?? []
    }

    private var lastVerification: [String] {
        guard let report = status.verifications.newest else { return ["none is recorded"] + unprovedVerification }
        let faults = report.faultsLeft > 0 ? ", \(Quantity.count(report.faultsLeft, "fault"))" : ""
        return [
            "\(timed(report.finishedAt)): \(report.outcome.rawValue)\(faults), \(Quantity.count(report.looked.versions, "version")), "
                + "depth \(report.depth.rawValue), sample \(report.sample)",
            report.runID,
        ] + (report.warnings ?? []) + unprovedVerification
    }

    private var lastDrill: [String] {
        guard let report = status.drill else { return ["none is recorded"] }
        let files = "\(report.files.returned) of \(Quantity.count(report.files.wanted, "file"))"
        return ["\(timed(report.finishedAt)): \(report.outcome.rawValue), \(files) came back", report.drillID]
    }

    private var protected: String {
        Quantity.count(status.protected, "version")
            + (status.deleted > 0 ? ", \(status.deleted) of them deleted in the domain" : "")
    }

    private var unprotected: String {
        if status.runs.isEmpty { return "unknown without a report" }
        let parts = status.unprotected.count { $0.place.version == nil }
        var text = Quantity.count(status.unprotectedVersions, "version")
        if status.unnamed > 0 { text += ", \(status.unnamed) of them not reached by the run or left for the next" }
        if parts > 0 { text += ", and \(Quantity.count(parts, "failure")) that may hide more versions" }
        return text + (status.unfinished.isEmpty ? "" : "; the run did not check everything")
    }

    private func timed(_ time: Timestamp) -> String { timed(time.extended) }

    private func timed(_ time: String) -> String { "\(time), \(Age(of: time, now: now).words)" }

    private func age(_ time: String) -> Double? { Age(of: time, now: now).seconds }

    private func ageSeconds(_ time: String) -> OrNull<Int64> { OrNull(age(time).map { Int64($0) }) }

    /// The command to run next; nil if there is nothing to do.
    private var next: String? {
        let run = commands.command("run", withDomain: true)
        guard let last = status.lastRun?.report else { return run }
        if status.lost > 0 || !status.hidden.isEmpty { return commands.command("verify") }
        if status.unfinished.contains(where: { $0.outcome != .deadline }) {
            return commands.command("doctor", withDomain: true)
        }
        if status.isDrillIncomplete { return commands.command("verify", ["--depth", "bytes", "--record"]) }
        // The report names each fault and what to do.
        if let faulty = status.verifications.faulty { return commands.command("runs", ["show", faulty.runID]) }
        if status.unprotected.contains(where: \.needsRepair) { return commands.repair }
        if !status.isProtected || age(last.finishedAt) ?? .infinity > Self.runOverdue { return run }
        guard let verification = status.verifications.newest, verification.outcome == .sound,
            age(verification.finishedAt) ?? .infinity <= Self.verificationOverdue
        else { return commands.command("verify", ["--record"]) }
        return nil
    }

    // MARK: For a program

    package struct Document: Encodable {
        let format = 1
        let domain: String
        let backup: String
        let protected: Int
        let deleted: Int
        let unprotected: Int
        let unavailable: Int
        let acceptedAsLost: Int
        let newestRecordAt: OrNull<String>
        let lastRun: OrNull<RunRow>
        /// A later run that did nothing because of a wrong name.
        let misdirectedRun: OrNull<MisdirectedRow>
        let lastVerification: OrNull<VerificationRow>
        /// The newest verification whose faults no later one has shown to be gone; it may be the last one.
        let faultyVerification: OrNull<VerificationRow>
        /// A later verification that does not count, because it does not pass the trust file.
        let unprovedVerification: OrNull<VerificationRow>
        let lastDrill: OrNull<DrillRow>
        /// Unprotected versions, as far as reports name them.
        let failures: [FailureRow]
        let next: OrNull<String>
    }

    package struct RunRow: Encodable {
        let runID: String
        let finishedAt: String
        let ageSeconds: OrNull<Int64>
        let outcome: String
        let message: OrNull<String>
        let copied: Int
        let failed: Int
        /// How many shards the run was divided into; 1 if it was not divided.
        let shards: Int
        /// The shards that left no report.
        let missingShards: [String]
    }

    package struct MisdirectedRow: Encodable {
        let runID: String
        let finishedAt: String
        let message: OrNull<String>
    }

    package struct VerificationRow: Encodable {
        let runID: String
        let finishedAt: String
        let ageSeconds: OrNull<Int64>
        let outcome: String
        let faults: Int
        let warnings: [String]
    }

    package struct DrillRow: Encodable {
        let drillID: String
        let finishedAt: String
        let ageSeconds: OrNull<Int64>
        let outcome: String
        let wanted: Int
        let returned: Int
    }

    /// A failure; unknown members of its place are null.
    package struct FailureRow: Encodable {
        let repository: OrNull<String>
        let namespace: OrNull<String>
        let package: OrNull<String>
        let version: OrNull<String>
        /// `missing` or `stale`, as in `drift`; null if the failure is not about a version.
        let state: OrNull<String>
        let kind: String
        let message: String
        let runID: String
    }

    package var document: Document {
        Document(
            domain: place.domain,
            backup: place.backup,
            protected: status.protected,
            deleted: status.deleted,
            unprotected: status.unprotectedVersions,
            unavailable: status.unavailable.count,
            acceptedAsLost: status.acceptedAsLost.count,
            newestRecordAt: OrNull(status.newestRecord?.extended),
            lastRun: OrNull(
                status.lastRun.map { last in
                    let run = last.report
                    return RunRow(
                        runID: status.runs.first?.runID ?? run.runID,
                        finishedAt: run.finishedAt,
                        ageSeconds: ageSeconds(run.finishedAt),
                        outcome: run.outcome.rawValue,
                        message: OrNull(run.message),
                        copied: run.versions.copied,
                        failed: run.versions.failed,
                        shards: last.shards,
                        missingShards: last.missingShards
                    )
                }
            ),
            misdirectedRun: OrNull(
                status.misdirected.map { run in
                    MisdirectedRow(runID: run.runID, finishedAt: run.finishedAt, message: OrNull(run.message))
                }
            ),
            lastVerification: OrNull(status.verifications.newest.map(row)),
            faultyVerification: OrNull(status.verifications.faulty.map(row)),
            unprovedVerification: OrNull(status.verifications.unproved.map(row)),
            lastDrill: OrNull(
                status.drill.map { report in
                    DrillRow(
                        drillID: report.drillID,
                        finishedAt: report.finishedAt,
                        ageSeconds: ageSeconds(report.finishedAt),
                        outcome: report.outcome.rawValue,
                        wanted: report.files.wanted,
                        returned: report.files.returned
                    )
                }
            ),
            failures: status.unprotected.map(Self.row),
            next: OrNull(next)
        )
    }

    private func row(_ report: VerifyReport) -> VerificationRow {
        VerificationRow(
            runID: report.runID,
            finishedAt: report.finishedAt,
            ageSeconds: ageSeconds(report.finishedAt),
            outcome: report.outcome.rawValue,
            faults: report.faultsLeft,
            warnings: report.warnings ?? []
        )
    }

    private static func row(_ one: BackupStatus.Unprotected) -> FailureRow {
        FailureRow(
            repository: OrNull(one.place.repository),
            namespace: OrNull(one.place.namespace),
            package: OrNull(one.place.package),
            version: OrNull(one.place.version),
            state: OrNull(one.place.version.map { _ in one.isStale ? "stale" : "missing" }),
            kind: one.kind,
            message: one.message,
            runID: one.runID
        )
    }
}
