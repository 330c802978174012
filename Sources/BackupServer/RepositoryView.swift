package import ReconcileCore
import Synchronization

/// What the repositories of a backup hold, now or as of a moment, read from the manifests when it is asked for.
///
/// What was read of a package counts for ten seconds, so that a build which asks for a hundred files costs one listing
/// a package; as of a moment nothing changes any more. Memory is bounded whatever is asked for. Each call throws
/// `RemoteFailure`, or `CancellationError` when its task is cancelled.
package struct RepositoryView: Sendable {
    private let catalog: BackupCatalog
    private let layout: BackupLayout
    private let asOf: Timestamp?
    private let packages: BoundedCache<ObjectKey, PackageIndex>
    private let manifests: BoundedCache<ObjectKey, Manifest>

    /// - Parameters:
    ///   - asOf: the moment, in the past; nil for now.
    ///   - cacheLimit: bytes, about, for each of the two kinds of things that are kept.
    package init(
        store: any ObjectStore,
        layout: BackupLayout,
        asOf: Timestamp? = nil,
        clock: any RunClock,
        cacheLimit: Int = 16 << 20
    ) {
        catalog = BackupCatalog(store: store, layout: layout)
        self.layout = layout
        self.asOf = asOf
        packages = BoundedCache(
            limit: cacheLimit,
            timeToLive: asOf == nil ? .seconds(10) : nil,
            clock: clock,
            cost: \.approximateBytes
        )
        manifests = BoundedCache(limit: cacheLimit, timeToLive: nil, clock: clock) { manifest in
            1_000 + manifest.assets.reduce(0) { $0 + 700 + $1.key.value.utf8.count }
        }
    }

    /// The asset of a name in a version's directory; nil where no version has one whose bytes may be had.
    ///
    /// A build of a snapshot is in the directory of its `-SNAPSHOT` version, and is found under its own as well.
    package func asset(
        _ name: String,
        in directory: VersionCoordinates
    ) async throws -> Manifest.StoredAsset? {
        for record in try await index(of: directory.package).records(in: directory.version, holding: name) {
            let manifest = try await manifest(of: record)
            if let asset = manifest.assets.first(where: { ExactText($0.asset.name) == ExactText(name) }) {
                return asset
            }
        }
        return nil
    }

    /// A package's maven-metadata.xml; nil where no version of it is Published.
    package func metadata(of package: PackageCoordinates) async throws -> [UInt8]? {
        try await index(of: package).document
    }

    /// The maven-metadata.xml of a `-SNAPSHOT` version, made from the assets of its newest build; nil for other
    /// versions.
    package func metadata(ofSnapshot version: VersionCoordinates) async throws -> [UInt8]? {
        guard version.isSnapshot else { return nil }
        guard let record = try await index(of: version.package).record(of: version.version) else { return nil }
        return try await MavenMetadata.snapshotLevel(of: manifest(of: record))?.render()
    }

    private func index(of package: PackageCoordinates) async throws -> PackageIndex {
        try await packages.value(for: layout.manifestsPrefix(of: package)) {
            let histories = try await catalog.history(of: package).versions
            return PackageIndex(
                package: package,
                records: histories.compactMap { history in
                    if let asOf { history.record(asOf: asOf) } else { history.newest }
                }
            )
        }
    }

    private func manifest(of record: ManifestRecord) async throws -> Manifest {
        try await manifests.value(for: layout.key(of: record)) {
            try await catalog.manifest(of: record)
        }
    }
}

/// The versions of one package at one moment, found by the directories that clients ask in.
private final class PackageIndex: Sendable {
    private let package: PackageCoordinates
    private let versions: [ExactText: ManifestRecord]
    /// By the `-SNAPSHOT` version whose directory they are in.
    private let builds: [ExactText: [ManifestRecord]]
    private let rendered = Mutex<[UInt8]??>(nil)

    /// - Parameter records: one for each version.
    init(package: PackageCoordinates, records: [ManifestRecord]) {
        self.package = package
        var versions: [ExactText: ManifestRecord] = [:]
        var builds: [ExactText: [ManifestRecord]] = [:]
        for record in records {
            let version = record.coordinates.version
            versions[ExactText(version)] = record
            if let build = SnapshotBuild(version) {
                builds[ExactText(build.snapshotVersion), default: []].append(record)
            }
        }
        self.versions = versions
        self.builds = builds
    }

    /// The records of the versions that may have an asset of a name in a directory, their bytes being for clients.
    func records(in directory: String, holding asset: String) -> [ManifestRecord] {
        let builds = builds[ExactText(directory)] ?? []
        let holders = builds.filter {
            BackupLayout.versionDirectory(of: $0.coordinates.version, holding: asset) == directory
        }
        return holders.filter(\.status.isDownloadable) + [record(of: directory)].compactMap(\.self)
    }

    /// The record of a version; nil where there is none, or its bytes are not for clients.
    func record(of version: String) -> ManifestRecord? {
        versions[ExactText(version)].flatMap { $0.status.isDownloadable ? $0 : nil }
    }

    /// The package's maven-metadata.xml; nil where no version is Published.
    var document: [UInt8]? {
        rendered.withLock { rendered in
            if let rendered { return rendered }
            let metadata = MavenMetadata.artifactLevel(of: package, records: versions.values)
            let document = metadata.flatMap { $0.versions.isEmpty ? nil : $0.render() }
            rendered = .some(document)
            return document
        }
    }

    /// What the index takes in memory; the document is a small part of it.
    var approximateBytes: Int { 500 + versions.count * 700 }
}
