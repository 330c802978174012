import Synchronization

/// The records that repairs have retired: none of them counts, as long as it holds the bytes that the repair found.
///
/// Safe to use from anywhere.
final class RetiredRecords: Sendable {
    private struct Row {
        /// Of what was found there, each time.
        var sums: Set<String> = []
        /// When it was retired first.
        var since: Timestamp
    }

    private let rows = Mutex<[ObjectKey: Row]>([:])

    /// How many keys are named.
    var count: Int { rows.withLock { $0.count } }

    func add(_ record: RepairRecord) {
        rows.withLock { rows in
            for row in record.rows {
                var known = rows[ObjectKey(row.key)] ?? Row(since: record.recordedAt)
                known.since = min(known.since, record.recordedAt)
                if let sum = row.sha256 { known.sums.insert(sum) }
                rows[ObjectKey(row.key)] = known
            }
        }
    }

    /// The SHA-256 of bytes that no longer count under a key; nil if no repair names it.
    func sums(at key: ObjectKey) -> Set<String>? { rows.withLock { $0[key]?.sums } }

    /// When the record under a key was retired first; nil if no repair names it.
    func time(at key: ObjectKey) -> Timestamp? { rows.withLock { $0[key]?.since } }
}
