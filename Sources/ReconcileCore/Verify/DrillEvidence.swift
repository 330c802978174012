/// What a verification under trust makes of the evidence of drills: whether it passes, and not what it says.
enum DrillEvidence {
    /// A fault for each that cannot be relied on: one list, and a GET for each. None without a trust file.
    ///
    /// - Throws: what keeps the store from answering; `CancellationError` when it is stopped.
    static func faults(from reader: BackupReader) async throws -> [BackupFault] {
        guard reader.backup.trust != nil else { return [] }
        let store = reader.backup.store
        var faults: [BackupFault] = []
        for key in try await reader.backup.documents(under: reader.backup.layout.drillsPrefix) {
            try reader.checkStop()
            do {
                _ = try await store.read(key, limit: RunReport.maximumBytes)
            } catch let failure as RemoteFailure {
                try await reader.requireOneObject(failure, at: key)
                let kind: BackupFault.Kind = failure.kind == .archived ? .archivedObject : .unreadableManifest
                let message =
                    "the evidence of this drill shows nothing: \(failure.message). Put the signed object back from another copy"
                faults.append(BackupFault(kind, at: key, message))
            }
        }
        return faults
    }
}
