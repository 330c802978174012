/// The counts of a run as they grow, and what decides whether it goes on.
struct RunTally: Sendable {
    var report: RunReport
    var progress = RunProgress()
    /// The failure that ended the run, where one did.
    var fatal: ItemFailure?
    /// The run's task was cancelled.
    var interrupted = false
    /// Work was left because the run was stopped.
    var leftOver = false
    /// What the deletion guard held back, a sentence each.
    var refusals: [String] = []
    /// What of the selection was found.
    var coverage: SelectionCoverage
    /// Failures that are about no single version: a listing, a document.
    private(set) var generalFailures = 0
    /// What failed, also beyond the failures that the report has room for.
    private(set) var failedOperations: Set<ServiceOperation> = []
    /// The oldest publication time of a version that is still unprotected, seconds since 1970.
    private(set) var oldestUnprotected: Double?

    init(report: RunReport, of selection: Selection) {
        self.report = report
        coverage = SelectionCoverage(of: selection)
    }

    /// Warns of each pattern that matched nothing.
    ///
    /// - Throws: `absent` where the selection covers nothing of what was listed, and that is not said to be right.
    mutating func requireCoverage(listing place: String, at location: String, _ observe: (RunEvent) -> Void) throws {
        if let failure = coverage.failure(listing: place, at: location) { throw failure }
        for warning in coverage.unmatched { warn(warning, observe) }
    }

    /// Something to know that leaves nothing unprotected.
    mutating func warn(_ warning: String, _ observe: (RunEvent) -> Void) {
        if report.warnings.count < RunReport.maximumFailures { report.warnings.append(warning) }
        observe(.warning(warning))
    }

    mutating func absorb(_ outcome: CopyOutcome, of version: VersionCoordinates, _ observe: (RunEvent) -> Void) {
        progress.settled += 1
        switch outcome {
        case .committed(let summary):
            report.versions.copied += 1
            report.assets.copied += summary.copied
            report.assets.adopted += summary.adopted
            report.bytes.copied += summary.bytes
            progress.bytesCopied += summary.bytes
            observe(.committed(summary))
        case .skipped(let reason):
            report.versions.skipped += 1
            observe(.skipped(version, reason: reason))
        case .failed(let failures):
            report.versions.failed += 1
            progress.failed += 1
            if let published = failures.publishedTime {
                oldestUnprotected = min(published, oldestUnprotected ?? published)
            }
            for failure in failures.failures {
                if failure.place.asset != nil { report.assets.failed += 1 }
                list(failure, observe)
            }
        case .interrupted:
            interrupted = true
            leftOver = true
        }
    }

    /// A failure about no single version, or about one that was not begun.
    mutating func fail(_ failure: ItemFailure, _ observe: (RunEvent) -> Void, version: VersionCoordinates? = nil) {
        var failure = failure
        if let version {
            failure.place = Place(version.package, version: version.version)
            report.versions.failed += 1
            progress.settled += 1
            progress.failed += 1
        } else {
            generalFailures += 1
        }
        list(failure, observe)
    }

    private mutating func list(_ failure: ItemFailure, _ observe: (RunEvent) -> Void) {
        failedOperations.insert(failure.operation)
        if failure.endsRun, fatal == nil { fatal = failure }
        if report.failures.count < RunReport.maximumFailures { report.failures.append(RunReport.Failure(failure)) }
        observe(.failed(failure))
    }
}
