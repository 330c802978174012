import Synchronization

/// Keeps a run below the service's quotas, so that the company's builds have the rest.
///
/// Callers wait at `admit` before a request and report its outcome. Safe to call from anywhere at any time.
package final class RateGovernor: Sendable {
    private let limits: [RateClass: Double]
    private let pacers: Mutex<[RateClass: RatePacer]>
    private let clock: any RunClock

    /// - Parameters:
    ///   - limits: requests per second by class; a class without one is not limited.
    ///   - shards: how many runs share the limits; each takes an equal part.
    package init(limits: [RateClass: Double], shards: Int = 1, clock: any RunClock) {
        self.limits = limits
        pacers = Mutex(Self.pacers(limits, shards))
        self.clock = clock
    }

    /// Divides the limits again, for a process whose next run is another shard of another number.
    package func divide(among shards: Int) {
        pacers.withLock { $0 = Self.pacers(limits, shards) }
    }

    private static func pacers(_ limits: [RateClass: Double], _ shards: Int) -> [RateClass: RatePacer] {
        limits.mapValues { RatePacer(limit: $0 / Double(max(1, shards))) }
    }

    /// Waits until every class has a slot for one request; throws `CancellationError` when cancelled meanwhile.
    package func admit(_ classes: [RateClass]) async throws {
        let now = clock.now()
        let wait = pacers.withLock { pacers in
            classes.reduce(Duration.zero) { longest, kind in
                max(longest, pacers[kind]?.reserve(at: now) ?? .zero)
            }
        }
        if wait > .zero {
            try await clock.sleep(for: wait)
        }
    }

    /// A request of these classes was answered "too fast".
    package func throttled(_ classes: [RateClass], retryAfter: Duration?) {
        let now = clock.now()
        pacers.withLock { pacers in
            for kind in classes {
                pacers[kind]?.slowDown(at: now, retryAfter: retryAfter)
            }
        }
    }

    /// A request of these classes was answered.
    package func succeeded(_ classes: [RateClass]) {
        let now = clock.now()
        pacers.withLock { pacers in
            for kind in classes {
                pacers[kind]?.recover(at: now)
            }
        }
    }
}
