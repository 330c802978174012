import BackupPages
package import ReconcileCore

/// The data that pages show about a backup, now or as of a moment.
///
/// The overview is valid for a minute. It is read in the background, because it takes a walk over all records.
/// Everything else is read on request: a package's records and the lists of reports are valid for ten seconds; single
/// records and reports never change. As of a moment, nothing changes. Memory is bounded whatever is requested. Every
/// call throws `RemoteFailure` or `CancellationError`.
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
    ///   - cacheLimit: the approximate size in bytes of each cache.
    ///   - indexLimit: the size in bytes of the search index; in a backup too large for it, some versions are not found
    ///     by hash.
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

    /// Whether the last attempt to read the store failed.
    var isBehind: Bool { freshness.isBehind }

    /// How many folders of records the store did not show in the last walk; 0 before the first walk.
    var foldersNotShown: Int { overviews.kept(for: "")?.value.status.hidden.count ?? 0 }

    /// The time that pages describe.
    var now: Timestamp { asOf ?? clock.timestamp }

    var moment: Timestamp? { asOf }

    // MARK: Packages

    /// The number of versions from which a package's records need more than one list request.
    private static let manyVersions = 1_001

    /// Whether a package has so many versions that its page shows those of the last walk instead of listing them.
    func isLarge(_ package: PackageCoordinates) -> Bool {
        let prefix = backup.layout.manifestsPrefix(of: package)
        return known.ask { !$0.lacksKeys && $0.versions(under: prefix) >= Self.manyVersions }
    }

    /// Returns the versions of a package, the newest in Maven's order first; empty if nothing is recorded. Costs one
    /// list request, or none for a large package.
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

    /// Returns the records of one version, listing only that version.
    private func history(of version: VersionCoordinates) async throws -> VersionHistory? {
        let prefix = backup.layout.manifestsPrefix(of: version)
        return try await histories.value(for: prefix) {
            try await backup.catalog.histories(under: [prefix]) { _ in true }.compactMap(then)
        }.first
    }

    /// Returns the records that count at the page's moment; nil if none does.
    private func then(_ history: VersionHistory) -> VersionHistory? {
        guard let asOf else { return history }
        return VersionHistory(history.records.filter { $0.recordedAt <= asOf && history.counts($0) })
    }

    /// The maximum number of records read for a version's history, the newest ones.
    private static let longestHistory = 100

    /// Returns a version and its newest history entries, the oldest of them first; nil if nothing is recorded.
    func version(
        _ version: VersionCoordinates
    ) async throws -> (kept: BackupReview.KeptVersion, entries: [HistoryEntry])? {
        guard let history = try await history(of: version) else { return nil }
        // One more than is shown, to determine what the first one changed.
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

    /// Reads the manifests of records, in order. A manifest that cannot be relied on yields a failure as its result.
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

    /// Returns the reports of runs, verifications or drills, the newest first.
    func entries(of command: StoredReports.Command) async throws -> [StoredReports.Entry] {
        try await lists.value(for: command) {
            try await StoredReports(of: backup).entries(of: [command], asOf: asOf, stop: StopSignal())
        }
    }

    /// Reads reports, in order.
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

    /// The number of objects read concurrently for one page.
    private static let width = 16

    /// Calls `get` for each element, several at a time, and returns the results in order.
    static func each<Element: Sendable, Value: Sendable>(
        _ elements: [Element],
        _ get: @escaping @Sendable (Element) async throws -> Value
    ) async throws -> [Value] {
        let (values, failure) = await sideBySide(elements, width: width, get)
        if let failure { throw failure }
        return values
    }
}
