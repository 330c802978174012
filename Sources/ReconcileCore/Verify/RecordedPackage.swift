/// What the manifests of one package say, taken in one by one, and what is wrong with them.
///
/// Keeps no more of a manifest than a comparison needs.
struct RecordedPackage: Sendable {
    /// What one or more manifests say of the bytes under a key.
    struct NamedObject: Hashable, Sendable {
        let version: String
        let asset: Asset
        let versionID: String?
        /// Of the newest manifest that says so.
        var recordedAt: Timestamp
    }

    let package: PackageCoordinates
    private(set) var records: [ManifestRecord] = []
    /// The newest record of each version that may count.
    private(set) var newest: [ExactText: ManifestRecord] = [:]
    /// Of the package itself.
    private(set) var ownRecords: [PackageRecord] = []
    /// Records that a repair has retired, and whether each was of the future then.
    private var retired: [(key: ObjectKey, version: String?, wasOfFuture: Bool)] = []
    /// What is wrong with single records.
    private(set) var faults: [BackupFault] = []
    /// What they say of each other.
    private(set) var chain: RecordChain
    /// The key and the SHA-256 of each record that was read, on one line, and the record's time.
    private(set) var contents: [(key: ObjectKey, recordedAt: Timestamp)] = []
    /// What is named under each key; at least one row each, no two alike.
    private(set) var objects: [ObjectKey: [NamedObject]] = [:]
    /// The newest manifest of each Published `-SNAPSHOT` version.
    private(set) var snapshots: [ExactText: Manifest] = [:]
    /// The newest manifest that passes the reader of each build of a snapshot: its record, and the names of its assets if
    /// clients may have their bytes.
    private var builds: [ExactText: (record: ManifestRecord, names: Set<ExactText>)] = [:]
    /// What the newest manifests say of their versions.
    private(set) var notes = VersionNotes()
    /// When a manifest was last stored, where the store says.
    private(set) var changed: Timestamp?
    private let layout: BackupLayout
    private let reader: RecordReader
    private let isOlder: @Sendable (ManifestRecord, ManifestRecord) -> Bool

    /// - Parameter isOlder: the order of two records of one version; a test counts its calls.
    init(
        _ package: PackageCoordinates,
        layout: BackupLayout,
        reader: RecordReader,
        isOlder: @escaping @Sendable (ManifestRecord, ManifestRecord) -> Bool = { $0.isOlder(than: $1) }
    ) {
        self.package = package
        self.layout = layout
        self.reader = reader
        self.isOlder = isOlder
        chain = RecordChain(in: layout)
    }

    /// How many versions that are wanted have a record, readable or not: an unreadable record is a fault of its own, not a
    /// lost version.
    func versionCount(where isWanted: (String) -> Bool) -> Int {
        let names = records.filter { reader.isTimely($0.recordedAt) }.map { ExactText($0.coordinates.version) }
        return Set(names).count { isWanted($0.value) }
    }

    /// Takes in a manifest's key, before any manifest is added.
    ///
    /// - Parameter size: bytes of the object.
    mutating func add(_ record: ManifestRecord, size: Int64, modified: Timestamp?) {
        records.append(record)
        chain.see(layout.key(of: record), record.recordedAt)
        let version = ExactText(record.coordinates.version)
        if reader.mayCount(size: size, recordedAt: record.recordedAt),
            newest[version].map({ isOlder($0, record) }) ?? true
        {
            newest[version] = record
        }
        changed = [changed, modified].compactMap(\.self).max()
    }

    /// Takes in what is stored of a record's manifest.
    mutating func add(_ object: ProvedObject, of record: ManifestRecord) {
        let bytes = object.body
        let manifest: Manifest
        do throws(RecordRefusal) {
            manifest = try reader.manifest(bytes, of: record)
        } catch {
            let kind: BackupFault.Kind = error.rule == .coordinates ? .misplacedManifest : .unreadableManifest
            return fault(kind, record, "the manifest is invalid: \(error). \(Self.restore)")
        }
        guard (try? manifest.canonicalBytes()) == bytes else {
            return fault(
                .unreadableManifest,
                record,
                "the manifest is not written as this program writes it. \(Self.restore)"
            )
        }
        chain.count(layout.key(of: record), after: manifest.previous)
        take(manifest.counting(as: object))
    }

    /// Takes in that a repair has retired a record.
    ///
    /// - Parameters:
    ///   - version: nil for a record of the package itself.
    ///   - time: of the first repair that retired it; nil if that is not known.
    mutating func retire(_ key: ObjectKey, of version: String?, _ recordedAt: Timestamp, at time: Timestamp?) {
        retired.append((key, version, time.map { recordedAt > $0 } ?? false))
    }

    /// Reports retired records that no other record replaces: a repair retires none before its replacement is stored. Call it
    /// once all records are taken in.
    mutating func addUnreplaced() {
        // What replaced a record of the future has an earlier time.
        for row in retired where !chain.hasPassing(beside: row.key, laterOnly: !row.wasOfFuture) {
            let message =
                "a repair says that this record no longer counts, but no later record replaces it: this program did not make "
                + "that repair, or the later record is gone. Put back what is gone from another copy of the bucket, or try "
                + "verify --repair"
            let place = Place(package, version: row.version)
            faults.append(BackupFault(.unreadableManifest, of: place, at: row.key, message))
        }
    }

    /// Notes what was read under a record's key.
    mutating func note(_ key: ObjectKey, _ recordedAt: Timestamp, sha256: String) {
        contents.append((ObjectKey("\(key) \(sha256)"), recordedAt))
        chain.note(key, sha256: sha256)
    }

    /// Notes that a record is in a storage class whose objects cannot be read.
    mutating func addArchived(_ key: ObjectKey, _ version: String?, _ advice: String) {
        faults.append(BackupFault(.archivedObject, of: Place(package, version: version), at: key, advice))
    }

    /// Takes in that a record's manifest could not be read.
    mutating func addUnreadable(_ record: ManifestRecord, _ failure: RemoteFailure) {
        if failure.kind == .archived {
            return addArchived(layout.key(of: record), record.coordinates.version, failure.message)
        }
        let advice =
            switch failure.kind {
            // What is missing is a permission, and the object may be as it was.
            case .denied: ""
            case .untrusted:
                ". If an earlier S3 version is the signed object, delete the newer ones; in a store without versions, copy "
                    + "it from another backup. \(Guide.trust) says what to do if it is from before the backup was signed"
            default: ". \(Self.restore)"
            }
        fault(.unreadableManifest, record, "the manifest cannot be read: \(failure.message)\(advice)")
    }

    /// Takes in the key of a record of the package itself.
    mutating func add(_ record: PackageRecord) {
        ownRecords.append(record)
        chain.see(layout.key(of: record), record.recordedAt)
    }

    /// Takes in the bytes of such a record.
    mutating func add(_ bytes: [UInt8], of record: PackageRecord) {
        let previous: PreviousRecord?
        do throws(RecordRefusal) {
            previous = try reader.prove(bytes, are: record)
        } catch {
            return fault(record, "the record is invalid: \(error)")
        }
        guard record.isCanonical(bytes) else {
            return fault(record, "the record is not written as this program writes it")
        }
        chain.count(layout.key(of: record), after: previous)
    }

    /// Takes in that such a record could not be read.
    mutating func addUnreadable(_ record: PackageRecord, _ failure: RemoteFailure) {
        if failure.kind == .archived { return addArchived(layout.key(of: record), nil, failure.message) }
        fault(record, "the record cannot be read: \(failure.message)")
    }

    private mutating func fault(_ record: PackageRecord, _ problem: String) {
        let message =
            "\(problem). A restore skips it; verify --repair records the controls again and retires this record if the "
            + "domain still has them"
        faults.append(BackupFault(.unreadableManifest, of: Place(package), at: layout.key(of: record), message))
    }

    /// Takes in what else is wrong with single records.
    mutating func add(_ faults: [BackupFault]) { self.faults += faults }

    /// The document of a Published `-SNAPSHOT` version, as its newest manifest and those of its builds give it.
    func document(of manifest: Manifest) -> MavenMetadata? {
        let older = manifest.olderBuilds.compactMap { builds[ExactText($0)]?.names }
        return MavenMetadata.snapshotLevel(of: manifest, with: older.reduce(into: []) { $0.formUnion($1) })
    }

    /// Whether anything is recorded under the package's name.
    var isRecorded: Bool { !records.isEmpty || !ownRecords.isEmpty }

    private static let restore =
        "Try verify --repair. If an earlier S3 version of this object is right, delete the newer ones, which brings it "
        + "back; copying it would leave another fault. The assets are not affected"

    private mutating func fault(_ kind: BackupFault.Kind, _ record: ManifestRecord, _ message: String) {
        let place = Place(package, version: record.coordinates.version)
        faults.append(BackupFault(kind, of: place, at: layout.key(of: record), message))
    }

    private mutating func take(_ manifest: Manifest) {
        let version = manifest.coordinates.version
        let isNewest = newest[ExactText(version)] == manifest.record
        if isNewest { notes.note(manifest) }
        if isNewest, manifest.status == .published, manifest.coordinates.isSnapshot {
            snapshots[ExactText(version)] = manifest
        }
        if SnapshotBuild(version) != nil, builds[ExactText(version)].map({ isOlder($0.0, manifest.record) }) ?? true {
            builds[ExactText(version)] = (manifest.record, manifest.namesForClients)
        }
        for stored in manifest.assets {
            // Overwritten by design, so only the newest manifest counts.
            if stored.asset.name == MavenMetadata.fileName, !isNewest { continue }
            var named = objects[stored.key, default: []]
            let same = named.firstIndex {
                $0.asset == stored.asset && $0.versionID == stored.versionID
            }
            if let same {
                named[same].recordedAt = max(named[same].recordedAt, manifest.recordedAt)
            } else {
                named.append(
                    NamedObject(
                        version: version,
                        asset: stored.asset,
                        versionID: stored.versionID,
                        recordedAt: manifest.recordedAt
                    )
                )
            }
            objects[stored.key] = named
        }
    }
}
