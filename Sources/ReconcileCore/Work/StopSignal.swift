import Synchronization

/// Makes a run wind down: nothing new starts, running work may finish.
///
/// A signal or a deadline raises it; raising it again has no effect.
package final class StopSignal: Sendable {
    /// Why a run is winding down.
    package enum Reason: String, Hashable, Sendable {
        case deadline
        case signal
    }

    private let state = Mutex<Reason?>(nil)

    package init() {}

    package func raise(_ reason: Reason) {
        state.withLock { $0 = $0 ?? reason }
    }

    /// Why the run is winding down; nil if it isn't.
    package var reason: Reason? { state.withLock { $0 } }

    /// How unfinished work ended, as the start of a sentence.
    var ending: String {
        switch reason {
        case .signal: "interrupted (signal)"
        case .deadline: "stopped (deadline)"
        case nil: "stopped early"
        }
    }
}
