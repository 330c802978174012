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
    /// What the listing of the manifests showed before anything was written; nil if they were not listed.
    var before: RecordCount?
    /// What was written since.
    var committed = CommittedRecords()
    /// Versions that count as failed after they were committed: the store lost something of them.
    private var lost: Set<Place> = []
    /// What was recorded as deleted.
    private(set) var deletions: [VersionCoordinates] = []
    private(set) var disposals: [VersionCoordinates] = []
    /// The first few versions that count as unavailable, and those that count as left because no file of them is listed.
    private var unavailable = FirstVersions()
    private var empty = FirstVersions()
    /// Versions in sync of which earlier runs recorded nothing but that they are withdrawn.
    private var onlyWithdrawn = FirstVersions()
    /// Files that were taken over by their ETag alone.
    private var adoptedByETag = 0
    /// Whether something could not be signed for the time being.
    private(set) var isUnsigned = false
    /// Failures that are about no single version: a listing, a document.
    private(set) var generalFailures = 0
    /// How often each kind of failure was listed, and of which operations.
    private var alikes: [Alike: (count: Int, operations: Set<ServiceOperation>)] = [:]
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

    /// The selection names what neither the domain nor the backup has. Of an empty domain that is no wrong name.
    mutating func noteNothingSelected() {
        if report.scope != RunReport.Scope(Selection()) { report.selectsNothing = true }
    }

    /// Something to know that is no failure; the same is said once.
    mutating func warn(_ warning: String, _ observe: (RunEvent) -> Void) {
        guard !report.warnings.contains(warning) else { return }
        if report.warnings.count < RunReport.maximumFailures { report.warnings.append(warning) }
        observe(.warning(warning))
    }

    /// What a listing of manifests shows, counted.
    struct RecordCount: Hashable, Sendable {
        /// Selected versions that have a record.
        var recorded: RunReport.Recorded
        /// Records, selected or not.
        var records: Int
    }

    /// Remembers what a copy has written.
    mutating func remember(_ outcome: CopyOutcome, isNew: Bool) {
        guard case .committed(let summary) = outcome else { return }
        committed.insert(summary.manifest.record, isNew: isNew, size: summary.recordSize)
    }

    mutating func absorb(_ outcome: CopyOutcome, of version: VersionCoordinates, _ observe: (RunEvent) -> Void) {
        if case .interrupted = outcome {} else { progress.settled += 1 }
        switch outcome {
        case .committed(let summary):
            if summary.manifest.status == .deleted {
                report.versions.deleted += 1
                deletions.append(summary.manifest.coordinates)
            } else {
                report.versions.copied += 1
                if summary.manifest.status == .disposed { disposals.append(summary.manifest.coordinates) }
            }
            report.assets.copied += summary.copied
            report.assets.adopted += summary.adopted
            adoptedByETag += summary.adoptedByETag
            report.bytes.copied = report.bytes.copied.adding(saturating: summary.bytes)
            progress.bytesCopied = progress.bytesCopied.adding(saturating: summary.bytes)
            observe(.committed(summary))
            if let uncarried = summary.uncarried { fail(uncarried, observe) }
            noteAbsentFiles(of: summary)
            if !summary.mutations.isEmpty {
                report.versions.mutated += 1
                let (version, ending) = (summary.manifest.coordinates, summary.mutationEnding.words)
                warn("\(version) has \(Mutation.words(summary.mutations)); \(ending)", observe)
            }
            for warning in summary.warnings { warn(warning, observe) }
            for failure in summary.lost { lose(failure, observe) }
        case .skipped(let reason):
            report.versions.skipped += 1
            observe(.skipped(version, reason: reason))
        case .empty:
            report.versions.left += 1
            empty.add(version)
        case .left:
            report.versions.left += 1
            warn("\(version) changed twice while it was copied; it is left to the next run", observe)
        case .unrecorded(let failure):
            report.versions.unrecorded += 1
            leaveUnsigned(failure, observe)
        case .failed(let failures):
            report.versions.failed += 1
            if failures.isMutated { report.versions.mutated += 1 }
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

    /// Something is not recorded, since it cannot be signed now; what failed is said once.
    mutating func leaveUnsigned(_ failure: RemoteFailure, _ observe: (RunEvent) -> Void) {
        guard !isUnsigned else { return }
        isUnsigned = true
        warn(
            "records cannot be signed now, so files are stored and versions are not recorded; the next run records them "
                + "without a download. \(failure.message)",
            observe
        )
    }

    private mutating func noteAbsentFiles(of summary: CopySummary) {
        if summary.isUnavailable {
            report.versions.unavailable += 1
            unavailable.add(summary.manifest.coordinates)
        }
    }

    /// A version is in sync, and was only ever recorded as Archived or Disposed.
    mutating func noteOnlyWithdrawn(_ version: VersionCoordinates) { onlyWithdrawn.add(version) }

    /// Warns of the versions that have no file, and of files whose bytes nobody has proved.
    mutating func warnOfAbsentFiles(_ observe: (RunEvent) -> Void) {
        if adoptedByETag > 0 {
            warn(
                "\(Quantity.count(adoptedByETag, "file")) adopted by ETag alone. An ETag is an MD5 and does not prove the "
                    + "bytes; verify --depth checksums does, and --adopt-by sha256 makes runs do so",
                observe
            )
        }
        if let names = unavailable.names {
            warn("\(names): \(Manifest.unavailableAdvice)", observe)
        }
        if let names = onlyWithdrawn.names { warn("\(names): \(Manifest.onlyWithdrawnAdvice)", observe) }
        if let names = empty.names {
            warn(
                "\(names): not protected, because the source lists no files; the next run asks again. If it never has any, "
                    + "delete the version in the domain or leave it out with --exclude",
                observe
            )
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

    /// Parts of the backup that are not shown: what is selected may be in them.
    mutating func fail(hidden failures: [ItemFailure], _ observe: (RunEvent) -> Void) {
        if !failures.isEmpty { coverage.noteHidden() }
        for failure in failures { fail(failure, observe) }
    }

    /// A version that counts as committed and of which the store has lost something: it is not protected.
    mutating func lose(_ failure: ItemFailure, _ observe: (RunEvent) -> Void) {
        if lost.insert(failure.place).inserted {
            if deletions.contains(where: { Place($0.package, version: $0.version) == failure.place }) {
                report.versions.deleted -= 1
            } else {
                report.versions.copied -= 1
            }
            report.versions.failed += 1
            progress.failed += 1
        }
        list(failure, observe)
    }

    private mutating func list(_ failure: ItemFailure, _ observe: (RunEvent) -> Void) {
        let isFatal = failure.endsRun && fatal == nil
        if isFatal { fatal = failure }
        if report.failures.count < RunReport.maximumFailures { report.failures.append(RunReport.Failure(failure)) }
        let alike = Alike(failure)
        alikes[alike, default: (0, [])].count += 1
        alikes[alike]?.operations.insert(failure.operation)
        let isNew = isFatal || alikes[alike]?.count ?? 0 <= alike.observed
        observe(isNew ? .failed(failure) : .failedAlike(failure))
    }

    /// Failures that probably have one cause; only the first few are logged.
    private struct Alike: Hashable {
        let kind: RemoteFailure.Kind
        let cause: Cause

        enum Cause: Hashable {
            /// The same rights were refused, to whichever operation needs them.
            case rights([IAMRight])
            /// A service did not do what it should; it is behind one host, or few.
            case service(String)
            case operation(ServiceOperation)
        }

        init(_ failure: ItemFailure) {
            kind = failure.kind
            cause =
                switch failure.kind {
                case .denied where !failure.operation.rights.isEmpty: .rights(failure.operation.rights)
                case .unavailable where failure.operation.kind != .work: .service(failure.operation.service)
                default: .operation(failure.operation)
                }
        }

        /// How many of them are observed, one by one. What ends the work because of them is one more.
        var observed: Int {
            switch kind {
            case .credentials, .forbidden, .unreachable: 0
            case .denied, .unavailable: 2
            default: 3
            }
        }
    }

    /// What failed, also beyond the failures that the report has room for.
    var failedOperations: Set<ServiceOperation> { alikes.values.reduce(into: []) { $0.formUnion($1.operations) } }
    var failedKinds: Set<RemoteFailure.Kind> { Set(alikes.keys.map(\.kind)) }

    /// A sentence for each kind of failure of which some were not observed; what ends the work is observed once, and alike
    /// ones add nothing.
    var unobserved: [String] {
        alikes.compactMap { alike, listed in
            guard alike.observed > 0, listed.count > alike.observed else { return nil }
            let count = listed.count - alike.observed
            let operations = listed.operations.map(\.description).sorted().joined(separator: " and ")
            return "\(count) more \(count == 1 ? "failure" : "failures") of \(operations) (\(alike.kind.rawValue)), "
                + "listed in the report"
        }
        .sorted()
    }
}
