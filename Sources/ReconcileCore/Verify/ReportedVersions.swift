/// How many recorded versions were counted before: by the reports of earlier runs, or when a loss of some was accepted.
/// Nothing deletes a record, so at least as many must still be there: what was lost together with its objects leaves no
/// other trace.
struct ReportedVersions: Hashable, Sendable {
    let count: Int
    /// The newest report that the count is from, or the record of accepted losses.
    let report: ObjectKey
    /// The part that was counted; nil for all that is looked at.
    var part: Selection?

    /// What is gone; nil if as many are found.
    func loss(finding found: Int) -> LostVersions? {
        found < count ? LostVersions(reported: self, found: found) : nil
    }
}

/// Versions that were counted earlier, of which fewer are found.
struct LostVersions: Hashable, Sendable {
    let reported: ReportedVersions
    let found: Int

    /// How many are gone at least.
    var count: Int { reported.count - found }

    /// What is gone, without the end of a sentence.
    var words: String {
        "only \(found) of the \(reported.count) versions\(reported.part?.words ?? "") that were counted earlier "
            + "(\(reported.report)) are recorded; the other records are gone"
    }
}

extension [LostVersions] {
    /// How many are gone of the one that lost the most: they may overlap.
    var most: Int { lazy.map(\.count).max() ?? 0 }

    /// What is gone of the first few, without the end of a sentence.
    var words: String {
        let more = count > 3 ? ", and so are others of \(count - 3) parts more" : ""
        return prefix(3).map(\.words).joined(separator: "; ") + more
    }

    /// One fault for all, since accepting it accepts that reports until then count for nothing; nil for none.
    ///
    /// - Parameter isWhole: whether the whole backup was looked at, without which none can be accepted.
    func fault(in layout: BackupLayout, isWhole: Bool = true) -> BackupFault? {
        guard !isEmpty else { return nil }
        let place = isWhole ? "" : " in a verification of the whole backup"
        return BackupFault(
            .lostVersions,
            at: layout.manifestsPrefix,
            "\(words), and this program deletes none. If the bucket keeps versions, remove the delete "
                + "markers here; otherwise copy them from another backup. A run records what the domain still has; accept the "
                + "rest\(place) with --accept-loss \(layout.manifestsPrefix) --reason TEXT"
        )
    }
}

/// What the reports of runs count of a selection and of each part of it, by scope and number of shards: shards of the same
/// number have no version in common. Pure.
struct ReportedCounts: Sendable {
    private struct Group: Hashable {
        let scope: RunReport.Scope
        let shards: Int
    }

    private let selection: Selection
    private let own: RunReport.Scope
    private let since: Timestamp?
    private let moment: Timestamp?
    /// What was left of all that is looked at, and of each part of it, when the loss of some was accepted.
    private var left: [RunReport.Scope: ReportedVersions] = [:]
    private var counts: [Group: [Int: Int]] = [:]
    private var newest: [Group: ObjectKey] = [:]
    /// The parts of which there are counts: those that reports are about, and the repositories that they count.
    private var parts: [RunReport.Scope: Selection] = [:]
    /// The scopes of the reports that count.
    private(set) var scopes: Set<RunReport.Scope> = []
    /// Nobody signs reports: whoever may write them must not fill the memory. A domain has fewer repositories.
    private static let mostParts = 10_000

    /// - Parameters:
    ///   - losses: once the loss of versions was accepted, only reports of runs that began after it count, and how many
    ///     were left of the whole backup and of each repository.
    ///   - moment: reports of runs that began later do not count; nil for all.
    init(
        of selection: Selection,
        after losses: AcceptedLosses,
        asOf moment: Timestamp? = nil,
        in layout: BackupLayout
    ) {
        self.selection = selection
        self.moment = moment
        own = RunReport.Scope(selection)
        since = losses.lastOfVersions(at: layout.manifestsPrefix)
        if selection.isWhole { left[own] = losses.versionsLeft }
        guard selection.shard == .whole else { return }
        for row in losses.repositoriesLeft {
            guard let scope = row.part.map(RunReport.Scope.init), part(of: scope) != nil else { continue }
            left[scope] = scope == own ? ReportedVersions(count: row.count, report: row.report) : row
        }
    }

    /// - Returns: whether the selection contains every version that the report counts, or every one of a repository.
    mutating func add(_ report: ReportedRun, of shard: Shard, at key: ObjectKey) -> Bool {
        guard let recorded = report.recorded, let scope = report.scope,
            shard.count.isMultiple(of: selection.shard.count),
            shard.index % selection.shard.count == selection.shard.index,
            since.map({ report.startedAt > $0.extended }) ?? true,
            moment.map({ report.startedAt <= $0.extended }) ?? true
        else { return false }
        var isCounted = note(recorded.versions, of: scope, shard, at: key)
        if scope.repositories.count != 1 {
            for (repository, count) in recorded.repositories ?? [:] {
                var part = scope
                part.repositories = [repository]
                isCounted = note(count, of: part, shard, at: key) || isCounted
            }
        }
        if isCounted { scopes.insert(scope) }
        return isCounted
    }

    /// - Returns: whether the count is one of all that is looked at, or of a part of it.
    private mutating func note(_ count: Int, of scope: RunReport.Scope, _ shard: Shard, at key: ObjectKey) -> Bool {
        guard (0...1_000_000_000).contains(count),
            scope == own || parts.count < Self.mostParts || parts[scope] != nil,
            let part = parts[scope] ?? part(of: scope)
        else { return false }
        parts[scope] = part
        let group = Group(scope: scope, shards: shard.count)
        counts[group, default: [:]][shard.index] = max(count, counts[group]?[shard.index] ?? 0)
        newest[group] = max(key, newest[group] ?? key)
        return true
    }

    /// The selection of a scope, as far as it is looked at; nil if not all of it is.
    private func part(of scope: RunReport.Scope) -> Selection? {
        if scope == own { return selection }
        guard var part = Selection(scope), selection.covers(part) else { return nil }
        part.shard = selection.shard
        return part
    }

    /// The largest count of all that is looked at, if there is one, and of each part, in the order of their names.
    var largest: [ReportedVersions] {
        var largest: [RunReport.Scope: ReportedVersions] = [:]
        for (group, shards) in counts {
            guard let report = newest[group] else { continue }
            let part = group.scope == own ? nil : parts[group.scope]
            let sum = ReportedVersions(count: shards.values.reduce(0, +), report: report, part: part)
            guard let known = largest[group.scope], (known.count, known.report) > (sum.count, sum.report) else {
                largest[group.scope] = sum
                continue
            }
        }
        for (scope, row) in left where largest[scope].map({ $0.count < row.count }) ?? true { largest[scope] = row }
        let whole = largest.removeValue(forKey: own)
        let parts = largest.values.sorted { ($0.part?.words ?? "") < ($1.part?.words ?? "") }
        return [whole].compactMap(\.self) + parts
    }
}

extension Selection {
    /// The most names and patterns of a scope that are compared with records.
    private static let maximumNames = 1_000

    /// What a report is about; nil for what no program of this kind would have looked at.
    fileprivate init?(_ scope: RunReport.Scope) {
        let include = scope.packages.compactMap { VersionPattern($0) }
        let exclude = scope.exclude.compactMap { VersionPattern($0) }
        guard include.count == scope.packages.count, exclude.count == scope.exclude.count,
            scope.repositories.count + include.count + exclude.count <= Self.maximumNames
        else { return nil }
        self.init()
        (repositories, self.include, self.exclude) = (scope.repositories, include, exclude)
    }

    /// What it is, in a sentence about versions; empty for everything.
    fileprivate var words: String {
        func part(_ word: String, _ names: [String]) -> String { names.isEmpty ? "" : " \(word) \(names.firstFew(3))" }
        return part("of", include.map(\.description)) + part("in", repositories)
            + part("without", exclude.map(\.description))
    }
}
