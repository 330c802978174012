import Synchronization

/// This machine's clock, with its calendar corrected by that of the store: what records are dated by and compared with.
///
/// A record that is dated by a clock that is ahead would outrank every later one. Until the store has shown its time, and
/// for a store without a clock of its own, the machine's calendar is used unchanged.
package final class StoreClock: RunClock {
    /// Seconds by which the two may differ without a correction: answers take time, and dates are in whole seconds.
    package static let tolerance = 60.0

    private let base: any RunClock
    private let offset = Mutex(0.0)

    package init(_ base: any RunClock) {
        self.base = base
    }

    /// Takes in what the store's clock says now, in seconds since 1970.
    package func see(_ seconds: Double) {
        let ahead = seconds - base.secondsSince1970()
        offset.withLock { $0 = abs(ahead) > Self.tolerance ? ahead : 0 }
    }

    package func now() -> Duration { base.now() }

    package func sleep(for duration: Duration) async throws { try await base.sleep(for: duration) }

    package func secondsSince1970() -> Double { base.secondsSince1970() + offset.withLock { $0 } }
}
