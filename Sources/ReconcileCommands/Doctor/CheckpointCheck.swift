import ReconcileApp
import ReconcileCore

/// Reports on the newest checkpoint.
extension BackupChecks {
    func newestCheckpoint() async throws -> Check {
        let name = "newest checkpoint"
        guard sight.hasRecords != false else { return .good(name, "none yet: there is nothing to compare") }
        let now = clock.timestamp
        do {
            let found = try await Checkpoints.read(of: backup.backup, repositories: [], at: now)
            if let key = found.unreadable.first {
                return .bad(name, "\(key) cannot be read, or is dated in the future", "reconcile verify")
            }
            guard let newest = found.newest?.checkpoint else {
                return .unknown(
                    name,
                    "none yet; a run of the whole domain writes one once there are records more than an hour old"
                )
            }
            return Self.newestCheckpoint(newest, now: clock.secondsSince1970())
        } catch let failure as RemoteFailure {
            return .failed(name, failure)
        }
    }

    /// - Parameter now: seconds since 1970.
    static func newestCheckpoint(_ checkpoint: Checkpoint, now: Double) -> Check {
        let name = "newest checkpoint"
        let age = Age(of: checkpoint.startedAt.extended, now: now)
        let words =
            "\(Quantity.count(checkpoint.records.count, "record")) up to \(checkpoint.cutoff.extended), by a run \(age.words)"
        if let key = checkpoint.contradicts.first {
            return .bad(
                name,
                "\(words), which found that the records contradict \(key)",
                "\(Guide.trust) says how to find out what was removed or slipped in"
            )
        }
        guard let seconds = age.seconds, seconds < overdue else {
            return .unknown(name, "\(words); are runs finishing?")
        }
        return .good(name, words)
    }
}
