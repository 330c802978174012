/// Writes again what follows from one package's manifests: its documents and checksum files.
struct DerivedFiles {
    let package: PackageCoordinates
    let reader: BackupReader

    /// - Parameter recorded: what the manifests say, once they are repaired.
    func write(_ fault: BackupFault, _ recorded: RecordedPackage) async throws {
        let publisher = reader.backup.publisher
        if fault.place.asset != nil {
            return try await writeSidecar(fault.key, recorded)
        }
        guard let version = fault.place.version else {
            // Over what is there, for it may be what cannot be read.
            try await publisher.publish(package)
            return try await publisher.settle(package)
        }
        guard let manifest = recorded.snapshots[ExactText(version)] else {
            throw Unmendable("the newest manifest of \(version) cannot be read")
        }
        try await publisher.publishSnapshot(adding: manifest)
        try await publisher.settleSnapshot(of: manifest.coordinates)
    }

    private func writeSidecar(_ key: ObjectKey, _ recorded: RecordedPackage) async throws {
        guard let (file, algorithm) = ChecksumAlgorithm.split(key.value),
            let newest = recorded.objects[ObjectKey(file)]?.max(by: { $0.recordedAt < $1.recordedAt }),
            let sum = newest.asset.checksums[algorithm]
        else { throw Unmendable("no manifest that can be read names a checksum for it") }
        _ = try await reader.backup.store.write(Array(sum.utf8), to: key, .overwrite)
    }
}
