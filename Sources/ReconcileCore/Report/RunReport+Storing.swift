/// A run's report as bytes, and its place beside the backup.
extension RunReport {
    /// The report as JSON: sorted keys, indented, ending in a line end.
    package func document() throws -> [UInt8] {
        try StableJSON.page(self)
    }

    /// Stores the report beside the backup, under `runs/` and the day of its start. That of a run that has recorded
    /// something is read back, since a store may lose what it accepted.
    ///
    /// - Throws: a `conflict` failure if a different report is there, or if the store says that one is but has none;
    ///   `absent` if the store has lost it.
    package func store(in store: any ObjectStore, layout: BackupLayout, startedAt: Timestamp) async throws {
        let key = layout.reportKey(runID: runID, startedAt: startedAt)
        let bytes = try document()
        if isReadBack {
            try await store.createKept(bytes, at: key)
        } else {
            try await store.create(bytes, at: key)
        }
    }

    /// Counts the requests that `store` sends, for the report to name them.
    package mutating func countStoring(by operations: StoreOperations) {
        requests["\(operations.write)", default: 0] += 1
        if isReadBack { requests["\(operations.read)", default: 0] += 1 }
    }

    private var isReadBack: Bool { versions.copied + versions.deleted > 0 }
}

extension RunReport {
    /// Bytes of a stored report, of a run or of a verification, that are read.
    package static let maximumBytes = 4 * Manifest.maximumBytes
}
