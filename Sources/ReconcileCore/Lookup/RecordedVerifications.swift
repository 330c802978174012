/// What recorded verifications say of a backup: the newest of them, and the faults that none since has shown to be gone.
package struct RecordedVerifications: Hashable, Sendable {
    /// Nil if none is recorded, or the newest cannot be read.
    package private(set) var newest: VerifyReport?
    /// The newest one that found faults, unless a later one was sound and would have seen them.
    package private(set) var faulty: VerifyReport?
    /// Of the newest one, if it cannot be read.
    package private(set) var failure: RemoteFailure?

    /// Reports that are read at most; a scheduled verification leaves one a day.
    private static let maximumReads = 64
    /// Reports that are read at once.
    private static let width = 8

    package init() {}

    /// - Parameter reports: the newest first.
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

    /// Reads the newest reports, no further back than to one that found everything sound: a GET for each.
    ///
    /// - Parameter entries: of verifications, the newest first.
    /// - Throws: what keeps the store from reading; `CancellationError` when it is stopped.
    static func read(
        _ entries: some Collection<StoredReports.Entry>,
        of reports: StoredReports,
        _ stop: StopSignal
    ) async throws -> RecordedVerifications {
        var found: [VerifyReport] = []
        var failure: RemoteFailure?
        var rest = entries.prefix(maximumReads).map(\.self)
        while !rest.isEmpty, found.last?.provesEverything != true {
            // The newest alone: it often says it all.
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
    /// Whether it read every byte of the backup, compared the records with the domain, and found nothing wrong: nothing
    /// that was found before it still holds.
    fileprivate var provesEverything: Bool {
        outcome == .sound && isWhole && sample == ObjectSample.all.description && depth == .bytes
            && looked.comparedWithDomain != nil
    }

    private var isWhole: Bool {
        (scope ?? RunReport.Scope(Selection())) == RunReport.Scope(Selection()) && shard == Shard.whole.description
    }

    /// Whether it was to look at all in which an earlier one found faults, as closely: a sample of the bytes says nothing
    /// of a file that another sample found wrong.
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
