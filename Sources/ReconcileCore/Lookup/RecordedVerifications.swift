/// The newest recorded verification of a backup, and the newest one with faults that no later one has shown to be gone.
package struct RecordedVerifications: Hashable, Sendable {
    /// Nil if none is recorded, or if the newest cannot be read.
    package private(set) var newest: VerifyReport?
    /// The newest one that found faults, unless a later one found none and would have seen these.
    package private(set) var faulty: VerifyReport?
    /// The failure of the newest one if it cannot be read.
    package private(set) var failure: RemoteFailure?

    /// The maximum number of reports to read; a scheduled verification stores one per day.
    private static let maximumReads = 64
    /// The number of reports to read concurrently.
    private static let width = 8

    package init() {}

    /// - Parameter reports: newest first.
    package init(_ reports: some Sequence<VerifyReport>) {
        var sound: [VerifyReport] = []
        for report in reports {
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
        var found: [VerifyReport] = []
        var failure: RemoteFailure?
        var rest = entries.prefix(maximumReads).map(\.self)
        while !rest.isEmpty, found.last?.provesEverything != true {
            // First the newest alone: often that is enough.
            let batch = Array(rest.prefix(found.isEmpty && failure == nil ? 1 : width))
            rest.removeFirst(batch.count)
            let (read, problem) = await sideBySide(batch, width: width, until: stop) { try await reports.result($0) }
            if let problem { throw problem }
            guard read.count == batch.count else { throw CancellationError() }
            for (entry, result) in zip(batch, read) {
                switch result {
                case .success(.verification(let report)): found.append(report)
                case .success: break
                case .failure(let one): if entry == entries.first { failure = one }
                }
                if found.last?.provesEverything == true { break }
            }
        }
        var verifications = RecordedVerifications(found)
        if let failure {
            verifications.newest = nil
            verifications.failure = failure
        }
        return verifications
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
