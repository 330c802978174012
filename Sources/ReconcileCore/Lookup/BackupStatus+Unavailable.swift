/// Versions that have a record, and of which the newest state is not in the backup: it never was, or the record says nothing.
extension BackupStatus {
    /// Records of withdrawn versions that are read at most: one GET each.
    private static let maximumWithdrawn = 1000
    /// Records that are read at once.
    static let width = 8

    /// - Parameter withdrawn: the newest records of versions whose bytes the service no longer gives.
    mutating func findUnavailable(
        _ withdrawn: [ManifestRecord],
        in backup: Backup,
        _ stop: StopSignal
    ) async throws {
        unread = max(0, withdrawn.count - Self.maximumWithdrawn)
        let looked = Array(withdrawn.prefix(Self.maximumWithdrawn))
        let results = try await backup.catalog.read(looked, width: Self.width, stop)
        // Where a report could be read, the right to read is not missing as a whole.
        if runs.isEmpty { try results.requireSomeAllowed() }
        for (record, result) in zip(looked, results) {
            switch result {
            case .success(let manifest):
                if manifest.isUnavailable { unavailable.append(record.coordinates) }
            case .failure(let failure):
                // A fault of the backup, which verify names.
                guard [.absent, .archived, .denied, .untrusted].contains(failure.kind) else { throw failure }
                unread += 1
            }
        }
    }

    /// - Parameter lost: the newest records of versions, whose loss was accepted. One that was put right since is none.
    mutating func findAccepted(_ lost: [ManifestRecord], in backup: Backup, _ stop: StopSignal) async throws {
        for (record, result) in zip(lost, try await backup.catalog.read(lost, width: Self.width, stop)) {
            switch result {
            case .success(let manifest): if manifest.isUnavailable { unavailable.append(record.coordinates) }
            case .failure: acceptedAsLost.append(record.coordinates)
            }
        }
    }

    /// Takes in that the loss of an emptied record was accepted.
    ///
    /// - Parameter newest: of the version's records that count; nil if there is none.
    mutating func addAccepted(_ record: ManifestRecord, after newest: Timestamp?) {
        if let newest, newest >= record.recordedAt { return }
        if newest == nil { versions += 1 }
        acceptedAsLost.append(record.coordinates)
    }
}
