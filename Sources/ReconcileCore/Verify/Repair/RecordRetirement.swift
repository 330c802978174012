/// Puts down that a record no longer counts: an object under `repairs/`, create-only. The record itself stays.
struct RecordRetirement: Sendable {
    let reader: BackupReader
    let recorder: Manifest.Recorder
    let runID: String

    /// - Parameter reason: why the record no longer counts, as a part of a sentence.
    func retire(_ key: ObjectKey, because reason: String) async throws {
        let backup = reader.backup
        guard let found = try await reader.sha256(at: key) else { return }
        let record = RepairRecord(
            domain: backup.layout.domain,
            recordedAt: backup.now,
            recordedBy: recorder,
            rows: [RepairRecord.Row(key: key.value, sha256: found, reason: reason)]
        )
        let bytes = record.canonicalBytes()
        // A repair may name several records in a second, and one twice.
        let name = "\(runID)-\(backup.hashes.digest(bytes, .sha256).prefix(16))"
        try await backup.store.createKept(bytes, at: backup.layout.repairKey(at: record.recordedAt, runID: name))
        reader.retired.add(record)
    }
}
