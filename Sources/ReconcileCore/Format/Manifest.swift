import FoundationEssentials

/// The record of one version's state seen at one time: the commit point of its backup.
///
/// It is written last and create-only, so a manifest that exists means that every object it names is stored. The
/// newest one of a version is what the backup knows of it; the older ones are its history. A manifest of a version
/// whose bytes cannot be had (archived, disposed, deleted) names the assets that were stored before, which may be
/// none.
package struct Manifest: Hashable, Sendable {
    package var coordinates: VersionCoordinates
    package var revision: String?
    package var status: VersionStatus
    package var origin: VersionOrigin
    /// Seconds since 1970, UTC, with the service's fraction; nil where it gave none.
    package var publishedTime: Double?
    package var recordedAt: Timestamp
    package var recordedBy: Recorder
    /// In order of name.
    package var assets: [StoredAsset]
    /// What the source's own document says of a `-SNAPSHOT` version; nil for any other version, if the source had no
    /// usable document, and in records made before this was recorded.
    package var snapshot: RecordedSnapshot?
    /// What the source's document of the group says of a Maven plugin; nil for other packages, and otherwise as above.
    package var plugin: RecordedPlugin?

    /// Who wrote a manifest.
    package struct Recorder: Hashable, Sendable, Codable {
        /// `reconcile`, `event`, `repair`, or `plan`, whose manifests are never stored.
        package var door: String
        /// The program's version.
        package var version: String

        package init(door: String, version: String) {
            self.door = door
            self.version = version
        }
    }

    /// One asset and where its bytes are.
    package struct StoredAsset: Hashable, Sendable {
        package var asset: Asset
        package var key: ObjectKey
        /// The store's id of exactly these bytes; nil on a store without versions.
        package var versionID: String?

        package init(asset: Asset, key: ObjectKey, versionID: String?) {
            self.asset = asset
            self.key = key
            self.versionID = versionID
        }
    }

    package init(
        coordinates: VersionCoordinates,
        revision: String?,
        status: VersionStatus,
        origin: VersionOrigin,
        publishedTime: Double?,
        recordedAt: Timestamp,
        recordedBy: Recorder,
        assets: [StoredAsset],
        snapshot: RecordedSnapshot? = nil,
        plugin: RecordedPlugin? = nil
    ) {
        self.coordinates = coordinates
        self.revision = revision
        self.status = status
        self.origin = origin
        self.publishedTime = publishedTime
        self.recordedAt = recordedAt
        self.recordedBy = recordedBy
        self.assets = assets.sorted { ExactText($0.asset.name) < ExactText($1.asset.name) }
        self.snapshot = snapshot
        self.plugin = plugin
    }

    /// What the manifest's key says of it.
    package var record: ManifestRecord {
        ManifestRecord(coordinates: coordinates, recordedAt: recordedAt, revision: revision, status: status)
    }
}

// MARK: - Canonical bytes

extension Manifest {
    /// The format that this program writes, and the only one it reads.
    package static let format = 1
    /// A manifest of 350 assets is about 200 KiB; a larger record than this is neither read nor written.
    package static let maximumBytes = 8 << 20

    /// JSON with sorted keys and no spaces: equal manifests are equal bytes.
    package func canonicalBytes() throws -> [UInt8] {
        try StableJSON.line(Document(self))
    }

    /// Decodes a manifest, and nothing more: whether what it says can be is `RecordReader`'s to judge, which alone calls
    /// this.
    init(decoding bytes: [UInt8]) throws(RecordRefusal) {
        let document = try RecordJSON.decode(Document.self, from: bytes)
        guard let recordedAt = Timestamp(extended: document.recordedAt) else {
            throw RecordRefusal(.form, "recordedAt \(document.recordedAt) is not a time")
        }
        self.init(
            coordinates: VersionCoordinates(
                package: PackageCoordinates(
                    repository: document.repository,
                    namespace: document.namespace,
                    name: document.package
                ),
                version: document.version
            ),
            revision: document.revision,
            status: document.status,
            origin: document.origin,
            publishedTime: document.publishedTime,
            recordedAt: recordedAt,
            recordedBy: document.recordedBy,
            assets: document.assets.map(\.stored),
            snapshot: document.snapshot,
            plugin: document.plugin
        )
    }

    /// The JSON's members, spelled once.
    private struct Document: Codable {
        struct AssetRow: Codable {
            var name: String
            var size: Int64
            var md5: String?
            var sha1: String?
            var sha256: String?
            var sha512: String?
            var key: String
            var versionID: String?

            init(_ stored: StoredAsset) {
                name = stored.asset.name
                size = stored.asset.size
                md5 = stored.asset.checksums.md5
                sha1 = stored.asset.checksums.sha1
                sha256 = stored.asset.checksums.sha256
                sha512 = stored.asset.checksums.sha512
                key = stored.key.value
                versionID = stored.versionID
            }

            var stored: StoredAsset {
                let checksums = Checksums(md5: md5, sha1: sha1, sha256: sha256, sha512: sha512)
                let asset = Asset(name: name, size: size, checksums: checksums)
                return StoredAsset(asset: asset, key: ObjectKey(key), versionID: versionID)
            }
        }

        var format: Int
        var repository: String
        var namespace: String
        var package: String
        var version: String
        var revision: String?
        var status: VersionStatus
        var origin: VersionOrigin
        var publishedTime: Double?
        var recordedAt: String
        var recordedBy: Recorder
        var assets: [AssetRow]
        var snapshot: RecordedSnapshot?
        var plugin: RecordedPlugin?

        init(_ manifest: Manifest) {
            format = Manifest.format
            repository = manifest.coordinates.package.repository
            namespace = manifest.coordinates.package.namespace
            package = manifest.coordinates.package.name
            version = manifest.coordinates.version
            revision = manifest.revision
            status = manifest.status
            origin = manifest.origin
            publishedTime = manifest.publishedTime
            recordedAt = manifest.recordedAt.extended
            recordedBy = manifest.recordedBy
            assets = manifest.assets.map(AssetRow.init)
            snapshot = manifest.snapshot
            plugin = manifest.plugin
        }
    }
}
