package import ReconcileCore
import Synchronization

/// The contents of a backup's repositories, now or as of a moment, read from the manifests on request.
///
/// What was read of a package is valid for ten seconds, so a build that requests a hundred files costs one list request
/// per package; as of a moment, nothing changes. Memory is bounded whatever is requested. Every call throws
/// `RemoteFailure`, or `CancellationError` if its task is cancelled.
package struct RepositoryView: Sendable {
    private let store: any ObjectStore
    private let catalog: BackupCatalog
    private let layout: BackupLayout
    private let asOf: Timestamp?
    private let givesFirst: Bool
    private let note: @Sendable (String) -> Void
    private let packages: BoundedCache<ObjectKey, PackageIndex>
    private let manifests: BoundedCache<ObjectKey, Manifest>
    /// The manifests whose files are served, by the key of the newest record.
    private let given: BoundedCache<ObjectKey, Manifest>
    private let groups: BoundedCache<ObjectKey, [MavenMetadata.Plugin]>
    /// The result of the last check that the store is readable.
    private let readings: BoundedCache<String, Reading>
    /// The names of the repositories.
    private let repositories: BoundedCache<String, [String]>
    private let clock: any RunClock
    private let freshness = Freshness()
    private let hadRecords: SeenRecords
    let proofs: ProvedVersions
    private let distrusted = DistrustedVersions()

    /// - Parameters:
    ///   - hasRecords: whether the backup is known to have some.
    ///   - asOf: the moment, in the past; nil for now.
    ///   - givesFirst: whether to serve the bytes recorded first if later records name different ones.
    ///   - cacheLimit: the approximate size in bytes of each cache.
    ///   - note: called for each version whose records name different bytes, when it is first requested.
    package init(
        store: any ObjectStore,
        layout: BackupLayout,
        asOf: Timestamp? = nil,
        givesFirst: Bool = false,
        hasRecords: Bool = false,
        clock: any RunClock,
        cacheLimit: Int = 16 << 20,
        noting note: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.store = store
        catalog = BackupCatalog(store: store, layout: layout, clock: clock)
        self.layout = layout
        self.asOf = asOf
        self.givesFirst = givesFirst
        self.note = note
        self.clock = clock
        hadRecords = SeenRecords(hasRecords)
        readings = BoundedCache(limit: 2, timeToLive: Self.readingCounts, clock: clock) { _ in 1 }
        repositories = BoundedCache(limit: 2, timeToLive: .seconds(60), clock: clock) { _ in 1 }
        packages = BoundedCache(
            limit: cacheLimit,
            timeToLive: asOf == nil ? .seconds(10) : nil,
            clock: clock,
            freshness: freshness,
            patience: Self.patience,
            cost: \.approximateBytes
        )
        let cost: @Sendable (Manifest) -> Int = { manifest in
            1_000 + manifest.assets.reduce(0) { $0 + 700 + $1.key.value.utf8.count }
        }
        manifests = BoundedCache(limit: cacheLimit, timeToLive: nil, clock: clock, cost: cost)
        given = BoundedCache(limit: cacheLimit, timeToLive: nil, clock: clock, cost: cost)
        proofs = ProvedVersions(of: store, clock: clock, limit: cacheLimit)
        groups = BoundedCache(
            limit: cacheLimit,
            timeToLive: asOf == nil ? .seconds(10) : nil,
            clock: clock,
            freshness: freshness,
            patience: Self.patience
        ) {
            200 + $0.count * 300
        }
    }

    /// Whether the last attempt to read the store failed, so that responses may be out of date, by up to an hour.
    package var isBehind: Bool { freshness.isBehind }

    /// The result of listing the first page of the records.
    private struct Reading {
        let time: Duration
        let hidden: Int
        /// Whether it has a record, or something that may be one.
        let hasRecords: Bool
    }

    /// That the backup had records and has none any more: nothing that it is asked for is known to be absent.
    package struct Emptied: Error, CustomStringConvertible {
        package let description =
            "the backup has no record any more: its bucket was emptied, or its directory is not there or not mounted. "
            + "Nothing is answered with 404 until it has records again"
    }

    /// How many folders of records the store refuses to show in their first page; nil if it does not give that page now,
    /// within two seconds, or shows none at all. Asked at most every five.
    ///
    /// - Throws: `Emptied`.
    package func foldersNotShown() async throws(Emptied) -> Int? {
        let last = try? await readings.value(for: "", within: .seconds(2)) { try await readFirstPage() }
        guard let reading = last, reading.time + Self.readingCounts > clock.now() else { return nil }
        try requireRecords(in: reading)
        return reading.hidden
    }

    /// Call it before anything is said to be absent: one list, at most every five seconds. A store that does not give it is
    /// no reason, as what is known may be from before.
    ///
    /// - Throws: `Emptied`.
    package func requireRecords() async throws(Emptied) {
        let reading = try? await readings.value(for: "", within: Self.patience) { try await readFirstPage() }
        guard let reading else { return }
        try requireRecords(in: reading)
    }

    private func requireRecords(in reading: Reading) throws(Emptied) {
        if reading.hasRecords { hadRecords.note() } else if hadRecords.isNoted { throw Emptied() }
    }

    private func readFirstPage() async throws -> Reading {
        let page = try await store.list(prefix: layout.manifestsPrefix, startingAfter: nil, after: nil)
        if page.elements.isEmpty, let folder = page.hidden.first { throw folder.failure }
        return Reading(
            time: clock.now(),
            hidden: page.hidden.count,
            hasRecords: !page.elements.isEmpty || page.next != nil
        )
    }

    /// The result of the last such request; 0 if there was none.
    var lastFoldersNotShown: Int { readings.kept(for: "")?.value.hidden ?? 0 }

    /// Versions whose newest record did not count when they were last asked for.
    var untrustedVersions: Int { distrusted.count }

    /// How long each of two caches waits before it returns a stale value: a client that needs both waits three seconds.
    private static let patience: Duration = .milliseconds(1_500)

    private static let readingCounts: Duration = .seconds(5)

    /// Returns the repositories with the names nearest to one that the backup does not have; empty if the backup has
    /// it, if no name is near, or if the store does not respond within a second. Lists the repositories at most once a
    /// minute.
    package func repositories(near name: String) async -> [String] {
        guard (1...Self.longestRepository).contains(name.utf8.count) else { return [] }
        let names = try? await repositories.value(for: "", within: .seconds(1)) {
            try await store.folders(under: layout.manifestsPrefix).elements.prefix(Self.offeredRepositories)
                .compactMap(KeySegment.decode)
        }
        guard let names, !names.contains(where: { ExactText($0) == ExactText(name) }) else { return [] }
        var near = NearestNames(to: name)
        for other in names { near.offer(other) }
        return near.names
    }

    /// The longest name that CodeArtifact allows.
    private static let longestRepository = 100
    private static let offeredRepositories = 200

    /// Returns the asset with a name in a version's directory; nil if no version has one whose bytes may be served.
    ///
    /// A build of a snapshot is in the directory of its `-SNAPSHOT` version, and is also found under its own version.
    ///
    /// - Throws: an `untrusted` failure for a version that has no record which passes the reader.
    package func asset(
        _ name: String,
        in directory: VersionCoordinates
    ) async throws -> Manifest.StoredAsset? {
        for records in try await index(of: directory.package).records(in: directory.version, holding: name) {
            guard let newest = try await manifest(ofNewest: records) else { continue }
            let manifest = try await given(newest, of: records)
            if let asset = manifest.assets.first(where: { ExactText($0.asset.name) == ExactText(name) }) {
                return asset
            }
        }
        return nil
    }

    /// Returns a package's maven-metadata.xml, with the Maven plugins of the group that has the same folder; nil if no
    /// version of the package is Published.
    package func metadata(of package: PackageCoordinates) async throws -> [UInt8]? {
        let index = try await index(of: package)
        guard let document = index.document, let group = DocumentFolder(of: package).group else {
            return index.document
        }
        let plugins = try await plugins(ofGroup: group, in: package.repository)
        guard !plugins.isEmpty, var metadata = index.metadata else { return document }
        metadata.plugins = plugins
        return metadata.render()
    }

    /// Returns the maven-metadata.xml of a `-SNAPSHOT` version, from its manifest and those of its builds; nil for
    /// other versions.
    package func metadata(ofSnapshot version: VersionCoordinates) async throws -> [UInt8]? {
        guard version.isSnapshot else { return nil }
        let index = try await index(of: version.package)
        guard let manifest = try await manifest(ofNewest: index.records(of: version.version)) else { return nil }
        var older: Set<ExactText> = []
        for build in manifest.olderBuilds {
            // A build that has no record which passes the reader has no files.
            do {
                older.formUnion(try await self.manifest(ofNewest: index.records(of: build))?.namesForClients ?? [])
            } catch let failure as RemoteFailure where failure.kind == .untrusted {
                continue
            }
        }
        return MavenMetadata.snapshotLevel(of: manifest, with: older)?.render()
    }

    /// Returns the maven-metadata.xml of a group: its Maven plugins with a Published version and a recorded prefix; nil
    /// if there are none.
    package func metadata(ofGroup namespace: String, in repository: String) async throws -> [UInt8]? {
        let plugins = try await plugins(ofGroup: namespace, in: repository)
        return plugins.isEmpty ? nil : MavenMetadata(plugins: plugins).render()
    }

    private func plugins(ofGroup namespace: String, in repository: String) async throws -> [MavenMetadata.Plugin] {
        try await groups.value(for: layout.manifestsPrefix(ofGroup: namespace, in: repository)) {
            try await catalog.plugins(ofGroup: namespace, in: repository, asOf: asOf) {
                try await manifest(of: $0).documents.plugin
            }
            .plugins
        }
    }

    private func index(of package: PackageCoordinates) async throws -> PackageIndex {
        try await packages.value(for: layout.manifestsPrefix(of: package)) {
            let histories = try await catalog.history(of: package).versions
            if !histories.isEmpty { hadRecords.note() }
            func isShown(_ record: ManifestRecord) -> Bool { asOf.map { record.recordedAt <= $0 } ?? true }
            return PackageIndex(
                package: package,
                histories: histories.map { $0.records.filter(isShown) },
                newest: histories.compactMap { history in history.records.last { isShown($0) && history.counts($0) } }
            )
        }
    }

    /// Returns the manifest of the newest record that passes the reader; nil if there are no records, or if its status
    /// means that the bytes are not for clients.
    ///
    /// - Throws: the newest record's `untrusted` failure if none passes.
    private func manifest(ofNewest records: [ManifestRecord]) async throws -> Manifest? {
        var refusal: RemoteFailure?
        for record in records.reversed() {
            do {
                let manifest = try await manifest(of: record)
                distrusted.note(record.coordinates, counts: refusal == nil)
                return manifest.status.isDownloadable ? manifest : nil
            } catch let failure as RemoteFailure where failure.kind == .untrusted {
                distrusted.note(record.coordinates, counts: false)
                if refusal == nil { refusal = failure }
            }
        }
        if let refusal { throw refusal }
        return nil
    }

    /// Returns the manifest whose files to serve, if later records of the version name different files than earlier
    /// ones.
    private func given(_ newest: Manifest, of records: [ManifestRecord]) async throws -> Manifest {
        guard records.count > 1 else { return newest }
        return try await given.value(for: layout.key(of: newest.record)) {
            guard let first = try await catalog.firstRecorded(of: newest, in: records) else { return newest }
            note(first.sentence(givesFirst: givesFirst))
            return givesFirst ? first.manifest : newest
        }
    }

    private func manifest(of record: ManifestRecord) async throws -> Manifest {
        try await manifests.value(for: layout.key(of: record)) {
            try await catalog.manifest(of: record)
        }
    }
}

/// Whether a backup has ever shown a record.
private final class SeenRecords: Sendable {
    private let seen: Atomic<Bool>

    init(_ seen: Bool) { self.seen = Atomic(seen) }

    var isNoted: Bool { seen.load(ordering: .relaxed) }

    func note() { seen.store(true, ordering: .relaxed) }
}

/// The versions of one package at one moment, found by the directories that clients ask in.
private final class PackageIndex: Sendable {
    private let package: PackageCoordinates
    /// The records of each version, the oldest first.
    private let versions: [ExactText: [ManifestRecord]]
    /// The records of snapshot builds, by the `-SNAPSHOT` version whose directory they are in.
    private let builds: [ExactText: [[ManifestRecord]]]
    private let count: Int
    private let newest: [ManifestRecord]
    private let rendered = Mutex<[UInt8]??>(nil)

    /// - Parameters:
    ///   - histories: the records of each version, the oldest first; may be empty.
    ///   - newest: the newest record of each version that may count.
    init(package: PackageCoordinates, histories: [[ManifestRecord]], newest: [ManifestRecord]) {
        self.package = package
        self.newest = newest
        var versions: [ExactText: [ManifestRecord]] = [:]
        var builds: [ExactText: [[ManifestRecord]]] = [:]
        for records in histories {
            guard let version = records.last?.coordinates.version else { continue }
            versions[ExactText(version)] = records
            if let build = SnapshotBuild(version) {
                builds[ExactText(build.snapshotVersion), default: []].append(records)
            }
        }
        self.versions = versions
        self.builds = builds
        count = histories.reduce(0) { $0 + $1.count }
    }

    /// Returns the records of each version that may have an asset with this name in a directory.
    func records(in directory: String, holding asset: String) -> [[ManifestRecord]] {
        let holders = (builds[ExactText(directory)] ?? []).filter { records in
            let version = records.last?.coordinates.version ?? ""
            return BackupLayout.versionDirectory(of: version, holding: asset) == directory
        }
        return holders + [records(of: directory)]
    }

    /// Returns the records of a version, the oldest first; may be empty.
    func records(of version: String) -> [ManifestRecord] { versions[ExactText(version)] ?? [] }

    /// The package's maven-metadata.xml; nil if no version is Published.
    var metadata: MavenMetadata? {
        let metadata = MavenMetadata.artifactLevel(of: package, records: newest)
        return metadata.flatMap { $0.versions.isEmpty ? nil : $0 }
    }

    /// The metadata as a document, which is rendered once.
    var document: [UInt8]? {
        rendered.withLock { rendered in
            if let rendered { return rendered }
            let document = metadata?.render()
            rendered = .some(document)
            return document
        }
    }

    /// The approximate memory use of the index; the document is a small part of it.
    var approximateBytes: Int { 500 + count * 700 }
}
