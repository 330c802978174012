import BackupPages
package import ReconcileCore
import Synchronization

/// What pages show of a backup, now or as of a moment, read when it is asked for.
///
/// How the backup stands counts for a minute, since that takes a walk over all records; what is read of a package, and
/// which reports there are, counts for ten seconds; records and reports never change. As of a moment nothing does.
/// Memory is bounded whatever is asked for. Each call throws `RemoteFailure`, or `CancellationError`.
package struct PageView: Sendable {
    private let backup: Backup
    private let asOf: Timestamp?
    private let clock: any RunClock
    private let overviews: BoundedCache<String, Overview>
    private let packages: BoundedCache<ObjectKey, [VersionHistory]>
    private let manifests: BoundedCache<ObjectKey, Manifest>
    private let lists: BoundedCache<StoredReports.Command, [StoredReports.Entry]>
    private let contents: BoundedCache<ObjectKey, StoredReports.Content>
    private let freshness = Freshness()
    private let turn = Turn()

    /// - Parameters:
    ///   - asOf: the moment, in the past; nil for now.
    ///   - cacheLimit: approximate bytes, for each kind of thing that is cached.
    package init(of backup: Backup, asOf: Timestamp? = nil, clock: any RunClock, cacheLimit: Int = 8 << 20) {
        self.backup = backup
        self.asOf = asOf
        self.clock = clock
        func time(_ duration: Duration) -> Duration? { asOf == nil ? duration : nil }
        overviews = BoundedCache(limit: 2, timeToLive: time(.seconds(60)), clock: clock, freshness: freshness) { _ in 1
        }
        packages = BoundedCache(
            limit: cacheLimit,
            timeToLive: time(.seconds(10)),
            clock: clock,
            freshness: freshness
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
            freshness: freshness
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

    /// The time that pages are of.
    var now: Timestamp { asOf ?? Timestamp(secondsSince1970: clock.secondsSince1970()) }

    var moment: Timestamp? { asOf }

    // MARK: The backup as a whole

    /// How the backup stands: a list for each thousand records and reports, a GET for each of the newest reports.
    func overview() async throws -> Overview {
        try await overviews.value(for: "") {
            var census = BackupContents.Census()
            let status: BackupStatus
            do {
                status = try await BackupStatus.read(from: backup, asOf: asOf, stop: StopSignal()) { census.add($0) }
            } catch let failure as RemoteFailure where failure.kind == .absent {
                status = BackupStatus()
            }
            let checkpoints = try await Checkpoints.read(of: backup, repositories: [], at: now)
            return Overview(
                status: status,
                contents: census.contents,
                checkpoint: checkpoints.newest?.checkpoint,
                drill: try await newestDrill()
            )
        }
    }

    /// The newest that can be read, and that passes the trust file.
    private func newestDrill() async throws -> DrillReport? {
        for entry in try await entries(of: .drill).prefix(Self.lookedAtDrills) {
            if case .success(.drill(let report)) = try await StoredReports(of: backup).result(entry) { return report }
        }
        return nil
    }

    /// Drills that are tried, the newest first, until one can be read.
    private static let lookedAtDrills = 10

    // MARK: Packages

    /// The versions of a package, the newest in Maven's order first; empty where nothing is recorded.
    func versions(of package: PackageCoordinates) async throws -> [VersionHistory] {
        try await packages.value(for: backup.layout.manifestsPrefix(of: package)) {
            let histories = try await backup.catalog.history(of: package).versions.compactMap {
                history -> VersionHistory? in
                guard let asOf else { return history }
                return VersionHistory(history.records.filter { $0.recordedAt <= asOf && history.counts($0) })
            }
            return histories.map { (MavenVersion($0.coordinates.version), $0) }.sorted { $0.0 > $1.0 }.map(\.1)
        }
    }

    /// Records of one version that are read for its history, the newest.
    private static let longestHistory = 100

    /// A version and what its newest records changed, the oldest of them first; nil where nothing is recorded.
    func version(
        _ version: VersionCoordinates
    ) async throws -> (kept: BackupReview.KeptVersion, entries: [HistoryEntry])? {
        let histories = try await versions(of: version.package)
        guard let history = histories.first(where: { $0.coordinates.exact == version.exact }) else { return nil }
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
    private func read(_ records: [ManifestRecord]) async throws -> [Result<Manifest, RemoteFailure>] {
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
    private static func each<Element: Sendable, Value: Sendable>(
        _ elements: [Element],
        _ get: @escaping @Sendable (Element) async throws -> Value
    ) async throws -> [Value] {
        let (values, failure) = await sideBySide(elements, width: width, get)
        if let failure { throw failure }
        return values
    }

    // MARK: Search

    /// Thrown where another search is reading manifests.
    struct Busy: Error {}

    /// Seconds that a search may read manifests for.
    private static let patience: Duration = .seconds(8)
    /// Files that a search finds at most.
    private static let mostHits = 1_000
    /// Packages and versions of them in which a file's name is looked for by its beginning.
    private static let mostNamesakes = 2_000

    /// What a text finds: packages by part of their coordinates, files by their name or hash.
    func search(_ text: String) async throws -> SearchPage.Findings {
        guard !text.isEmpty else { return .none }
        let contents = try await overview().contents
        if let query = AssetQuery(text), case .checksum = query { return try await holders(of: query) }
        let rows = Self.packages(matching: text, in: contents)
        if rows.isEmpty, !text.contains(":") { return try await namesakes(of: text, in: contents) }
        return .packages(rows)
    }

    private static func packages(matching text: String, in contents: BackupContents) -> [BackupContents.Row] {
        let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
        let wanted = Array(parts.prefix(2).joined(separator: ":").utf8)
        return contents.packages.filter { row in
            let name = "\(row.coordinates.namespace):\(row.coordinates.name)".lowercased()
            // Of whole coordinates, the package must be that one.
            return parts.count > 2 ? name.utf8.elementsEqual(wanted) : name.utf8.contains(wanted)
        }
    }

    /// Files of a name: Maven names them after package and version, so few versions can have it.
    private func namesakes(of name: String, in contents: BackupContents) async throws -> SearchPage.Findings {
        var records: [ManifestRecord] = []
        var isComplete = true
        for row in contents.packages where name.hasPrefix("\(row.coordinates.name)-") {
            for history in try await versions(of: row.coordinates) {
                let version = history.coordinates.version
                let directories = SnapshotBuild(version).map { [version, $0.base] } ?? [version]
                let base = VersionName(version).snapshotBase
                guard (directories + [base].compactMap(\.self)).contains(where: { name.contains("-\($0)") }) else {
                    continue
                }
                guard records.count < Self.mostNamesakes else {
                    isComplete = false
                    break
                }
                records.append(history.records.last(where: history.counts) ?? history.newest)
            }
        }
        let query = AssetQuery.name(name)
        let hits = try await read(records).compactMap { try? $0.get() }.flatMap { Self.hits(query, in: $0) }
        return .files(hits, looked: records.count, isComplete: isComplete)
    }

    /// Files of a hash: nothing but the manifests names them, so as many are read as the time allows.
    private func holders(of query: AssetQuery) async throws -> SearchPage.Findings {
        guard turn.take() else { throw Busy() }
        defer { turn.giveBack() }
        let begun = clock.now()
        var hits: [BackupReview.Hit] = []
        var looked = 0
        var token: PageToken?
        var newest: ManifestRecord?
        repeat {
            let page = try await backup.store.list(prefix: backup.layout.manifestsPrefix, after: token)
            var records: [ManifestRecord] = []
            for object in page.elements {
                guard let record = backup.layout.record(at: object.key), asOf.map({ record.recordedAt <= $0 }) ?? true
                else { continue }
                if let before = newest, before.coordinates.exact != record.coordinates.exact { records.append(before) }
                newest = record
            }
            token = page.next
            if token == nil, let last = newest { records.append(last) }
            for start in stride(from: 0, to: records.count, by: 200) {
                let some = Array(records[start..<min(records.count, start + 200)])
                // Past the cache: a search must not push out what readers come back to.
                let found = try await Self.each(some) { record in try? await backup.catalog.manifest(of: record) }
                hits += found.compactMap(\.self).flatMap { Self.hits(query, in: $0) }
                looked += some.count
                if hits.count >= Self.mostHits || clock.now() - begun > Self.patience {
                    return .files(hits, looked: looked, isComplete: false)
                }
            }
        } while token != nil
        return .files(hits, looked: looked, isComplete: true)
    }

    private static func hits(_ query: AssetQuery, in manifest: Manifest) -> [BackupReview.Hit] {
        manifest.assets.filter { query.matches($0.asset, in: manifest.coordinates) }
            .map { BackupReview.Hit(record: manifest.record, stored: $0) }
    }
}

/// One at a time.
private final class Turn: Sendable {
    private let isTaken = Mutex(false)

    /// Whether it is the caller's turn now.
    func take() -> Bool {
        isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }

    func giveBack() { isTaken.withLock { $0 = false } }
}
