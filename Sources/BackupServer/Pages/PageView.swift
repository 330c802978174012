import BackupPages
package import ReconcileCore

/// What pages show of a backup, now or as of a moment.
///
/// How the backup stands counts for a minute, and is read in the background, since that takes a walk over all records.
/// The rest is read when it is asked for: of a package, and of which reports there are, it counts for ten seconds; records
/// and reports never change. As of a moment nothing does. Memory is bounded whatever is asked for. Each call throws
/// `RemoteFailure`, or `CancellationError`.
package struct PageView: Sendable {
    let backup: Backup
    let asOf: Timestamp?
    let clock: any RunClock
    let overviews: BoundedCache<String, Overview>
    private let packages: BoundedCache<ObjectKey, [PackagePage.Row]>
    private let histories: BoundedCache<ObjectKey, [VersionHistory]>
    private let manifests: BoundedCache<ObjectKey, Manifest>
    private let lists: BoundedCache<StoredReports.Command, [StoredReports.Entry]>
    private let contents: BoundedCache<ObjectKey, StoredReports.Content>
    private let freshness = Freshness()
    let known: KnownRecords
    let reading = Monitor(BackgroundReading())

    /// - Parameters:
    ///   - asOf: the moment, in the past; nil for now.
    ///   - cacheLimit: approximate bytes, for each kind of thing that is cached.
    ///   - indexLimit: bytes of what is known of records for searches; of a larger backup, some versions are not found by
    ///     hashes.
    package init(
        of backup: Backup,
        asOf: Timestamp? = nil,
        clock: any RunClock,
        cacheLimit: Int = 8 << 20,
        indexLimit: Int = 32 << 20
    ) {
        self.backup = backup
        known = KnownRecords(limit: indexLimit)
        self.asOf = asOf
        self.clock = clock
        func time(_ duration: Duration) -> Duration? { asOf == nil ? duration : nil }
        overviews = BoundedCache(limit: 2, timeToLive: time(.seconds(60)), clock: clock, freshness: freshness) { _ in 1
        }
        packages = BoundedCache(
            limit: cacheLimit,
            timeToLive: time(.seconds(10)),
            clock: clock,
            freshness: freshness,
            patience: .seconds(3)
        ) {
            500 + $0.count * 500
        }
        histories = BoundedCache(
            limit: cacheLimit,
            timeToLive: time(.seconds(10)),
            clock: clock,
            freshness: freshness,
            patience: .seconds(3)
        ) { histories in
            500 + histories.reduce(0) { $0 + 200 + $1.records.count * 300 }
        }
        manifests = BoundedCache(limit: cacheLimit, timeToLive: nil, clock: clock) { manifest in
            1_000 + manifest.assets.reduce(0) { $0 + 700 + $1.key.value.utf8.count }
        }
        lists = BoundedCache(
            limit: cacheLimit,
            timeToLive: time(.seconds(10)),
            clock: clock,
            freshness: freshness,
            patience: .seconds(3)
        ) {
            500 + $0.count * 300
        }
        contents = BoundedCache(limit: cacheLimit, timeToLive: nil, clock: clock) { content in
            switch content {
            case .run(let report): 4_000 + (report.failures.count + report.warnings.count) * 800
            case .verification(let report): 4_000 + (report.findings.count + report.notes.count) * 800
            case .drill(let report): 4_000 + (report.findings.count + report.returned.count) * 800
            }
        }
    }

    /// Whether the store could not be read when it last was to be.
    var isBehind: Bool { freshness.isBehind }

    /// How many folders of records the store refused to show in the last walk; 0 before the first one.
    var foldersNotShown: Int { overviews.kept(for: "")?.value.status.hidden.count ?? 0 }

    /// The time that pages are of.
    var now: Timestamp { asOf ?? clock.timestamp }

    var moment: Timestamp? { asOf }

    // MARK: Packages

    /// Versions of a package whose records take more than one list, at least.
    private static let manyVersions = 1_001

    /// Whether a package has so many versions that they are not listed for a page: it is given those of the walk.
    func isLarge(_ package: PackageCoordinates) -> Bool {
        let prefix = backup.layout.manifestsPrefix(of: package)
        return known.ask { !$0.lacksKeys && $0.versions(under: prefix) >= Self.manyVersions }
    }

    /// The versions of a package, the newest in Maven's order first; empty where nothing is recorded. One list, and none for
    /// a package that is large.
    func versions(of package: PackageCoordinates) async throws -> [PackagePage.Row] {
        let prefix = backup.layout.manifestsPrefix(of: package)
        return try await packages.value(for: prefix) {
            let rows =
                isLarge(package)
                ? known.ask { $0.records(under: prefix, in: backup.layout) }.map(PackagePage.Row.init)
                : try await backup.catalog.history(of: package).versions.compactMap(then).map(PackagePage.Row.init)
            return rows.map { (MavenVersion($0.newest.coordinates.version), $0) }.sorted { $0.0 > $1.0 }.map(\.1)
        }
    }

    /// The records of one version, of which alone the list is asked for.
    private func history(of version: VersionCoordinates) async throws -> VersionHistory? {
        let prefix = backup.layout.manifestsPrefix(of: version)
        return try await histories.value(for: prefix) {
            try await backup.catalog.histories(under: [prefix]) { _ in true }.compactMap(then)
        }.first
    }

    /// What counts of a history at the moment that pages are of; nil for nothing.
    private func then(_ history: VersionHistory) -> VersionHistory? {
        guard let asOf else { return history }
        return VersionHistory(history.records.filter { $0.recordedAt <= asOf && history.counts($0) })
    }

    /// Records of one version that are read for its history, the newest.
    private static let longestHistory = 100

    /// A version and what its newest records changed, the oldest of them first; nil where nothing is recorded.
    func version(
        _ version: VersionCoordinates
    ) async throws -> (kept: BackupReview.KeptVersion, entries: [HistoryEntry])? {
        guard let history = try await history(of: version) else { return nil }
        // One more than is shown, to say what the first of them changed.
        let records = Array(history.records.suffix(Self.longestHistory + 1))
        let readings = Array(zip(records, try await read(records)))
        var failures: [RemoteFailure] = []
        var newest: Manifest?
        for (_, reading) in readings.reversed() {
            switch reading {
            case .success(let manifest): newest = manifest
            case .failure(let failure): failures.append(failure)
            }
            if newest != nil { break }
        }
        let entries = HistoryEntry.list(readings.map { (record: $0.0, manifest: $0.1) })
        let manifest: Result<Manifest, RemoteFailure>
        if let newest {
            manifest = .success(newest)
        } else if let first = failures.first {
            manifest = .failure(first)
        } else {
            return nil
        }
        return (
            BackupReview.KeptVersion(history: history, manifest: manifest, failures: failures),
            Array(entries.suffix(Self.longestHistory))
        )
    }

    /// What reading each record's manifest gave, in order; a manifest that cannot be relied on is a value.
    func read(_ records: [ManifestRecord]) async throws -> [Result<Manifest, RemoteFailure>] {
        try await Self.each(records) { record in
            do {
                return .success(try await manifest(of: record))
            } catch let failure as RemoteFailure where failure.isOfOneObject || failure.kind == .untrusted {
                return .failure(failure)
            }
        }
    }

    private func manifest(of record: ManifestRecord) async throws -> Manifest {
        try await manifests.value(for: backup.layout.key(of: record)) { try await backup.catalog.manifest(of: record) }
    }

    // MARK: Reports

    /// The reports of runs, of verifications or of drills, the newest first.
    func entries(of command: StoredReports.Command) async throws -> [StoredReports.Entry] {
        try await lists.value(for: command) {
            try await StoredReports(of: backup).entries(of: [command], asOf: asOf, stop: StopSignal())
        }
    }

    /// What reading each report gave, in order.
    func reports(
        _ entries: some Collection<StoredReports.Entry> & Sendable
    ) async throws -> [ReportsPage.Row] {
        try await Self.each(Array(entries)) { entry in
            do {
                let content = try await contents.value(for: entry.key) {
                    try await StoredReports(of: backup).read(entry)
                }
                return (entry, .success(content))
            } catch let failure as RemoteFailure where failure.isOfOneObject {
                return (entry, .failure(failure))
            }
        }
    }

    /// Things read at once for one page.
    private static let width = 16

    /// Calls `get` with each element, several at a time, and gives the results in order.
    static func each<Element: Sendable, Value: Sendable>(
        _ elements: [Element],
        _ get: @escaping @Sendable (Element) async throws -> Value
    ) async throws -> [Value] {
        let (values, failure) = await sideBySide(elements, width: width, get)
        if let failure { throw failure }
        return values
    }
}
