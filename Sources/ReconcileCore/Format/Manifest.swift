/// The record of one version's state at one time: the commit point of its backup.
///
/// A manifest is written last and create-only, so if it exists, every object that it names is stored. A version's
/// newest manifest is its current state in the backup; older ones are its history. If the source doesn't serve a
/// version's bytes (archived, disposed, deleted), its manifest names the assets stored before, if any.
package struct Manifest: Hashable, Sendable {
    package var coordinates: VersionCoordinates
    package var revision: String?
    package var status: VersionStatus
    package var properties: VersionProperties
    package var recordedAt: Timestamp
    package var recordedBy: Recorder
    /// In order of name.
    package var assets: [StoredAsset]
    package var documents: RecordedDocuments
    /// The preceding record; nil in records of releases that didn't write it.
    package var previous: PreviousRecord?

    /// What wrote a manifest.
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
        /// The store's version ID of exactly these bytes; nil for a store without versions.
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
        properties: VersionProperties,
        recordedAt: Timestamp,
        recordedBy: Recorder,
        assets: [StoredAsset],
        documents: RecordedDocuments = RecordedDocuments(),
        previous: PreviousRecord? = nil
    ) {
        self.coordinates = coordinates
        self.revision = revision
        self.status = status
        self.properties = properties
        self.recordedAt = recordedAt
        self.recordedBy = recordedBy
        self.assets = assets.sorted { ExactText($0.asset.name) < ExactText($1.asset.name) }
        self.documents = documents
        self.previous = previous
    }

    /// The revision of a manifest that names files which the store has lost, or lacks what a document of the source may say
    /// that was withheld: none that a source has, so the version drifts from it until a run has all of it.
    package static let incompleteRevision = "incomplete"

    /// The same without what the domain's documents said, where a statement has compared the state and the files alone.
    func counting(as object: ProvedObject) -> Manifest {
        guard !object.isWhole else { return self }
        var manifest = self
        manifest.documents = RecordedDocuments()
        return manifest
    }

    /// What the manifest's key says of it.
    package var record: ManifestRecord {
        ManifestRecord(coordinates: coordinates, recordedAt: recordedAt, revision: revision, status: status)
    }
}

/// What the source's documents say about a version.
package struct RecordedDocuments: Hashable, Sendable {
    /// For a `-SNAPSHOT` version; nil for any other version, if the source had no usable document, and in records from
    /// before this was recorded.
    package var snapshot: RecordedSnapshot?
    /// What the group's document says about a Maven plugin; nil for other packages, and otherwise as above.
    package var plugin: RecordedPlugin?

    package init(snapshot: RecordedSnapshot? = nil, plugin: RecordedPlugin? = nil) {
        self.snapshot = snapshot
        self.plugin = plugin
    }

    /// These documents, with missing ones filled in from an earlier record.
    func completed(by earlier: RecordedDocuments?) -> RecordedDocuments {
        RecordedDocuments(snapshot: snapshot ?? earlier?.snapshot, plugin: plugin ?? earlier?.plugin)
    }
}
