package import ReconcileCore
import Synchronization

/// What the repositories of a backup hold, now or as of a moment, read from the manifests when it is asked for.
///
/// What was read of a package counts for ten seconds, so that a build which asks for a hundred files costs one listing
/// a package; as of a moment nothing changes any more. Memory is bounded whatever is asked for. Each call throws
/// `RemoteFailure`, or `CancellationError` when its task is cancelled.
package struct RepositoryView: Sendable {
    private let store: any ObjectStore
    private let catalog: BackupCatalog
    private let layout: BackupLayout
    private let asOf: Timestamp?
    private let givesFirst: Bool
    private let note: @Sendable (String) -> Void
    private let packages: BoundedCache<ObjectKey, PackageIndex>
    private let manifests: BoundedCache<ObjectKey, Manifest>
    /// The manifests whose files are given, by the key of the newest.
    private let given: BoundedCache<ObjectKey, Manifest>
    private let groups: BoundedCache<ObjectKey, [MavenMetadata.Plugin]>
    /// When the store was last found to be readable.
    private let readings: BoundedCache<String, Reading>
    /// The names of the repositories.
    private let repositories: BoundedCache<String, [String]>
    private let clock: any RunClock
    private let freshness = Freshness()
    private let hadRecords: SeenRecords
    let proofs: ProvedVersions

    /// - Parameters:
    ///   - hasRecords: whether the backup is known to have some.
    ///   - asOf: the moment, in the past; nil for now.
    ///   - givesFirst: whether the bytes that were recorded first are given where later records name others.
    ///   - cacheLimit: approximate bytes, for each kind of thing that is cached.
    ///   - note: told of each version of which records name different bytes, when it is first asked for.
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

    /// Whether the store could not be read when it last was to be, so that what is given may no longer be right: what was
    /// read up to an hour before.
    package var isBehind: Bool { freshness.isBehind }

    /// What the first page of the records showed.
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
        guard let reading = try? await readings.value(for: "", { try await readFirstPage() }) else { return }
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

    /// The same when that was last asked; 0 if it never was.
    var lastFoldersNotShown: Int { readings.kept(for: "")?.value.hidden ?? 0 }

    /// How long each of two caches waits for what it can give as it was: a client that needs both waits three seconds.
    private static let patience: Duration = .milliseconds(1_500)

    private static let readingCounts: Duration = .seconds(5)

    /// The repositories with the names nearest to one that the backup does not have; empty where it has that one, where
    /// none comes near, and where the store does not say in a second. Asks for them once a minute, whatever is asked.
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

    /// CodeArtifact allows no longer names.
    private static let longestRepository = 100
    private static let offeredRepositories = 200

    /// The asset of a name in a version's directory; nil where no version has one whose bytes may be had.
    ///
    /// A build of a snapshot is in the directory of its `-SNAPSHOT` version, and is found under its own as well.
    ///
    /// - Throws: an `untrusted` failure for a version of which no record passes the reader.
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

    /// A package's maven-metadata.xml, with the Maven plugins of the group that has the same folder; nil where no version
    /// of the package is Published.
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

    /// The maven-metadata.xml of a `-SNAPSHOT` version, as its manifest and those of its builds give it; nil for other
    /// versions.
    package func metadata(ofSnapshot version: VersionCoordinates) async throws -> [UInt8]? {
        guard version.isSnapshot else { return nil }
        let index = try await index(of: version.package)
        guard let manifest = try await manifest(ofNewest: index.records(of: version.version)) else { return nil }
        var older: Set<ExactText> = []
        for build in manifest.olderBuilds {
            // A build without a record that passes the reader has no files.
            do {
                older.formUnion(try await self.manifest(ofNewest: index.records(of: build))?.namesForClients ?? [])
            } catch let failure as RemoteFailure where failure.kind == .untrusted {
                continue
            }
        }
        return MavenMetadata.snapshotLevel(of: manifest, with: older)?.render()
    }

    /// The maven-metadata.xml of a group: its Maven plugins with a Published version and a recorded prefix; nil if there
    /// are none.
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

    /// The manifest of the newest record that passes the reader; nil without records, and where its status says that
    /// the bytes are not for clients.
    ///
    /// - Throws: the newest one's `untrusted` failure where none passes.
    private func manifest(ofNewest records: [ManifestRecord]) async throws -> Manifest? {
        var refusal: RemoteFailure?
        for record in records.reversed() {
            do {
                let manifest = try await manifest(of: record)
                return manifest.status.isDownloadable ? manifest : nil
            } catch let failure as RemoteFailure where failure.kind == .untrusted {
                if refusal == nil { refusal = failure }
            }
        }
        if let refusal { throw refusal }
        return nil
    }

    /// The manifest with the files that are given, where later records of the version name others than earlier ones.
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
    /// By the `-SNAPSHOT` version whose directory they are in.
    private let builds: [ExactText: [[ManifestRecord]]]
    private let count: Int
    private let newest: [ManifestRecord]
    private let rendered = Mutex<[UInt8]??>(nil)

    /// - Parameters:
    ///   - histories: the records of each version, the oldest first; may be none.
    ///   - newest: of each version, the newest record that may count.
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

    /// The records of each version that may have an asset of a name in a directory.
    func records(in directory: String, holding asset: String) -> [[ManifestRecord]] {
        let holders = (builds[ExactText(directory)] ?? []).filter { records in
            let version = records.last?.coordinates.version ?? ""
            return BackupLayout.versionDirectory(of: version, holding: asset) == directory
        }
        return holders + [records(of: directory)]
    }

    /// The records of a version, the oldest first; may be none.
    func records(of version: String) -> [ManifestRecord] { versions[ExactText(version)] ?? [] }

    /// What the package's maven-metadata.xml says of its versions; nil where none is Published.
    var metadata: MavenMetadata? {
        let metadata = MavenMetadata.artifactLevel(of: package, records: newest)
        return metadata.flatMap { $0.versions.isEmpty ? nil : $0 }
    }

    /// The same as a document, which is made once.
    var document: [UInt8]? {
        rendered.withLock { rendered in
            if let rendered { return rendered }
            let document = metadata?.render()
            rendered = .some(document)
            return document
        }
    }

    /// What the index takes in memory; the document is a small part of it.
    var approximateBytes: Int { 500 + count * 700 }
}
