/// What a verification makes of the records of the domain's configuration.
extension ConfigurationRecords {
    /// A fault for each that cannot be relied on, and for what they say of each other: one request for each record.
    ///
    /// - Throws: what keeps the store from answering.
    func faults() async throws -> [BackupFault] {
        var faults = others.map { key in
            let isRecord = layout.configuration(at: key) != nil
            let message =
                isRecord
                ? "this record of the configuration is of the future, and does not count. Delete it, or accept it with --accept-loss"
                : "this key is not that of a record of the configuration. If it was renamed, rename it back; otherwise delete it"
            return BackupFault(isRecord ? .unreadableManifest : .misplacedManifest, at: key, message)
        }
        var chain = RecordChain(in: layout)
        for record in listed { chain.see(record.key, record.name.recordedAt) }
        for record in listed {
            do {
                let found = try await read(record)
                chain.note(record.key, sha256: found.sha256)
                chain.count(record.key, after: found.previous)
            } catch let failure as RemoteFailure where failure.isOfOneObject {
                faults.append(BackupFault(.unreadableManifest, at: record.key, failure.message))
            }
        }
        return try await faults + chain.faults + backup.faults(ofSecondFirstsIn: chain)
    }
}
