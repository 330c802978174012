/// Writes over a record, as only a repair does: where the store keeps versions, after it has been written down.
struct RecordReplacement: Sendable {
    let backup: Backup
    let keepsVersions: Bool
    let recorder: Manifest.Recorder
    let runID: String

    /// - Parameter reason: why the record is written again, as a part of a sentence.
    func write(_ bytes: [UInt8], over key: ObjectKey, because reason: String) async throws {
        if keepsVersions { try await writeDown(key, reason) }
        _ = try await backup.store.write(bytes, to: key, .overwrite)
    }

    /// Before the record itself: a repair that ends between the two leaves the old fault, and no new one.
    private func writeDown(_ key: ObjectKey, _ reason: String) async throws {
        // What cannot be read is written over all the same.
        let found = try? await backup.store.read(key, limit: Manifest.maximumBytes)
        let record = RepairRecord(
            domain: backup.layout.domain,
            recordedAt: Timestamp(secondsSince1970: backup.clock.secondsSince1970()),
            recordedBy: recorder,
            rows: [
                RepairRecord.Row(
                    key: key.value,
                    sha256: found.map { backup.hashes.digest($0, .sha256) },
                    reason: reason
                )
            ]
        )
        let bytes = record.canonicalBytes()
        // A repair may name several records in a second, and one twice.
        let name = "\(runID)-\(backup.hashes.digest(bytes, .sha256).prefix(16))"
        try await backup.store.create(bytes, at: backup.layout.repairKey(at: record.recordedAt, runID: name))
    }
}
