import Synchronization

/// Tells a run to wind down: nothing new is started, what runs may finish.
///
/// Raised once, by a signal or a deadline; raising it again changes nothing.
package final class StopSignal: Sendable {
    /// Why a run winds down.
    package enum Reason: String, Hashable, Sendable {
        case deadline
        case signal
    }

    private let state = Mutex<Reason?>(nil)

    package init() {}

    package func raise(_ reason: Reason) {
        state.withLock { $0 = $0 ?? reason }
    }

    /// Why the run winds down; nil while it goes on.
    package var reason: Reason? { state.withLock { $0 } }

    /// How work ended that did not come to its end, as the start of a sentence.
    var ending: String {
        switch reason {
        case .signal: "interrupted (signal)"
        case .deadline: "stopped (deadline)"
        case nil: "stopped early"
        }
    }
}
