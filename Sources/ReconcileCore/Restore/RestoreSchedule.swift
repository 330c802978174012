/// The packages of a repository, handed out one after another, and what became of them.
struct RestoreSchedule: WorkSchedule {
    /// What became of a package.
    struct Outcome: Sendable {
        let package: PackageCoordinates
        var versions: [RestoredVersion] = []
        /// Every version that is recorded of it.
        var recorded: [VersionCoordinates] = []
        /// Selected versions that were deleted or disposed of and stay so.
        var withheld: [ManifestRecord] = []
        /// The records that say that selected versions are gone, if they are restored all the same.
        var revived: [ManifestRecord] = []
        /// How often the package's origin controls were set, or would be.
        var controlsSet = 0
        var warnings: [String] = []
        /// Records that do not pass the reader, so that older ones were used, or none; and one that
        /// opens the package to upstream repositories if that is not allowed.
        var untrusted: [ItemFailure] = []
        /// Publishing should be blocked again but is not, because other versions of the package are
        /// not restored yet.
        var staysOpen = false
        /// Part of it failed, so a later pass must not block publishing.
        var isUnfinished = false
        /// What ended it, where something did.
        var failure: ItemFailure?
        /// Versions were left because the restore was stopped.
        var isLeft = false

        init(package: PackageCoordinates) {
            self.package = package
        }
    }

    private(set) var tally: RunTally
    private(set) var findings: RestoreFindings
    /// The Maven plugins that were restored, by group.
    private(set) var plugins: [ExactText: RestoredPlugins] = [:]
    /// Packages of which part failed.
    private(set) var unfinished: Set<PackageCoordinates> = []
    private let namesVersions: Bool
    private let countsPackages: Bool
    private var waiting: [PackageCoordinates]
    private let stop: StopSignal
    private let observe: @Sendable (RunEvent) -> Void

    /// - Parameters:
    ///   - namesVersions: whether the versions to restore are listed by name.
    ///   - countsPackages: whether packages count as done, since no pass comes after this one.
    init(
        packages: [PackageCoordinates],
        tally: RunTally,
        findings: RestoreFindings,
        namesVersions: Bool,
        countsPackages: Bool = true,
        in context: RunContext<RunEvent>
    ) {
        waiting = packages.reversed()
        self.tally = tally
        self.findings = findings
        self.namesVersions = namesVersions
        self.countsPackages = countsPackages
        stop = context.stop
        observe = context.observe
    }

    mutating func next() -> PackageCoordinates? {
        guard !waiting.isEmpty, tally.fatal == nil, !tally.interrupted else { return nil }
        if stop.reason != nil {
            tally.leftOver = true
            return nil
        }
        return waiting.removeLast()
    }

    mutating func absorb(_ outcome: Outcome) {
        if outcome.isLeft { (tally.leftOver, tally.interrupted) = (true, true) }
        for failure in outcome.untrusted { tally.fail(failure, observe) }
        if let failure = outcome.failure { tally.fail(failure, observe) }
        findings.writes.controls += outcome.controlsSet
        warn(outcome.warnings)
        for version in outcome.recorded { tally.coverage.see(version) }
        for record in outcome.withheld { findings.withheld.add(record) }
        for version in outcome.versions { absorb(version, gone: outcome.revived) }
        if outcome.staysOpen { findings.leftOpen.add(outcome.package) }
        if outcome.isUnfinished || outcome.failure != nil { unfinished.insert(outcome.package) }
        if countsPackages { tally.progress.packagesDone += 1 }
        observe(.progress(tally.progress))
    }

    private mutating func warn(_ warnings: [String]) {
        for warning in warnings { tally.warn(warning, observe) }
    }

    private mutating func absorb(_ restored: RestoredVersion, gone: [ManifestRecord]) {
        findings.writes = findings.writes + restored.writes
        if restored.isBehind { findings.behind.add(restored.recordedAt) }
        if namesVersions, restored.state == .missing || restored.state == .stale {
            let version = ExactText(restored.version.version)
            findings.planned.append(
                PlannedVersion(
                    version: restored.version,
                    isMissing: restored.state == .missing,
                    status: restored.status,
                    gone: gone.first { ExactText($0.coordinates.version) == version }
                )
            )
        }
        tally.report.versions.listed += 1
        tally.progress.versionsListed += 1
        warn(restored.warnings)
        if let given = restored.given, restored.state != .inSync { warn([given]) }
        for failure in restored.untrusted { tally.fail(failure, observe) }
        switch restored.state {
        case .inSync: tally.report.versions.inSync += 1
        case .missing: tally.report.versions.missing += 1
        case .stale: tally.report.versions.stale += 1
        case .unknown: break
        }
        guard let outcome = restored.outcome else { return }
        tally.progress.drifted += 1
        if case .committed(let summary) = outcome, summary.manifest.status == .published,
            let plugin = summary.manifest.documents.plugin
        {
            let package = restored.version.package
            plugins[ExactText(package.namespace), default: RestoredPlugins()]
                .add(plugin, of: package.name, recordedAt: restored.recordedAt)
        }
        tally.absorb(outcome, of: restored.version, observe)
    }
}

/// What became of one version.
struct RestoredVersion: Sendable {
    enum State: Sendable {
        /// The domain has it as it is recorded.
        case inSync
        /// The domain does not have it.
        case missing
        /// The domain has it in another state.
        case stale
        /// Something failed before the comparison.
        case unknown
    }

    let version: VersionCoordinates
    /// When the state that is restored was recorded.
    let recordedAt: Timestamp
    /// That of the state that is restored.
    let status: VersionStatus
    var state = State.unknown
    /// Nil where nothing was to be done, or nothing is written.
    var outcome: CopyOutcome?

    var isFailed: Bool {
        if case .failed = outcome { true } else { false }
    }

    /// Whether the domain lacks it now, or has it in another state than the recorded one.
    var isBehind: Bool {
        if case .committed = outcome { return false }
        return isFailed || state != .inSync
    }

    var writes = RestoreWrites()
    var warnings: [String] = []
    /// Which of several bytes under one name are meant.
    var given: String?
    /// Records that do not pass the reader, so that an older one was used.
    var untrusted: [ItemFailure] = []

    /// - Parameter record: of the state that is restored.
    init(version: VersionCoordinates, from record: ManifestRecord) {
        self.version = version
        (recordedAt, status) = (record.recordedAt, record.status)
    }
}
