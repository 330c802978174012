import ReconcileCore
import Synchronization

/// The index of the records that the newest walk over them saw, while it is filled.
final class KnownRecords: Sendable {
    /// Records to be read, by their positions in the index of one walk.
    struct Batch: Sendable {
        let records: [(position: Int, key: ObjectKey)]
        fileprivate let walk: Int
    }

    private struct State {
        var index: RecordIndex
        var walk = 0
    }

    private let state: Mutex<State>
    /// One that knows nothing, for a walk.
    let empty: RecordIndex

    /// - Parameter limit: bytes.
    init(limit: Int) {
        empty = RecordIndex(limit: limit)
        state = Mutex(State(index: empty))
    }

    /// Asks the index, which nobody changes meanwhile. A copy of it would be copied in full by the next change.
    func ask<Answer>(_ question: (RecordIndex) -> Answer) -> Answer {
        state.withLock { question($0.index) }
    }

    var hasUnread: Bool { state.withLock(\.index.hasUnread) }

    /// Takes the records of a new walk, with what is known of them already.
    func begin(_ index: RecordIndex) {
        var index = index
        index.sort()
        state.withLock { state in
            index.adopt(state.index)
            state.index = index
            state.walk += 1
        }
    }

    /// Records that were not read yet, at most so many; nil for none.
    func unread(_ most: Int) -> Batch? {
        state.withLock { state in
            let positions = state.index.unread(most)
            guard !positions.isEmpty else { return nil }
            return Batch(records: positions.map { ($0, state.index.key(at: $0)) }, walk: state.walk)
        }
    }

    /// Takes in what reading each of a batch gave, in order: nil for one that cannot be read. Nothing where a walk came
    /// between, after which positions mean others.
    func note(_ read: [[UInt8]?], of batch: Batch) {
        state.withLock { state in
            guard state.walk == batch.walk else { return }
            for (record, bytes) in zip(batch.records, read) { state.index.note(bytes, at: record.position) }
        }
    }
}
