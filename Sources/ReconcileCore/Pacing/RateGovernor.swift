import Synchronization

/// Keeps a run below the service's quotas, so that the company's builds have the rest, and below what a store allows.
///
/// Callers wait in `admit` before a request and report its outcome. Safe to call from any task at any time.
package final class RateGovernor: Sendable {
    /// A queue of this length is full: work started beyond it would only wait there. A shorter queue would run dry,
    /// because a request that follows on another arrives a round trip later.
    package static let fullQueue: Duration = .milliseconds(200)

    /// With a queue of this length the rate is fully used: more concurrency would bring nothing.
    package static let busyQueue: Duration = .milliseconds(10)

    private let limits: [RateClass: Double]
    private let pacers: Mutex<RatePacers>
    private let clock: any RunClock

    /// - Parameters: as for `RatePacers`.
    package init(limits: [RateClass: Double], shards: Int = 1, clock: any RunClock) {
        self.limits = limits
        pacers = Mutex(RatePacers(limits: limits, shards: shards))
        self.clock = clock
    }

    /// Divides the limits again, for a process whose next run has a different shard count. No request may be waiting.
    package func divide(among shards: Int) {
        pacers.withLock { $0 = RatePacers(limits: limits, shards: shards) }
    }

    /// How long a waiting request sleeps before it checks its slots again; they move when the rates change.
    private static let nap: Duration = .seconds(1)

    /// Waits until every pacer of the operation has a slot for one request; throws `CancellationError` if cancelled
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
            // Also advances under a clock that a test has stopped.
            now = max(clock.now(), now + nap)
            wait = pacers.withLock { $0.wait(of: turns, at: now) }
        }
    }

    /// Whether a request of this operation would wait for `fullQueue` or more if it started at this moment.
    package func isFull(for operation: ServiceOperation) -> Bool {
        let now = clock.now()
        return pacers.withLock { $0.queue(for: operation, at: now) } >= Self.fullQueue
    }

    /// Whether a request of this operation would wait for `busyQueue` or more if it started at this moment.
    package func isBusy(for operation: ServiceOperation) -> Bool {
        let now = clock.now()
        return pacers.withLock { $0.queue(for: operation, at: now) } >= Self.busyQueue
    }

    /// Reports that a request was throttled.
    package func throttled(_ operation: ServiceOperation, retryAfter: Duration?) {
        let now = clock.now()
        pacers.withLock { $0.refuse(operation, at: now, retryAfter: retryAfter) }
    }

    /// Reports that a request was answered.
    package func succeeded(_ operation: ServiceOperation) {
        let now = clock.now()
        pacers.withLock { $0.accept(operation, at: now) }
    }
}
