/// Compares what the manifests of one package say with what is listed under its Maven path. Pure.
struct PackageComparison: Sendable {
    /// An object whose content follows from the manifests, and is still to be compared with the stored one.
    struct Document: Sendable {
        let key: ObjectKey
        let bytes: [UInt8]
        /// For a document that may name what is not recorded: what it may name, and in which element.
        let names: (element: String, values: Set<ExactText>)?
        /// The fault to report when it holds something else.
        let suspicion: Suspicion
    }

    private(set) var suspicions: [Suspicion] = []
    private(set) var documents: [Document] = []
    /// The named objects that are listed with a right size, to be looked at more closely.
    private(set) var objects: [ObjectKey] = []

    private let recorded: RecordedPackage
    private let layout: BackupLayout
    private let digest: DigestFunction
    private let keepsVersions: Bool
    private var listed: [ObjectKey: StoredObject] = [:]
    /// Keys that have a reason to be there.
    private var explained: Set<ObjectKey> = []

    /// - Parameters:
    ///   - listed: what is under the package's path, including packages below it.
    ///   - wantsSidecars: whether the `.sha1` file of each asset must be there.
    init(
        _ recorded: RecordedPackage,
        listed: [StoredObject],
        layout: BackupLayout,
        keepsVersions: Bool,
        wantsSidecars: Bool,
        digest: @escaping DigestFunction
    ) {
        self.recorded = recorded
        self.layout = layout
        self.keepsVersions = keepsVersions
        self.digest = digest
        for object in listed { self.listed[object.key] = object }
        compareObjects()
        compareMetadata()
        compareSidecars(wantsSidecars)
        findStrays()
    }

    // MARK: Objects

    private mutating func compareObjects() {
        for (key, named) in recorded.objects.sorted(by: { $0.key < $1.key }) {
            explained.insert(key)
            guard let object = listed[key] else {
                // Assets are stored before their manifest, and the manifests were listed first.
                suspect(
                    .missing,
                    named[0],
                    at: key,
                    changed: nil,
                    "the object is not there. Put back the object's earlier version, or copy it from another backup"
                )
                continue
            }
            // Known without reading it, which the store would refuse.
            if let archive = object.archive {
                suspect(.archivedObject, named[0], at: key, changed: nil, archive.advice)
            }
            let fits = named.filter { $0.asset.size == object.size }
            if fits.isEmpty || (!keepsVersions && fits.count < named.count) {
                let wanted = named.first { $0.asset.size != object.size } ?? named[0]
                suspect(
                    .wrongSize,
                    wanted,
                    at: key,
                    changed: object.modified,
                    found: FoundBytes(size: object.size),
                    "the object has \(object.size) bytes, not \(wanted.asset.size). "
                        + "Put back the object's earlier version, or copy it from another backup"
                )
            } else if object.archive == nil {
                objects.append(key)
            }
        }
    }

    private mutating func suspect(
        _ kind: BackupFault.Kind,
        _ named: RecordedPackage.NamedObject,
        at key: ObjectKey,
        changed: Timestamp?,
        found: FoundBytes? = nil,
        _ message: String
    ) {
        var fault = BackupFault(
            kind,
            of: Place(recorded.package, version: named.version, asset: named.asset.name),
            at: key,
            message
        )
        fault.found = found
        suspicions.append(Suspicion(fault: fault, changed: changed))
    }

    // MARK: Documents

    private mutating func compareMetadata() {
        let key = layout.metadataKey(of: recorded.package)
        let newest = recorded.newest
        if let metadata = MavenMetadata.artifactLevel(of: recorded.package, records: newest.values),
            !metadata.versions.isEmpty || listed[key] != nil
        {
            expect(metadata, at: key, names: ("version", Set(newest.keys)))
        }
        for record in newest.values where record.coordinates.isSnapshot {
            // Stays as it was when the version is withdrawn.
            let key = layout.metadataKey(ofSnapshot: record.coordinates)
            explained.insert(key)
            for algorithm in ChecksumAlgorithm.ofDocuments { explained.insert(key.checksumFile(algorithm)) }
        }
        for manifest in recorded.snapshots.values {
            let key = layout.metadataKey(ofSnapshot: manifest.coordinates)
            guard recorded.objects[key] == nil, let metadata = recorded.document(of: manifest) else { continue }
            let builds = metadata.snapshotVersions.map { ExactText($0.value) }
            expect(metadata, at: key, names: ("value", Set(builds)), version: manifest.coordinates.version)
        }
    }

    private mutating func expect(
        _ metadata: MavenMetadata,
        at key: ObjectKey,
        names: (element: String, values: Set<ExactText>),
        version: String? = nil
    ) {
        let bytes = metadata.render()
        expect(bytes, .wrongMetadata, at: key, names: names, version: version)
        for algorithm in ChecksumAlgorithm.ofDocuments {
            let sum = Array(digest(bytes, algorithm).utf8)
            expect(sum, .wrongSidecar, at: key.checksumFile(algorithm), version: version)
        }
    }

    private mutating func expect(
        _ bytes: [UInt8],
        _ kind: BackupFault.Kind,
        at key: ObjectKey,
        names: (element: String, values: Set<ExactText>)? = nil,
        version: String? = nil,
        asset: String? = nil
    ) {
        explained.insert(key)
        let object = listed[key]
        let state = object == nil ? "is absent" : "does not match the manifests"
        let advice =
            asset == nil
            ? "A run with --metadata always rewrites it"
            : "Replace its content with this checksum from the manifest: \(String(decoding: bytes, as: UTF8.self))"
        let fault = BackupFault(
            kind,
            of: Place(recorded.package, version: version, asset: asset),
            at: key,
            "the file \(state). \(advice)"
        )
        let suspicion = Suspicion(fault: fault, changed: [recorded.changed, object?.modified].compactMap(\.self).max())
        guard let object else {
            suspicions.append(suspicion)
            return
        }
        // A store whose ETags are MD5 sums spares the reading.
        if object.size == Int64(bytes.count), object.etag == digest(bytes, .md5) { return }
        if let archive = object.archive {
            let fault = BackupFault(.archivedObject, of: fault.place, at: key, archive.advice)
            suspicions.append(Suspicion(fault: fault, changed: nil))
            return
        }
        documents.append(Document(key: key, bytes: bytes, names: names, suspicion: suspicion))
    }

    /// Sidecars of assets are optional; those that are there must be right.
    private mutating func compareSidecars(_ areWanted: Bool) {
        for (key, named) in recorded.objects {
            guard let newest = named.max(by: { $0.recordedAt < $1.recordedAt }) else { continue }
            let isDocument = newest.asset.name == MavenMetadata.fileName
            // Beside a document, those left behind from when it was made here.
            for algorithm in isDocument ? ChecksumAlgorithm.ofDocuments : [.sha1] {
                guard let sum = newest.asset.checksums[algorithm] else { continue }
                let sidecar = key.checksumFile(algorithm)
                guard recorded.objects[sidecar] == nil, listed[sidecar] != nil || (areWanted && !isDocument) else {
                    continue
                }
                expect(
                    Array(sum.utf8),
                    .wrongSidecar,
                    at: sidecar,
                    version: newest.version,
                    asset: newest.asset.name
                )
            }
        }
    }

    // MARK: Strays

    /// Only two levels down: what is deeper belongs to packages whose group begins with this one's path, and of what
    /// is one level down, all but the package's own document would be an asset of another package.
    private mutating func findStrays() {
        let prefix = layout.packagePrefix(recorded.package).value
        for object in listed.values where !explained.contains(object.key) {
            let rest = Substring(object.key.value.utf8.dropFirst(prefix.utf8.count))
            let parts = rest.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            let isOwnDocument = parts.count == 1 && recorded.isRecorded && MavenMetadata.isDocumentFile(String(rest))
            guard parts.count == 2 || isOwnDocument else { continue }
            let directory = parts.count == 2 ? KeySegment.decode(Substring(parts[0])) : nil
            let place = Place(recorded.package, version: directory)
            let message =
                recorded.faults.isEmpty
                ? "no manifest names this object. A run adopts it if the domain still has it; otherwise it can be deleted"
                : "no manifest that can be read names this object. Keep it until this package's manifests can be read"
            var fault = BackupFault(.stray, of: place, at: object.key, message)
            fault.isNote = true
            suspicions.append(Suspicion(fault: fault, changed: object.modified))
        }
    }
}

extension PackageComparison.Document {
    /// What is wrong with the bytes that are stored; nil where they are right.
    func suspicion(of stored: [UInt8]?) -> Suspicion? {
        if stored == bytes { return nil }
        var suspicion = suspicion
        if let names, let stored {
            let text = String(decoding: stored, as: UTF8.self)
            let unknown = text.split(separator: "<\(names.element)>").dropFirst().compactMap { rest -> String? in
                let value = rest.split(separator: "<", maxSplits: 1, omittingEmptySubsequences: false)[0]
                // Names with such characters are written as references, which are not resolved here.
                return value.contains("&") || names.values.contains(ExactText(String(value))) ? nil : String(value)
            }
            if let first = unknown.first {
                suspicion.fault.kind = .incompleteMetadata
                suspicion.fault.message = "it names \(first), which no manifest records. " + suspicion.fault.message
            }
        }
        return suspicion
    }
}
