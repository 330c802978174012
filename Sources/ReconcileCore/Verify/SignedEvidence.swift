/// What a verification under trust makes of what is signed beside the records, and that nothing else reads then: evidence of
/// drills, allowed deletions and statements. Whether each passes, and not what it says.
enum SignedEvidence {
    /// A folder, and what something in it does not do that does not pass.
    struct Folder: Sendable {
        let prefix: ObjectKey
        fileprivate let effect: String
        /// Bytes that an object in it may have.
        fileprivate let limit: Int
    }

    /// Objects that are read at once: a file of a statement may be large.
    private static let width = 4

    /// Where to look; nowhere without a trust file.
    static func folders(of backup: Backup) -> [Folder] {
        guard backup.trust != nil else { return [] }
        let layout = backup.layout
        return [
            Folder(
                prefix: layout.drillsPrefix,
                effect: "the evidence of this drill shows nothing",
                limit: RunReport.maximumBytes
            ),
            Folder(
                prefix: layout.deletionsPrefix,
                effect: "this allows no deletion",
                limit: AllowedDeletions.Allowance.maximumBytes
            ),
            Folder(
                prefix: layout.statementsPrefix,
                effect: "this part of a statement vouches for nothing",
                limit: Statement.maximumBytes
            ),
        ]
    }

    /// A fault for each that cannot be relied on: a list, and a GET for each object.
    ///
    /// - Throws: what keeps the store from answering; `CancellationError` when it is stopped.
    static func faults(in folder: Folder, _ reader: BackupReader) async throws -> [BackupFault] {
        let keys = try await reader.backup.documents(under: folder.prefix)
        let (found, failure) = await sideBySide(keys, width: width) { key in
            try await fault(at: key, in: folder, reader)
        }
        if let failure { throw failure }
        return found.compactMap(\.self)
    }

    /// Nil for one that passes, and for one that is gone.
    private static func fault(
        at key: ObjectKey,
        in folder: Folder,
        _ reader: BackupReader
    ) async throws -> BackupFault? {
        try reader.checkStop()
        do {
            _ = try await reader.backup.store.read(key, limit: folder.limit)
            return nil
        } catch let failure as RemoteFailure {
            try await reader.requireOneObject(failure, at: key)
            let kind: BackupFault.Kind = failure.kind == .archived ? .archivedObject : .unreadableManifest
            let message =
                "\(folder.effect): \(failure.message). Put the signed object back from another copy; if there is none, accept the "
                + "loss with --accept-loss"
            return BackupFault(kind, at: key, message)
        }
    }
}
