/// Why reports cannot be merged.
package struct MergeFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension RunReport {
    /// The sum of the reports of all shards of one domain, in any order: one report for the whole, with shard 0/1.
    ///
    /// Counts are added up, except for the repositories, which every shard lists in full. The time runs from the first
    /// start to the last end. The outcome is the worst one; if that is `failed`, its class is kept too. Failures are
    /// collected up to `maximumFailures`. The number of recorded versions is absent if any part lacks it.
    ///
    /// - Throws: `MergeFailure` if there are no reports, if domains, backups, selections or shard counts differ, if a shard
    ///   occurs twice, if one is left from an earlier run, or if shards are missing, which it names: a sum without them
    ///   would look better than it is.
    package static func merging(_ reports: [RunReport]) throws(MergeFailure) -> RunReport {
        let parts = try ordered(reports)
        guard let whole = sum(of: parts) else { throw MergeFailure("there is no report to merge") }
        return whole
    }

    /// The sum of any shards of one domain, in their order; nil if there are none, and a single report unchanged.
    package static func sum(of parts: [RunReport]) -> RunReport? {
        guard var whole = parts.first else { return nil }
        if parts.count == 1 { return whole }
        for part in parts.dropFirst() { whole.add(part) }
        whole.shard = Shard.whole.description
        whole.runID = parts.map(\.runID).joined(separator: "+")
        let messages = parts.compactMap { part in part.message.map { "shard \(part.shard): \($0)" } }
        whole.message = messages.isEmpty ? nil : messages.joined(separator: ". ")
        whole.failureKind = parts.first { $0.outcome == .failed }?.failureKind
        whole.outcome = parts.map(\.outcome).max { $0.gravity < $1.gravity } ?? whole.outcome
        return whole
    }

    /// The reports by shard, if they are exactly the shards of one domain.
    private static func ordered(_ reports: [RunReport]) throws(MergeFailure) -> [RunReport] {
        guard let first = reports.first else { throw MergeFailure("there is no report to merge") }
        var byIndex: [Int: RunReport] = [:]
        var count: Int?
        try requireOneBackup(reports)
        for report in reports {
            guard report.format == first.format, report.format == 1 else {
                throw MergeFailure("the report \(report.runID) has the format \(report.format), which is not 1")
            }
            guard report.domain == first.domain else {
                throw MergeFailure("the reports are of two domains, \(first.domain) and \(report.domain)")
            }
            guard let shard = Shard(report.shard) else {
                throw MergeFailure("the report \(report.runID) has an invalid shard, \(report.shard)")
            }
            guard count == nil || count == shard.count else {
                throw MergeFailure("the reports are of different divisions, \(first.shard) and \(report.shard)")
            }
            count = shard.count
            guard report.scope == first.scope else {
                throw MergeFailure(
                    "the reports \(first.runID) and \(report.runID) are of different selections of the domain"
                )
            }
            if let other = byIndex[shard.index] {
                throw MergeFailure(
                    "the shard \(report.shard) is there twice, in the reports \(other.runID) and \(report.runID)"
                )
            }
            byIndex[shard.index] = report
        }
        let wanted = 0..<(count ?? 1)
        let missing = wanted.filter { byIndex[$0] == nil }
        guard missing.isEmpty else {
            let names = missing.map { "\($0)/\(wanted.count)" }.joined(separator: ", ")
            throw MergeFailure("the merged report would be incomplete: there is no report for \(names)")
        }
        let parts = wanted.compactMap { byIndex[$0] }
        try requireOneRun(parts)
        return parts
    }

    /// - Throws: `MergeFailure` if they are of different backups; reports of earlier releases do not say of which.
    private static func requireOneBackup(_ reports: [RunReport]) throws(MergeFailure) {
        let known = reports.filter { $0.backup != nil }
        guard let first = known.first, let other = known.first(where: { $0.backup != first.backup }) else { return }
        throw MergeFailure(
            "the reports are of two backups: \(first.runID) of \(first.backup ?? ""), \(other.runID) of "
                + "\(other.backup ?? ""). Give every shard the same --backup"
        )
    }

    /// How long after the end of all shards before it a shard of the same run may begin, in seconds.
    private static let longestPause: Int64 = 3_600

    /// - Throws: `MergeFailure` where one is left from an earlier run: the sum would hide that its shard did not run.
    private static func requireOneRun(_ parts: [RunReport]) throws(MergeFailure) {
        var (last, end): (RunReport?, Int64) = (nil, 0)
        for part in parts.sorted(by: { $0.startedAt < $1.startedAt }) {
            guard let began = Timestamp(extended: part.startedAt), let ended = Timestamp(extended: part.finishedAt)
            else {
                throw MergeFailure("the report \(part.runID) has no time")
            }
            if let last, began.seconds - end > longestPause {
                throw MergeFailure(
                    "the reports are of different runs: \(last.runID) of shard \(last.shard) had ended for more than an hour "
                        + "when \(part.runID) of shard \(part.shard) began"
                )
            }
            if ended.seconds >= end { (last, end) = (part, ended.seconds) }
        }
    }

    private mutating func add(_ part: RunReport) {
        startedAt = min(startedAt, part.startedAt)
        finishedAt = max(finishedAt, part.finishedAt)
        backup = backup ?? part.backup
        repositories = max(repositories, part.repositories)
        if checkpoint?.contradictions.isEmpty ?? true { checkpoint = part.checkpoint ?? checkpoint }
        configuration = configuration ?? part.configuration
        if part.selectsNothing != true { selectsNothing = nil }
        packages += part.packages
        versions += part.versions
        recorded = recorded.flatMap { sum in part.recorded.map { sum + $0 } }
        assets += part.assets
        bytes.copied += part.bytes.copied
        requests.merge(part.requests) { $0 + $1 }
        retries += part.retries
        throttled += part.throttled
        concurrency = concurrency.flatMap { own in part.concurrency.map { own.beside($0) } }
        rpo.oldestUnprotectedSeconds = [rpo.oldestUnprotectedSeconds, part.rpo.oldestUnprotectedSeconds]
            .compactMap { $0 }.max()
        warnings += part.warnings
        failures += part.failures.prefix(max(0, Self.maximumFailures - failures.count))
    }
}

extension RunReport.Recorded {
    /// The sum of two parts that have no version in common; counts of repositories are absent if either lacks them.
    static func + (first: Self, second: Self) -> Self {
        Self(
            versions: first.versions + second.versions,
            repositories: first.repositories.flatMap { own in
                second.repositories.map { own.merging($0, uniquingKeysWith: +) }
            }
        )
    }
}

extension RunReport.Concurrency {
    /// The concurrency of two runs at the same time.
    fileprivate func beside(_ other: Self) -> Self {
        var both = self
        both.most += other.most
        both.waitedSeconds.quotas = max(both.waitedSeconds.quotas, other.waitedSeconds.quotas)
        both.waitedSeconds.width = max(both.waitedSeconds.width, other.waitedSeconds.width)
        both.waitedSeconds.bytes = max(both.waitedSeconds.bytes, other.waitedSeconds.bytes)
        return both
    }
}

extension RunReport.Outcome {
    /// From best to worst: what to look at first.
    fileprivate var gravity: Int {
        switch self {
        case .converged: 0
        case .deadline: 1
        case .partial: 2
        case .refused: 3
        case .contradicted: 4
        case .failed: 5
        }
    }
}
