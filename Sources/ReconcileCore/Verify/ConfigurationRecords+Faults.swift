/// What a verification under trust makes of the records of the domain's configuration.
extension ConfigurationRecords {
    /// A fault for each that cannot be relied on: one request for each record.
    ///
    /// - Throws: what keeps the store from answering.
    func faults() async throws -> [BackupFault] {
        var faults: [BackupFault] = []
        for record in listed {
            do {
                _ = try await read(record)
            } catch let failure as RemoteFailure where failure.isOfOneObject {
                faults.append(BackupFault(.unreadableManifest, at: record.key, failure.message))
            }
        }
        return faults
    }
}
