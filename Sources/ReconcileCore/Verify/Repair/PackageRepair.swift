/// Repairs what a look found wrong with one package, from the backup itself where that suffices, else from the source.
///
/// Manifests first, then the objects that they name, then what is derived from them. It deletes nothing, and writes
/// over objects whose bytes no manifest names and over derived files, never over a record.
struct PackageRepair {
    private let package: PackageCoordinates
    private let reader: BackupReader
    private let copier: VersionCopier
    private let retirement: RecordRetirement

    init(
        of package: PackageCoordinates,
        reader: BackupReader,
        keepsVersions: Bool,
        with repairSource: Verifier.RepairSource
    ) {
        self.package = package
        self.reader = reader
        retirement = RecordRetirement(reader: reader, recorder: repairSource.recorder, runID: repairSource.runID)
        copier = VersionCopier(
            source: repairSource.source,
            backup: reader.backup,
            places: reader.places,
            recorder: repairSource.recorder,
            keepsVersions: keepsVersions
        )
    }

    /// Repairs what can be repaired. Throws only when it is stopped, or when the manifests can no longer be listed.
    ///
    /// - Returns: why a fault was not repaired, as a part of a sentence; for those that it tried to
    ///   repair.
    func repair(_ faults: [BackupFault]) async throws -> [BackupFault.Identity: String] {
        var reasons: [BackupFault.Identity: String] = [:]
        func attempt(_ faults: [BackupFault], _ repair: () async throws -> Void) async throws {
            guard let reason = try await failure(of: repair) else { return }
            for fault in faults { reasons[fault.identity] = reason }
        }
        let manifests = ManifestRepair(package: package, copier: copier, retirement: retirement)
        let unreadable = faults.filter { [.unreadableManifest, .misplacedManifest].contains($0.kind) }
        // A version's last record first: what it says is recorded once more, and then the others are history.
        for fault in unreadable.sorted(by: { $0.key > $1.key }) {
            try await attempt([fault]) { try await manifests.replace(at: fault.key) }
        }
        var counts = VerifyReport.Counts()
        let recorded = try await reader.record(of: package, &counts)
        var objects = ObjectRepair(package: package, reader: reader, assets: copier.assets)
        let damaged = faults.filter { [.missing, .wrongSize, .wrongBytes, .unreadableObject].contains($0.kind) }
        for (key, faults) in Dictionary(grouping: damaged, by: \.key).sorted(by: { $0.key < $1.key }) {
            try await attempt(faults) { try await objects.repair(key, named: recorded.objects[key] ?? []) }
        }
        let moves = VersionMoves(objects.moves, manifests: manifests)
        try await attempt(damaged) { try await moves.record(in: recorded.records) }
        let derived = DerivedFiles(package: package, reader: reader)
        for fault in faults where [.incompleteMetadata, .wrongMetadata, .wrongSidecar].contains(fault.kind) {
            try await attempt([fault]) { try await derived.write(fault, recorded) }
        }
        for fault in faults where fault.kind == .stray { reasons[fault.identity] = "a repair deletes nothing" }
        for fault in faults where fault.kind == .brokenHistory {
            reasons[fault.identity] = "nothing shows what the records were; put back what is gone or was replaced"
        }
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
