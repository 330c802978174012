/// What is read of the reports of earlier runs before records are listed, to see which are gone: the counts of versions, and
/// the digests.
///
/// The last `days` days that have a report are used, and every report of the last two of them, not only the newest one: a
/// run after the loss counts fewer.
struct EarlierReports: Sendable {
    /// What they counted of all that is looked at, and of each part of it, to be compared with what is listed.
    let counts: EarlierCounts
    /// Of all that were read, the newest first.
    let digests: [ReportedDigest]
    /// What is under the keys of reports, and is none of a run of this backup or cannot be read: a fault for each.
    let faults: [BackupFault]
    /// The first refusal, if the store refused them all, and more than one: a right that is missing, and no fault of theirs.
    let refusal: RemoteFailure?

    private static let days = 31
    private static let maximumReads = 1_000
    /// For how many of the newest days all reports are read, and the most reports that are read for them: those of a run
    /// every five minutes, and as many again by half.
    private static let (recentDays, recentReads) = (2, 900)
    /// Reports that are read at once.
    private static let width = 16

    /// Lists the reports, a list for each thousand, and reads them.
    ///
    /// - Parameter moment: those of runs that began later are left out; nil for all.
    static func read(
        from backup: Backup,
        about selection: Selection,
        after losses: AcceptedLosses,
        asOf moment: Timestamp? = nil
    ) async throws -> EarlierReports {
        let keys = try await backup.documents(under: backup.layout.reportsPrefix)
        return try await read(keys, from: backup, about: selection, after: losses, asOf: moment)
    }

    /// Reads what reports say about a selection and its parts: a GET for each report of the last two days, and one for each
    /// day before, or for each shard of each part that any of them is about; several at once.
    ///
    /// Call it before the manifests are listed: a run that ends later counts what it added meanwhile.
    ///
    /// - Parameters:
    ///   - keys: of all reports, in any order.
    ///   - known: those that have been read already.
    static func read(
        _ keys: [ObjectKey],
        known: [ObjectKey: ReportedRun] = [:],
        from backup: Backup,
        about selection: Selection,
        after losses: AcceptedLosses,
        asOf moment: Timestamp? = nil
    ) async throws -> EarlierReports {
        let last = moment.map { "\(backup.layout.reportsPrefix)\($0.day)0" }
        let due = keys.filter { key in backup.isOfPast(key) && last.map { key.value < $0 } ?? true }
        var days = days(of: due, in: backup.layout)
        var counts = ReportedCounts(of: selection, after: losses, asOf: moment, in: backup.layout)
        var digests: [ReportedDigest] = []
        var unreadable: [ObjectKey] = []
        var refusals: [RemoteFailure] = []
        let places = TransferPlaces(limit: width)
        var reads = 0
        while reads < maximumReads {
            var recent = max(0, recentReads - reads)
            var round: [(day: Int, key: ObjectKey)] = []
            for index in days.indices {
                round += days[index].next(&recent, of: counts.scopes).map { (day: index, key: $0) }
            }
            round = Array(round.prefix(maximumReads - reads))
            guard !round.isEmpty else { break }
            reads += round.count
            let found = try await places.forEach(round.map(\.key)) { key in
                guard let report = known[key] else { return try await ReportedRun.attempt(key, from: backup) }
                return (report: report.isOf(backup) ? report : nil, refusal: nil)
            }
            refusals += found.compactMap(\.refusal)
            for (row, (report, _)) in zip(round, found) {
                guard let report, let shard = Shard(report.shard) else {
                    unreadable.append(row.key)
                    continue
                }
                if let digest = report.digest(at: row.key, in: backup) { digests.append(digest) }
                let isCounted = counts.add(report, of: shard, at: row.key)
                days[row.day].note(shard, counting: isCounted ? report.scope : nil, within: selection.shard)
            }
        }
        return EarlierReports(
            counts: EarlierCounts(
                counts.largest,
                of: selection,
                reader: backup.reader,
                unreadable: unreadable.sorted().filter { !losses.contains($0) },
                unread: days.prefix(recentDays).reduce(0) { $0 + $1.unread }
            ),
            digests: digests.sorted { $0.report > $1.report },
            faults: unreadable.sorted().map(fault),
            refusal: refusals.count == reads && reads > 1 ? refusals.first : nil
        )
    }

    /// What is to be said of reports that were not read, or could not be.
    ///
    /// - Parameter isFirst: whether it is said beside the faults.
    func warning(isFirst: Bool) -> String? { isFirst ? counts.warningOfUnread : counts.warning }

    private static func fault(at key: ObjectKey) -> BackupFault {
        let message =
            "this report of a run is damaged, cannot be read, or is of another domain, so nothing was compared with what it "
            + "counted. Put it back from another copy of the bucket; if there is none, accept the loss with --accept-loss"
        return BackupFault(.unreadableManifest, at: key, message)
    }

    /// The newest days first.
    private static func days(of keys: [ObjectKey], in layout: BackupLayout) -> [Day] {
        let prefix = layout.reportsPrefix.value.utf8.count
        let byDay = Dictionary(grouping: keys) { String(Substring($0.value.utf8.dropFirst(prefix).prefix(10))) }
        return byDay.sorted { $0.key > $1.key }.prefix(days).enumerated().map { number, day in
            Day(left: day.value.sorted(by: >)[...], isRecent: number < recentDays)
        }
    }

    /// The reports of a day that are still to be read.
    private struct Day {
        /// The newest first.
        var left: ArraySlice<ObjectKey>
        /// Whether all of them are to be read.
        var isRecent: Bool
        /// How many count, and how many there are to be: as many as there were shards.
        private var found: [RunReport.Scope: (count: Int, wanted: Int)] = [:]
        /// Of a day all of whose reports are to be read, how many are not.
        private(set) var unread = 0
        private var tries = 0
        private var mostTries = 8

        init(left: ArraySlice<ObjectKey>, isRecent: Bool) {
            (self.left, self.isRecent) = (left, isRecent)
        }

        /// Takes the next ones.
        ///
        /// - Parameters:
        ///   - recent: how many may still be read because their day is recent.
        ///   - scopes: of which reports are known to count.
        mutating func next(_ recent: inout Int, of scopes: Set<RunReport.Scope>) -> [ObjectKey] {
            let open = scopes.reduce(0) { open, scope in
                let (count, wanted) = found[scope] ?? (count: 0, wanted: 1)
                return open + max(0, wanted - count)
            }
            var count = max(0, min(scopes.isEmpty ? 1 : open, mostTries - tries))
            if isRecent, recent > 0 {
                // A checkpoint does not cover the last hour, and a run later on the same day counts what it left.
                count = min(recent, left.count)
                recent -= count
                isRecent = false
                unread = left.count - count
            }
            let taken = Array(left.prefix(count))
            left = left.dropFirst(count)
            tries += taken.count
            return taken
        }

        /// Takes in one that was read.
        ///
        /// - Parameter scope: nil if it does not count.
        mutating func note(_ shard: Shard, counting scope: RunReport.Scope?, within whole: Shard) {
            if let scope {
                found[scope] = (count: (found[scope]?.count ?? 0) + 1, wanted: shard.count / whole.count)
            }
            mostTries = max(mostTries, 2 * shard.count, 2 * found.values.reduce(0) { $0 + $1.wanted })
        }
    }
}
