/// Repairs what a look found wrong with one package, from the backup itself where that suffices, else from the source.
///
/// Manifests first, then the objects that they name, then what is derived from them. It deletes nothing, and writes
/// over objects whose bytes no manifest names, manifests that cannot be read, derived files, and, where the bucket
/// keeps versions, a manifest that names a lost version of an object: it then names the version that holds the bytes.
struct PackageRepair {
    private let package: PackageCoordinates
    private let reader: BackupReader
    private let assets: AssetCopier
    private let recorder: Manifest.Recorder
    private let replacement: RecordReplacement

    init(
        of package: PackageCoordinates,
        reader: BackupReader,
        keepsVersions: Bool,
        with repairSource: Verifier.RepairSource
    ) {
        self.package = package
        self.reader = reader
        recorder = repairSource.recorder
        replacement = RecordReplacement(
            backup: reader.backup,
            keepsVersions: keepsVersions,
            recorder: repairSource.recorder,
            runID: repairSource.runID
        )
        assets = AssetCopier(
            source: repairSource.source,
            store: reader.backup.store,
            layout: reader.backup.layout,
            keepsVersions: keepsVersions
        )
    }

    /// Repairs what can be repaired. Throws only when it is stopped, or when the manifests can no longer be listed.
    ///
    /// - Returns: why a fault was not repaired, as a part of a sentence; of those that were tried in vain.
    func repair(_ faults: [BackupFault]) async throws -> [BackupFault.Identity: String] {
        var reasons: [BackupFault.Identity: String] = [:]
        func attempt(_ faults: [BackupFault], _ repair: () async throws -> Void) async throws {
            guard let reason = try await failure(of: repair) else { return }
            for fault in faults { reasons[fault.identity] = reason }
        }
        let manifests = ManifestRepair(
            package: package,
            backup: reader.backup,
            assets: assets,
            recorder: recorder,
            replacement: replacement
        )
        for fault in faults where [.unreadableManifest, .misplacedManifest].contains(fault.kind) {
            try await attempt([fault]) { try await manifests.remake(at: fault.key) }
        }
        var counts = VerifyReport.Counts()
        let recorded = try await reader.record(of: package, &counts)
        var objects = ObjectRepair(package: package, reader: reader, assets: assets, replacement: replacement)
        let damaged = faults.filter { [.missing, .wrongSize, .wrongBytes, .unreadableObject].contains($0.kind) }
        for (key, faults) in Dictionary(grouping: damaged, by: \.key).sorted(by: { $0.key < $1.key }) {
            try await attempt(faults) { try await objects.repair(key, named: recorded.objects[key] ?? []) }
        }
        try await attempt(damaged) { try await objects.moveVersionIDs(in: recorded.records, read: manifests.readable) }
        let derived = DerivedFiles(package: package, reader: reader)
        for fault in faults where [.incompleteMetadata, .wrongMetadata, .wrongSidecar].contains(fault.kind) {
            try await attempt([fault]) { try await derived.write(fault, recorded) }
        }
        for fault in faults where fault.kind == .stray { reasons[fault.identity] = "a repair deletes nothing" }
        return reasons
    }

    /// Why a repair failed; nil where it did not.
    private func failure(of repair: () async throws -> Void) async throws -> String? {
        try reader.checkStop()
        do {
            try await repair()
            return nil
        } catch let unmendable as Unmendable {
            return unmendable.reason
        } catch let failure as RemoteFailure {
            return failure.description
        }
    }
}

/// Why something cannot be repaired, as a part of a sentence.
struct Unmendable: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
