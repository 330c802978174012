/// How many recorded versions were counted before: by the reports of earlier runs, or when a loss of some was accepted.
/// Nothing deletes a record, so at least as many must still be there: what was lost together with its objects leaves no
/// other trace.
struct ReportedVersions: Hashable, Sendable {
    let count: Int
    /// The newest report that the count is from, or the record of accepted losses.
    let report: ObjectKey

    /// How many are gone.
    func lost(finding found: Int) -> Int { max(0, count - found) }

    /// What is gone, as a sentence without its end.
    func sentence(finding found: Int) -> String {
        "only \(found) of the \(count) versions that were counted earlier (\(report)) are recorded; the other records are gone"
    }

    /// The fault if fewer are found; nil if as many are there.
    func fault(finding found: Int, in layout: BackupLayout) -> BackupFault? {
        guard lost(finding: found) > 0 else { return nil }
        return BackupFault(
            .lostVersions,
            at: layout.manifestsPrefix,
            "\(sentence(finding: found)), and this program deletes none. If the bucket keeps versions, remove the delete "
                + "markers here; otherwise copy them from another backup. A run records what the domain still has; accept the "
                + "rest with --accept-loss \(layout.manifestsPrefix) --reason TEXT"
        )
    }
}

/// What the reports of runs count of a selection, by scope and number of shards: shards of the same number have no version in
/// common. Pure.
struct ReportedCounts: Sendable {
    private struct Group: Hashable {
        let scope: RunReport.Scope
        let shards: Int
    }

    private let selection: Selection
    private let since: Timestamp?
    /// What was left when the loss of some was accepted.
    private let left: ReportedVersions?
    private var counts: [Group: [Int: Int]] = [:]
    private var newest: [Group: ObjectKey] = [:]

    /// - Parameter losses: once the loss of versions was accepted, only reports of runs that began after it count, and, for
    ///   the whole backup, how many were left.
    init(of selection: Selection, after losses: AcceptedLosses, in layout: BackupLayout) {
        self.selection = selection
        since = losses.lastOfVersions(at: layout.manifestsPrefix)
        left = selection.isWhole ? losses.versionsLeft : nil
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

    /// The largest count; nil if nothing counts any.
    var most: ReportedVersions? {
        let sums = counts.compactMap { group, shards in
            newest[group].map { ReportedVersions(count: shards.values.reduce(0, +), report: $0) }
        }
        let most = sums.max { ($0.count, $0.report) < ($1.count, $1.report) }
        return [most, left].compactMap(\.self).max { $0.count < $1.count }
    }
}
