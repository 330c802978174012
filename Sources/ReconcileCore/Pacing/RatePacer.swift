/// The pace of one API: evenly spaced slots at a rate that falls when the service throttles and climbs back.
///
/// A pure value in the manner of the generic cell rate algorithm (ITU-T I.371): `reserve` books the next slot and
/// says how long to wait for it, so any number of callers keep the pace together. Multiplicative decrease, additive
/// increase: a throttled answer halves the rate, at most once a second; each second of success gives back a
/// twentieth of the limit.
package struct RatePacer: Hashable, Sendable {
    /// Requests per second that are never exceeded.
    package let limit: Double
    /// Requests per second now.
    package private(set) var rate: Double
    /// Slots that may be taken at once after a pause.
    private let burst: Double
    /// When the next slot falls due if no burst is left.
    private var nextSlot: Duration = .zero
    private var lastSlowdown: Duration = .seconds(-1)
    private var lastRecovery: Duration = .zero

    /// A hint to wait is followed up to this long; beyond, the run would rather fail and come again.
    package static let longestHold: Duration = .seconds(30)

    /// - Parameter limit: requests per second, above 0.
    package init(limit: Double) {
        self.limit = limit
        rate = limit
        burst = max(1, limit / 20)
    }

    /// Books the next slot and returns the wait until it; zero when it is due.
    package mutating func reserve(at now: Duration) -> Duration {
        let interval = Duration.seconds(1 / rate)
        let earliest = now - interval * (burst - 1)
        let slot = max(nextSlot, earliest)
        nextSlot = slot + interval
        return max(.zero, slot - now)
    }

    /// The service said "too fast", and perhaps for how long to hold off.
    package mutating func slowDown(at now: Duration, retryAfter: Duration?) {
        if now - lastSlowdown >= .seconds(1) {
            rate = max(rate / 2, limit / 100)
            lastSlowdown = now
        }
        lastRecovery = now
        if let retryAfter {
            nextSlot = max(nextSlot, now + min(retryAfter, Self.longestHold))
        }
    }

    /// The service answered in time.
    package mutating func recover(at now: Duration) {
        guard rate < limit, now - lastRecovery >= .seconds(1) else { return }
        rate = min(limit, rate + limit / 20)
        lastRecovery = now
    }
}
