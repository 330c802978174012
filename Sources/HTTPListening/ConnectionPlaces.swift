import NIOCore
import Synchronization

/// Limits how many connections a server has open, and decides which one to close for a new one.
///
/// At the limit, the connection that has waited longest for a request is closed. If every connection has a request in
/// progress, the new one gets no place.
package final class ConnectionPlaces: Sendable {
    private struct State {
        var open = 0
        /// Connections without a request, keyed by the order in which they began to wait.
        var waiting: [Int: any Channel] = [:]
        var nextTurn = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    package init(limit: Int) {
        self.limit = limit
    }

    /// Reserves a place for a connection until it closes; false if there is none.
    func take(for channel: any Channel) -> Bool {
        var idle: (any Channel)?
        let isTaken = state.withLock { state in
            if state.open >= limit {
                guard let turn = state.waiting.keys.min() else { return false }
                idle = state.waiting.removeValue(forKey: turn)
            }
            state.open += 1
            return true
        }
        idle?.close(promise: nil)
        guard isTaken else { return false }
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { $0.open -= 1 }
        }
        return true
    }

    /// Marks a connection as waiting for a request. Pass the result to `endWait` when the wait ends.
    func beginWait(of channel: any Channel) -> Int {
        state.withLock { state in
            state.nextTurn += 1
            state.waiting[state.nextTurn] = channel
            return state.nextTurn
        }
    }

    /// Ends a wait; a second call for the same wait does nothing.
    func endWait(_ turn: Int) {
        _ = state.withLock { $0.waiting.removeValue(forKey: turn) }
    }
}
