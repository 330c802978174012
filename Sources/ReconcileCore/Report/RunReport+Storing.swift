/// A run's report as bytes, and its place beside the backup.
extension RunReport {
    /// The report as JSON: sorted keys, indented, ending in a line end.
    package func document() throws -> [UInt8] {
        try StableJSON.page(self)
    }

    /// Stores the report beside the backup, under `runs/` and the day of its start.
    package func store(in store: any ObjectStore, layout: BackupLayout, startedAt: Timestamp) async throws {
        let key = layout.reportKey(runID: runID, startedAt: startedAt)
        _ = try await store.write(document(), to: key, .createOnly)
    }
}
