/// Tracks which parts of a version have been read completely, so that the version can be described right after its last
/// byte.
///
/// A part is an asset, or anything else that is read from the source for the record. If a part is read again because
/// storing it failed, it counts as unread until that has ended.
final class PartsRead: Sendable {
    private struct State {
        var isRead: [Bool]
        var unread: Int
        /// How many times a part was read again.
        var rereadings = 0
        var isGivenUp = false
    }

    /// A moment at which every part had been read.
    struct Moment: Hashable, Sendable {
        fileprivate let rereadings: Int
    }

    private let state: Monitor<State>

    /// - Parameter count: at least 1.
    init(count: Int) {
        state = Monitor(State(isRead: [Bool](repeating: false, count: count), unread: count))
    }

    /// Reports that the last part has been read.
    func noteLast() {
        note(.ends, of: state.current.isRead.count - 1)
    }

    func note(_ moment: NotedBody.Moment, of part: Int) {
        state.change { state in
            switch (moment, state.isRead[part]) {
            case (.begins, true):
                state.unread += 1
                state.rereadings += 1
            case (.ends, false): state.unread -= 1
            case (.begins, false), (.ends, true): break
            }
            state.isRead[part] = moment == .ends
        }
    }

    /// Reports that some part will never be read, which ends all waits.
    func giveUp() {
        state.change { $0.isGivenUp = true }
    }

    /// Waits until every part has been read; nil if that will never happen.
    func all() async throws -> Moment? {
        try await state.wait { $0.isGivenUp || $0.unread == 0 }
        let state = state.current
        return state.unread == 0 ? Moment(rereadings: state.rereadings) : nil
    }

    /// Whether no part has been read again since that moment.
    func isLast(_ moment: Moment) -> Bool {
        state.current.rereadings == moment.rereadings
    }
}
