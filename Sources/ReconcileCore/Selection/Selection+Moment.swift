/// Checks whether a backup has records from before a moment in the past.
extension Selection {
    /// Requires at least one selected record made at or before a moment, regardless of the shard. Stops after the first
    /// page that has one.
    ///
    /// - Throws: an `absent` failure with the time of the first record if all are later; a failure of the store;
    ///   `CancellationError` if stopped.
    package func requireRecord(
        in backup: Backup,
        asOf moment: Timestamp,
        operation: ServiceOperation,
        stop: StopSignal
    ) async throws {
        struct Found: Error {}
        var whole = self
        whole.shard = .whole
        var first: Timestamp?
        var hidden: RemoteFailure?
        do {
            try await whole.forEachRecord(in: backup, stop: stop) { record in
                guard record.recordedAt > moment else { throw Found() }
                first = min(first ?? record.recordedAt, record.recordedAt)
            } hiding: { folder in
                hidden = hidden ?? folder.failure
            }
        } catch is Found {
            return
        }
        // The record may be in a folder that the store refuses to list.
        if let hidden { throw hidden }
        guard let first else { return }
        throw RemoteFailure(
            .absent,
            operation: operation,
            target: backup.store.location,
            message: "nothing of it was recorded by \(moment.extended); its first record is of \(first.extended). "
                + "Choose a later --as-of"
        )
    }
}
