/// Serializes a run's report and stores it next to the backup.
extension RunReport {
    /// The report as JSON: sorted keys, indented, with a final newline.
    package func document() throws -> [UInt8] {
        try StableJSON.page(self)
    }

    /// Stores the report next to the backup, in `runs/` under the day of its start. The report of a run that has
    /// recorded something is read back, because a store may lose what it accepted.
    ///
    /// - Throws: a `conflict` failure if a different report is there, or if the store claims that one exists but has
    ///   none; `absent` if the store has lost the report.
    package func store(in store: any ObjectStore, layout: BackupLayout, startedAt: Timestamp) async throws {
        let key = layout.reportKey(runID: runID, startedAt: startedAt)
        let bytes = try document()
        if isReadBack {
            try await store.createKept(bytes, at: key)
        } else {
            try await store.create(bytes, at: key)
        }
    }

    /// Counts the requests that `store` sends, so that the report includes them.
    package mutating func countStoring(by operations: StoreOperations) {
        requests["\(operations.write)", default: 0] += 1
        if isReadBack { requests["\(operations.read)", default: 0] += 1 }
    }

    private var isReadBack: Bool { versions.copied + versions.deleted > 0 }
}

extension RunReport {
    /// The largest stored report, of a run or a verification, to read, in bytes.
    package static let maximumBytes = 4 * Manifest.maximumBytes
}
