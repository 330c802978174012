/// A run's report as bytes, and its place beside the backup.
extension RunReport {
    /// The report as JSON: sorted keys, indented, ending in a line end.
    package func document() throws -> [UInt8] {
        try StableJSON.page(self)
    }

    /// Stores the report beside the backup, under `runs/` and the day of its start.
    ///
    /// - Throws: a `conflict` failure if a different report is there, or if the store says that one is but has none.
    package func store(in store: any ObjectStore, layout: BackupLayout, startedAt: Timestamp) async throws {
        let key = layout.reportKey(runID: runID, startedAt: startedAt)
        let bytes = try document()
        try await store.create(bytes, at: key)
    }
}

extension RunReport {
    /// Bytes of a stored report, of a run or of a verification, that are read.
    package static let maximumBytes = 4 * Manifest.maximumBytes
}
