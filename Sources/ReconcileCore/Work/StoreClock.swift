import Synchronization

/// This machine's clock with its calendar corrected to the store's. Records are dated by it and compared with it.
///
/// A record dated by a fast clock would outrank every later one. Until the store has shown its time, and for a store
/// that has no clock, the machine's calendar is used unchanged.
package final class StoreClock: RunClock {
    /// The difference, in seconds, that needs no correction: answers take time, and dates are in whole seconds.
    package static let tolerance = 60.0

    private let base: any RunClock
    private let offset = Mutex(0.0)

    package init(_ base: any RunClock) {
        self.base = base
    }

    /// Takes the current time of the store's clock, in seconds since 1970.
    package func see(_ seconds: Double) {
        let ahead = seconds - base.secondsSince1970()
        offset.withLock { $0 = abs(ahead) > Self.tolerance ? ahead : 0 }
    }

    package func now() -> Duration { base.now() }

    package func sleep(for duration: Duration) async throws { try await base.sleep(for: duration) }

    package func secondsSince1970() -> Double { base.secondsSince1970() + offset.withLock { $0 } }
}
