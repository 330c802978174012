import Synchronization

/// The records that repairs have retired: none of them counts, as long as it holds the bytes that the repair found.
///
/// Safe to use from anywhere.
final class RetiredRecords: Sendable {
    /// By key, the SHA-256 of what was found there, of each time.
    private let rows = Mutex<[ObjectKey: Set<String>]>([:])

    /// How many keys are named.
    var count: Int { rows.withLock { $0.count } }

    func add(_ record: RepairRecord) {
        rows.withLock { rows in
            for row in record.rows { rows[ObjectKey(row.key), default: []].formUnion([row.sha256].compactMap(\.self)) }
        }
    }

    /// The SHA-256 of bytes that no longer count under a key; nil if no repair names it.
    func sums(at key: ObjectKey) -> Set<String>? { rows.withLock { $0[key] } }
}
