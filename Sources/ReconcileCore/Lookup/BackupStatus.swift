/// What the last reports and the records say of a backup: how it stands, and what of the domain is not protected.
package struct BackupStatus: Hashable, Sendable {
    /// A version, or a larger part of the domain, that a run could not protect and that no record since shows protected.
    package struct Unprotected: Hashable, Sendable {
        package let place: Place
        /// Of the first of its failures.
        package let kind: String
        package let message: String
        /// The run that reports it; the last one for what no run reports.
        package let runID: String
        /// Whether the backup has an earlier state of the version.
        package let isStale: Bool
        /// Whether a repair helps and another run does not.
        package let needsRepair: Bool

        package init(
            place: Place,
            kind: String,
            message: String,
            runID: String,
            isStale: Bool,
            needsRepair: Bool = false
        ) {
            self.place = place
            self.kind = kind
            self.message = message
            self.runID = runID
            self.isStale = isStale
            self.needsRepair = needsRepair
        }
    }

    /// The newest report of each scope and shard back to a run of the whole domain, the newest first; empty if no report
    /// can be read.
    package var runs: [RunReport] = []
    /// The newest report, if its selection matched nothing; it says nothing about the backup.
    package var misdirected: RunReport?
    /// Those shards of the newest of them whose newest report is of an earlier run.
    package var shardsOfEarlierRuns: Set<Int> = []
    package var verifications = RecordedVerifications()
    package var drill: DrillReport?
    /// Versions that have a record, deleted ones included.
    package var versions = 0
    /// Of those, deleted in the domain.
    package var deleted = 0
    /// When the newest record was made.
    package var newestRecord: Timestamp?
    package var unprotected: [Unprotected] = []
    /// Recorded as Archived or Disposed, and no file of them was ever stored.
    package var unavailable: [VersionCoordinates] = []
    /// Versions whose newest record says nothing, which an operator has accepted: whatever the domain showed last of them is
    /// not in the backup.
    package var acceptedAsLost: [VersionCoordinates] = []
    /// What a person is told of these.
    package static let lossAdvice =
        "the newest record is damaged, which was accepted. verify --repair records again what the domain still shows"
    /// Further versions recorded as Archived or Disposed, whose records were not read because there are too many.
    package var unread = 0
    /// Versions that are not protected and that no report names, because the run was stopped before it came to them.
    package var unnamed = 0
    /// Versions that were counted earlier and have no record any more, as a verification finds it; of parts that may
    /// overlap, those of the one that lost the most.
    package var lost = 0
    /// Folders of records that the store refuses to show, each of which is unprotected as a whole.
    package var hidden: [HiddenFolder] = []
    /// Commands whose reports the store refuses to show, so that whether there are any is unknown.
    package var hiddenReports: Set<StoredReports.Command> = []
    /// Reports that could not be read.
    package var failures: [RemoteFailure] = []

    package init() {}

    /// Versions of which the newest state that a run saw is in the backup.
    package var protected: Int {
        max(0, versions - unprotected.count(where: \.isStale) - unavailable.count - acceptedAsLost.count)
    }

    /// Versions that are not.
    package var unprotectedVersions: Int { unprotected.count { $0.place.version != nil } + unnamed }

    /// Runs that came to no end, which leaves open what they did not look at.
    package var unfinished: [RunReport] { runs.filter { ![.converged, .partial].contains($0.outcome) } }

    /// Whether every version is known to be protected as the last run saw it, and no verification or drill knows better.
    package var isProtected: Bool {
        !runs.isEmpty && verifications.faulty == nil && !isDrillIncomplete && unprotected.isEmpty && unnamed == 0
            && seesAll
    }

    /// Whether the last drill could not restore its whole sample.
    package var isDrillIncomplete: Bool { drill?.outcome == .incomplete }

    /// Whether the last runs came to their end in every shard.
    package var seesAll: Bool { unfinished.isEmpty && lastRun?.missingShards.isEmpty ?? true }

    /// The newest run, all its shards taken together.
    package struct LastRun: Hashable, Sendable {
        /// The newest report, or the sum of those of its shards.
        package let report: RunReport
        package let shards: Int
        /// Shards that left no report, as `2/4`.
        package let missingShards: [String]
    }

    /// Nil if no report can be read.
    package var lastRun: LastRun? {
        guard let newest = runs.first, let count = Shard(newest.shard)?.count else { return nil }
        var parts: [Int: RunReport] = [:]
        for report in runs where report.scope == newest.scope {
            guard let shard = Shard(report.shard), shard.count == count, !shardsOfEarlierRuns.contains(shard.index)
            else { continue }
            parts[shard.index] = parts[shard.index] ?? report
        }
        let missing = (0..<count).filter { parts[$0] == nil }.map { "\($0)/\(count)" }
        let sum = RunReport.sum(of: parts.sorted { $0.key < $1.key }.map(\.value))
        return LastRun(report: sum ?? newest, shards: count, missingShards: missing)
    }
}

extension BackupStatus {
    /// Reports that are read at most: shards and narrow runs have one each.
    private static let maximumReads = 64

    /// Looks at a backup: a list for each thousand records and reports and one of the accepted losses, and a GET for each of
    /// these, for each version recorded as Archived or Disposed, for each whose newest record was accepted as lost or is
    /// later than a run that could not protect it, and for each report that counts (`EarlierReports`).
    ///
    /// - Parameters:
    ///   - moment: only records made and runs begun by then count; nil for all.
    ///   - proves: whether records that the newest checkpoint does not cover are read and proved, if there is a trust file.
    ///   - visit: called with every record that counts, in the order of the listing.
    /// - Throws: an `absent` failure where there is neither a record nor a report; what keeps the store from answering, or
    ///   from showing any record; `CancellationError` when it is stopped.
    package static func read(
        from backup: Backup,
        asOf moment: Timestamp? = nil,
        proves: Bool = false,
        stop: StopSignal,
        visiting visit: (ManifestRecord) -> Void = { _ in }
    ) async throws -> BackupStatus {
        let reports = StoredReports(of: backup)
        var status = BackupStatus()
        let runs = try await status.entries(of: .run, reports, asOf: moment, stop)
        let read = try await status.readRuns(runs, reports, stop)
        try await status.readNewest(reports, asOf: moment, stop)
        // A right that is missing, and no fault of the reports.
        if status.runs.isEmpty, status.verifications.newest == nil, status.failures.allSatisfy({ $0.kind == .denied }),
            let denied = status.failures.first
        {
            throw denied
        }
        let losses = try await status.shown(else: AcceptedLosses()) {
            moment == nil ? try await backup.acceptedLosses() : AcceptedLosses()
        }
        let counts =
            moment == nil
            ? try await EarlierReports.read(
                runs.map(\.key),
                known: read,
                from: backup,
                about: Selection(),
                after: losses
            ).counts : nil
        var records = StatusRecords(
            of: backup,
            after: status.runs,
            counts: counts,
            losses: losses,
            asOf: moment,
            proves: proves
        )
        try await records.read(from: backup, stop: stop, visit)
        try await status.take(records, from: backup, stop)
        return status
    }

    private mutating func take(_ records: StatusRecords, from backup: Backup, _ stop: StopSignal) async throws {
        versions = records.index.count
        deleted = records.index.census.values.reduce(0) { $0 + $1.deleted }
        newestRecord = records.newestTime
        guard versions > 0 || !runs.isEmpty || !failures.isEmpty else {
            throw RemoteFailure(
                .absent,
                operation: .backup,
                target: backup.store.location,
                message: backup.absence(await backup.others())
            )
        }
        let forged = try await records.later.refused(by: backup, stop)
        compare(unsettled: forged.union(records.incomplete.map(\.coordinates)), incomplete: records.incomplete) {
            records.index.newestRecord(of: $0)
        }
        noteUnreadable()
        note(refused: records.refused)
        note(records.hidden)
        note(records.archived)
        note(records.losses)
        try await findUnavailable(records.withdrawn, in: backup, stop)
        try await findAccepted(records.lost, in: backup, stop)
        for record in records.lostAndEmptied {
            addAccepted(record, after: records.index.newestRecord(of: record.coordinates))
        }
    }

    /// The reports of a command, newest first; none where they are not shown, which is noted.
    private mutating func entries(
        of command: StoredReports.Command,
        _ reports: StoredReports,
        asOf moment: Timestamp?,
        _ stop: StopSignal
    ) async throws -> [StoredReports.Entry] {
        let entries: [StoredReports.Entry]? = try await shown(else: nil) {
            try await reports.entries(of: [command], asOf: moment, stop: stop)
        }
        if entries == nil { hiddenReports.insert(command) }
        return entries ?? []
    }

    /// Reads what verifications found, and the newest drill.
    private mutating func readNewest(
        _ reports: StoredReports,
        asOf moment: Timestamp?,
        _ stop: StopSignal
    ) async throws {
        let recorded = try await entries(of: .verify, reports, asOf: moment, stop)
        verifications = try await RecordedVerifications.read(recorded, of: reports, stop)
        if let failure = verifications.failure { failures.append(failure) }
        let drills = try await entries(of: .drill, reports, asOf: moment, stop)
        if let newest = drills.first, case .success(.drill(let report)) = try await reports.result(newest) {
            drill = report
        }
    }

    /// - Returns: what was read of the reports, by their keys.
    private mutating func readRuns(
        _ entries: [StoredReports.Entry],
        _ reports: StoredReports,
        _ stop: StopSignal
    ) async throws -> [ObjectKey: ReportedRun] {
        struct Part: Hashable {
            let scope: RunReport.Scope?
            let shard: String
        }
        let whole = RunReport.Scope(Selection())
        var seen: [Part: RunReport] = [:]
        var missing: Set<Int>?
        // Whether what follows is of a run before the newest one.
        var isEarlier = false
        var read: [ObjectKey: ReportedRun] = [:]
        for entry in entries.prefix(Self.maximumReads) {
            if stop.reason != nil { throw CancellationError() }
            guard missing?.isEmpty != true else { break }
            let report: RunReport
            switch try await reports.result(entry) {
            case .success(.run(let found)): report = found
            case .success: continue
            case .failure(let failure):
                failures.append(failure)
                continue
            }
            read[entry.key] = ReportedRun(report)
            if report.selectsNothing == true {
                if runs.isEmpty { misdirected = misdirected ?? report }
                continue
            }
            guard let shard = Shard(report.shard) else { continue }
            let part = Part(scope: report.scope, shard: report.shard)
            let isOfNewest =
                runs.first.map { $0.scope == report.scope && Shard($0.shard)?.count == shard.count } ?? false
            if let later = seen[part] {
                if isOfNewest, !report.wasTriedAgain(as: later) { isEarlier = true }
                continue
            }
            seen[part] = report
            if isOfNewest, isEarlier { shardsOfEarlierRuns.insert(shard.index) }
            runs.append(report)
            guard (report.scope ?? whole) == whole else { continue }
            // Of another division than the newest whole run: what it left is in the newer ones.
            if missing == nil { missing = Set(0..<shard.count) }
            missing?.remove(shard.index)
        }
        return read
    }

    /// Takes from the reports what is still not protected: what has a record later than the start of its run is, unless
    /// that record settles nothing.
    ///
    /// - Parameters:
    ///   - unsettled: versions whose newest record says that something is missing, or does not pass.
    ///   - incomplete: the newest records that say that something is missing.
    ///   - newestRecord: when the newest record of a version was made.
    mutating func compare(
        unsettled: Set<VersionCoordinates> = [],
        incomplete: [ManifestRecord] = [],
        _ newestRecord: (VersionCoordinates) -> Timestamp?
    ) {
        var known: Set<Place> = []
        let incomplete = Set(incomplete.map { Place($0.coordinates.package, version: $0.coordinates.version) })
        for report in runs {
            var named: Set<Place> = []
            let begun = Timestamp(extended: report.startedAt)
            for failure in report.failures {
                var place = failure.place
                place.asset = nil
                guard named.insert(place).inserted else { continue }
                let record = place.coordinates.flatMap(newestRecord)
                // One of the run's first second may be of the run before.
                if let record, let begun, record > begun, place.coordinates.map(unsettled.contains) != true { continue }
                guard known.insert(place).inserted else { continue }
                unprotected.append(
                    Unprotected(
                        place: place,
                        kind: failure.kind,
                        message: failure.message,
                        runID: report.runID,
                        isStale: record != nil,
                        needsRepair: failure.needsRepair
                    )
                )
            }
            unnamed += max(0, report.versions.unprotected - named.count { $0.version != nil })
        }
        note(incomplete: incomplete.subtracting(known))
    }
}

extension RunReport {
    /// Whether a later report of the same shard is of a further attempt of the same run: it had not converged, and the next
    /// attempt began within half an hour.
    fileprivate func wasTriedAgain(as later: RunReport) -> Bool {
        guard outcome != .converged, let end = Timestamp(extended: finishedAt),
            let start = Timestamp(extended: later.startedAt)
        else { return false }
        return start.seconds - end.seconds < 1_800
    }
}

extension Place {
    /// The version that it names; nil for something larger.
    var coordinates: VersionCoordinates? {
        guard let repository, let namespace, let package, let version else { return nil }
        let coordinates = PackageCoordinates(repository: repository, namespace: namespace, name: package)
        return VersionCoordinates(package: coordinates, version: version)
    }
}
