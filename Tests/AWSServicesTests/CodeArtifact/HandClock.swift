import ReconcileCore
import Synchronization

/// A clock that moves when a test moves it. Nobody waits by it; it notes who would have.
final class HandClock: RunClock {
    private let elapsed = Mutex(Duration.zero)
    private let sleeps = Mutex<[Duration]>([])
    private let start: Double

    init(secondsSince1970 start: Double = 1_768_478_400) {
        self.start = start
    }

    func advance(by duration: Duration) {
        elapsed.withLock { $0 += duration }
    }

    /// The waits that were asked for.
    var waits: [Duration] { sleeps.withLock { $0 } }

    func now() -> Duration { elapsed.withLock { $0 } }
    func sleep(for duration: Duration) async throws { sleeps.withLock { $0.append(duration) } }
    func secondsSince1970() -> Double { start + now().inSeconds }
}
