import ReconcileCore
import Synchronization

/// A clock that stands still until it is told to move or someone sleeps: a sleep takes no real time and moves it.
///
/// Sleeps of several tasks add up, as if they were taken one after another.
package final class ManualClock: RunClock {
    private struct State {
        var now: Duration = .zero
        var slept: [Duration] = []
    }

    private let start: Double
    private let state = Mutex(State())

    /// - Parameter time: what the calendar shows at first, in the extended spelling; tests fail loudly on nonsense.
    package init(at time: String = "2026-11-22T08:36:12Z") {
        guard let start = Timestamp(extended: time) else { fatalError("\(time) is no time") }
        self.start = Double(start.seconds)
    }

    /// Moves the clock on, or back where a test is about that.
    package func advance(by duration: Duration) {
        state.withLock { $0.now += duration }
    }

    /// Every wait so far, in order.
    package var slept: [Duration] { state.withLock { $0.slept } }

    package func now() -> Duration { state.withLock { $0.now } }

    package func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.now += duration
            state.slept.append(duration)
        }
        await Task.yield()
        try Task.checkCancellation()
    }

    package func secondsSince1970() -> Double { start + now().inSeconds }
}
