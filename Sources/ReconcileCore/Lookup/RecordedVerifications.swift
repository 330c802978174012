/// The newest recorded verification of a backup, and the newest one with faults that no later one has shown to be gone.
///
/// Under a trust file, a report that is not signed, or does not pass, counts for the faults that it names and for nothing
/// else: whoever may store reports could otherwise end an alarm.
package struct RecordedVerifications: Hashable, Sendable {
    /// A report, and whether it passes the trust file; without one, each does.
    package typealias Recorded = (report: VerifyReport, isProved: Bool)

    /// Nil if none is recorded that counts, or if the newest cannot be read.
    package private(set) var newest: VerifyReport?
    /// The newest one that found faults, unless a later one found none and would have seen these.
    package private(set) var faulty: VerifyReport?
    /// The newest one that does not count, if it is later than all that do.
    package private(set) var unproved: VerifyReport?
    /// The failure of the newest one if it cannot be read; or that so many lie before the others that count for nothing that
    /// faults may be behind them.
    package private(set) var failure: RemoteFailure?

    /// The maximum number of reports to read that count; a scheduled verification stores one per day.
    private static let maximumReads = 64
    /// The maximum number of reports to read in all.
    private static let maximumTries = 1_000
    /// The number of reports to read concurrently.
    private static let width = 8

    package init() {}

    /// - Parameter reports: newest first; each counts.
    package init(_ reports: some Sequence<VerifyReport>) {
        self.init(reports.map { (report: $0, isProved: true) })
    }

    /// - Parameter reports: newest first.
    package init(_ reports: some Sequence<Recorded>) {
        var sound: [VerifyReport] = []
        for (report, isProved) in reports {
            guard isProved || report.outcome == .faulty else {
                if newest == nil, unproved == nil { unproved = report }
                continue
            }
            newest = newest ?? report
            if report.outcome == .sound { sound.append(report) }
            if report.outcome == .faulty, !sound.contains(where: { $0.showsGone(report) }) {
                faulty = report
                return
            }
        }
    }

    /// Reads the newest reports, back to the first that found everything intact, with a GET for each.
    ///
    /// - Parameter entries: of verifications, newest first.
    /// - Throws: a failure of the store as a whole; `CancellationError` if stopped.
    static func read(
        _ entries: some Collection<StoredReports.Entry>,
        of reports: StoredReports,
        _ stop: StopSignal
    ) async throws -> RecordedVerifications {
        var found: [Recorded] = []
        var failure: RemoteFailure?
        var rest = Array(entries.prefix(maximumTries))
        func isEnough() -> Bool {
            found.last.map { $0.isProved && $0.report.provesEverything } ?? false
                || found.count { $0.isProved } >= maximumReads
        }
        while !rest.isEmpty, !isEnough() {
            // First the newest alone: often that is enough.
            let batch = Array(rest.prefix(found.isEmpty && failure == nil ? 1 : width))
            rest.removeFirst(batch.count)
            let (read, problem) = await sideBySide(batch, width: width, until: stop) {
                try await reports.provedResult($0)
            }
            if let problem { throw problem }
            guard read.count == batch.count else { throw CancellationError() }
            for (entry, result) in zip(batch, read) {
                switch result {
                case .success((.verification(let report), let isProved)): found.append((report, isProved))
                case .success: break
                case .failure(let one): if entry == entries.first { failure = one }
                }
                if isEnough() { break }
            }
        }
        var verifications = RecordedVerifications(found)
        if failure != nil { verifications.newest = nil }
        let isBuried = !isEnough() && entries.count > maximumTries
        if isBuried, let newest = entries.first { failure = failure ?? burial(under: newest.key) }
        verifications.failure = failure
        return verifications
    }

    private static func burial(under newest: ObjectKey) -> RemoteFailure {
        RemoteFailure(
            .invalid,
            operation: .report,
            target: newest.value,
            message: "most of the \(maximumTries) newest reports of verifications are not signed or cannot be read, "
                + "and what earlier ones found was not read. Record a signed one that compares every byte with the "
                + "domain (verify --record --signing-key KEY --depth bytes --against-domain); if nobody here stored "
                + "those, find out who did"
        )
    }
}

extension VerifyReport {
    /// Whether it read every byte of the backup, compared the records with the domain, and found no fault, so that no
    /// earlier finding can still be true.
    fileprivate var provesEverything: Bool {
        outcome == .sound && isWhole && sample == ObjectSample.all.description && depth == .bytes
            && looked.comparedWithDomain != nil
    }

    private var isWhole: Bool {
        (scope ?? RunReport.Scope(Selection())) == RunReport.Scope(Selection()) && shard == Shard.whole.description
    }

    /// Whether it checked everything in which an earlier one found faults, at least as thoroughly. A sample of the
    /// bytes says nothing about a file that another sample found to be wrong.
    fileprivate func showsGone(_ earlier: VerifyReport) -> Bool {
        guard isWhole || (scope == earlier.scope && shard == earlier.shard) else { return false }
        func found(_ kinds: BackupFault.Kind...) -> Bool {
            kinds.contains { earlier.faults[$0.rawValue, default: 0] > 0 }
        }
        if found(.contradictedRecord), looked.comparedWithDomain == nil { return false }
        guard found(.wrongBytes, .unreadableObject) else { return depth >= min(earlier.depth, .objects) }
        return depth >= earlier.depth && (sample == ObjectSample.all.description || sample == earlier.sample)
    }
}
