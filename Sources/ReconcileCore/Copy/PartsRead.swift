/// Which parts of a version have been read from the source to their end, so that the version can be described after the
/// last byte and no later.
///
/// A part is an asset, or what else is read of the source for the record. A part that is read again, because storing it
/// failed, is unread until it has come to its end once more.
final class PartsRead: Sendable {
    private struct State {
        var isRead: [Bool]
        var unread: Int
        /// How often a part was read again.
        var rereadings = 0
        var isGivenUp = false
    }

    /// A moment at which every part was read.
    struct Moment: Hashable, Sendable {
        fileprivate let rereadings: Int
    }

    private let state: Monitor<State>

    /// - Parameter count: at least 1.
    init(count: Int) {
        state = Monitor(State(isRead: [Bool](repeating: false, count: count), unread: count))
    }

    /// The last part is read.
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

    /// Some part will never be read: nobody waits any longer.
    func giveUp() {
        state.change { $0.isGivenUp = true }
    }

    /// Waits until every part is read; nil if that will not be.
    func all() async throws -> Moment? {
        try await state.wait { $0.isGivenUp || $0.unread == 0 }
        let state = state.current
        return state.unread == 0 ? Moment(rereadings: state.rereadings) : nil
    }

    /// Whether nothing was read since.
    func isLast(_ moment: Moment) -> Bool {
        state.current.rereadings == moment.rereadings
    }
}
