/// How many recorded versions were counted before: by the reports of earlier runs, or when a loss of some was accepted.
/// Nothing deletes a record, so at least as many must still be there: what was lost together with its objects leaves no
/// other trace.
///
/// The last `days` days that have a report are used, and every report of the last two of them, not only the newest one: a
/// run after the loss counts fewer.
struct ReportedVersions: Hashable, Sendable {
    let count: Int
    /// The newest report that the count is from, or the record of accepted losses.
    let report: ObjectKey

    /// The fault if fewer are found; nil if as many are there.
    func fault(finding found: Int, in layout: BackupLayout) -> BackupFault? {
        guard found < count else { return nil }
        return BackupFault(
            .lostVersions,
            at: layout.manifestsPrefix,
            "only \(found) of the \(count) versions that were counted earlier (\(report)) are recorded; the other records "
                + "are gone, and this program deletes none. If the bucket keeps versions, remove the delete markers here; "
                + "otherwise copy them from another backup. A run records what the domain still has; accept the rest with "
                + "--accept-loss \(layout.manifestsPrefix) --reason TEXT"
        )
    }

    private static let days = 31
    private static let maximumReads = 1_000
    /// For how many of the newest days all reports are read, and the most reports that are read for
    /// them.
    private static let (recentDays, recentReads) = (2, 200)

    /// Reads what reports say about a selection: one list for each thousand reports, a GET for each report of the last two
    /// days, and one for each day before, or for each shard of each day. Nil if none says anything. The digests are of all
    /// that were read, the newest first.
    ///
    /// Call it before the manifests are listed: a run that ends later counts what it added meanwhile. Reports that
    /// cannot be read are skipped.
    ///
    /// - Parameter losses: once the loss of versions was accepted, only reports of runs that began after it count, and, for
    ///   the whole backup, how many were left.
    static func read(
        from backup: Backup,
        about selection: Selection,
        after losses: AcceptedLosses
    ) async throws -> (versions: ReportedVersions?, digests: [ReportedDigest]) {
        var digests: [ReportedDigest] = []
        var keys: [String: [ObjectKey]] = [:]
        let prefix = backup.layout.reportsPrefix
        try await backup.store.forEachObject(under: prefix) { object in
            guard object.key != backup.layout.probeKey(in: prefix) else { return }
            let day = String(Substring(object.key.value.utf8.dropFirst(prefix.value.utf8.count).prefix(10)))
            keys[day, default: []].append(object.key)
            if keys.count > days, let oldest = keys.keys.min() { keys[oldest] = nil }
        }
        let counted = selection.isWhole ? losses.versionsLeft : nil
        var sums = Sums(selection: selection, since: losses.lastOfVersions(at: backup.layout.manifestsPrefix))
        var reads = 0
        for (number, (_, reports)) in keys.sorted(by: { $0.key > $1.key }).enumerated() {
            var (found, wanted) = (0, 1)
            var (tries, limit) = (0, 8)
            for key in reports.sorted(by: >) {
                // A checkpoint does not cover the last hour, and a run later on the same day counts what it left.
                let isRecent = number < recentDays && reads < recentReads
                guard isRecent || (found < wanted && tries < limit), reads < maximumReads else { break }
                reads += 1
                tries += 1
                guard let report = try await ReportedRun.read(key, from: backup),
                    let shard = Shard(report.shard)
                else { continue }
                limit = max(limit, 2 * shard.count)
                if let digest = report.digest(at: key, in: backup) { digests.append(digest) }
                guard sums.add(report, of: shard, at: key) else { continue }
                found += 1
                wanted = shard.count / selection.shard.count
            }
        }
        let most = [sums.most, counted].compactMap(\.self).max { $0.count < $1.count }
        return (most, digests)
    }

    /// The counts by scope and number of shards: shards of the same number have no version in common.
    private struct Sums {
        private struct Group: Hashable {
            let scope: RunReport.Scope
            let shards: Int
        }

        let selection: Selection
        let since: Timestamp?
        private var counts: [Group: [Int: Int]] = [:]
        private var newest: [Group: ObjectKey] = [:]

        init(selection: Selection, since: Timestamp?) {
            self.selection = selection
            self.since = since
        }

        /// - Returns: whether the selection contains every version that the report is about.
        mutating func add(_ report: ReportedRun, of shard: Shard, at key: ObjectKey) -> Bool {
            let whole = RunReport.Scope(Selection())
            let wanted = RunReport.Scope(selection)
            guard let recorded = report.recorded?.versions, (0...1_000_000_000).contains(recorded),
                let scope = report.scope, wanted == whole || wanted == scope,
                shard.count.isMultiple(of: selection.shard.count),
                shard.index % selection.shard.count == selection.shard.index,
                since.map({ report.startedAt > $0.extended }) ?? true
            else { return false }
            let group = Group(scope: scope, shards: shard.count)
            counts[group, default: [:]][shard.index] = max(recorded, counts[group]?[shard.index] ?? 0)
            newest[group] = max(key, newest[group] ?? key)
            return true
        }

        var most: ReportedVersions? {
            let sums = counts.compactMap { group, shards in
                newest[group].map { ReportedVersions(count: shards.values.reduce(0, +), report: $0) }
            }
            return sums.max { ($0.count, $0.report) < ($1.count, $1.report) }
        }
    }
}
