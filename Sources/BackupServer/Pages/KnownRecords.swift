import ReconcileCore
import Synchronization

/// The index of the records seen by the last walk, which is filled as records are read.
final class KnownRecords: Sendable {
    /// Records to read, with their positions in the index of one walk.
    struct Batch: Sendable {
        let records: [(position: Int, key: ObjectKey)]
        fileprivate let walk: Int
    }

    private struct State {
        var index: RecordIndex
        var walk = 0
    }

    private let state: Mutex<State>
    /// An empty index to fill during a walk.
    let empty: RecordIndex

    /// - Parameter limit: the maximum size of the index in bytes.
    init(limit: Int) {
        empty = RecordIndex(limit: limit)
        state = Mutex(State(index: empty))
    }

    /// Asks the index under a lock. The closure must not keep the index: the next change would then have to copy it in
    /// full.
    func ask<Answer>(_ question: (RecordIndex) -> Answer) -> Answer {
        state.withLock { question($0.index) }
    }

    var hasUnread: Bool { state.withLock(\.index.hasUnread) }

    /// Replaces the index with that of a new walk, and keeps what is already known about its records.
    func begin(_ index: RecordIndex) {
        var index = index
        index.sort()
        state.withLock { state in
            index.adopt(state.index)
            state.index = index
            state.walk += 1
        }
    }

    /// Returns at most `most` records that were not read yet; nil if there are none.
    func unread(_ most: Int) -> Batch? {
        state.withLock { state in
            let positions = state.index.unread(most)
            guard !positions.isEmpty else { return nil }
            return Batch(records: positions.map { ($0, state.index.key(at: $0)) }, walk: state.walk)
        }
    }

    /// Adds the results of reading a batch, in order; nil for a record that cannot be read. Does nothing if there was a
    /// new walk since, because positions then refer to other records.
    func note(_ read: [[UInt8]?], of batch: Batch) {
        state.withLock { state in
            guard state.walk == batch.walk else { return }
            for (record, bytes) in zip(batch.records, read) { state.index.note(bytes, at: record.position) }
        }
    }
}
