/// Whether a backup has anything of a moment in the past.
extension Selection {
    /// Requires a selected record that was made at a moment or before, whatever the shard. Ends with the first page that
    /// has one.
    ///
    /// - Throws: an `absent` failure with the time of the first record where all are later; what keeps the store from
    ///   answering; `CancellationError` when it is stopped.
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
        // It may be where nothing is shown.
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
