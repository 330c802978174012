import Synchronization

/// Keeps a run below the service's quotas, so that the company's builds have the rest, and below what a store allows.
///
/// Callers wait at `admit` before a request and report its outcome. Safe to call from anywhere at any time.
package final class RateGovernor: Sendable {
    /// A queue of this length is full: what is begun beyond it only waits there. A request that follows on another comes a
    /// round trip later, so a shorter one would run dry meanwhile.
    package static let fullQueue: Duration = .milliseconds(200)

    /// A rate with a queue of this length is used whole: more at once would bring no more.
    package static let busyQueue: Duration = .milliseconds(10)

    private let limits: [RateClass: Double]
    private let pacers: Mutex<RatePacers>
    private let clock: any RunClock

    /// - Parameters: as `RatePacers` takes them.
    package init(limits: [RateClass: Double], shards: Int = 1, clock: any RunClock) {
        self.limits = limits
        pacers = Mutex(RatePacers(limits: limits, shards: shards))
        self.clock = clock
    }

    /// Divides the limits again, for a process whose next run is another shard of another number. No request may be
    /// waiting.
    package func divide(among shards: Int) {
        pacers.withLock { $0 = RatePacers(limits: limits, shards: shards) }
    }

    /// How long a waiting request sleeps before it looks at its slots again, which move with the rates.
    private static let nap: Duration = .seconds(1)

    /// Waits until every pace of the operation has a slot for one request; throws `CancellationError` when cancelled
    /// meanwhile.
    package func admit(_ operation: ServiceOperation) async throws {
        var now = clock.now()
        var (turns, wait) = pacers.withLock { pacers in
            let turns = pacers.book(operation, at: now)
            return (turns, pacers.wait(of: turns, at: now))
        }
        while wait > .zero {
            let nap = min(wait, Self.nap)
            try await clock.sleep(for: nap)
            // Also by a clock that a test holds still.
            now = max(clock.now(), now + nap)
            wait = pacers.withLock { $0.wait(of: turns, at: now) }
        }
    }

    /// Whether a request of the operation that is begun now would wait for `fullQueue` or more.
    package func isFull(for operation: ServiceOperation) -> Bool {
        let now = clock.now()
        return pacers.withLock { $0.queue(for: operation, at: now) } >= Self.fullQueue
    }

    /// Whether a request of the operation that is begun now would wait for `busyQueue` or more.
    package func isBusy(for operation: ServiceOperation) -> Bool {
        let now = clock.now()
        return pacers.withLock { $0.queue(for: operation, at: now) } >= Self.busyQueue
    }

    /// A request was answered "too fast".
    package func throttled(_ operation: ServiceOperation, retryAfter: Duration?) {
        let now = clock.now()
        pacers.withLock { $0.refuse(operation, at: now, retryAfter: retryAfter) }
    }

    /// A request was answered.
    package func succeeded(_ operation: ServiceOperation) {
        let now = clock.now()
        pacers.withLock { $0.accept(operation, at: now) }
    }
}
