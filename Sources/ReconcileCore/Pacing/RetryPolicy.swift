import Synchronization

/// How often and how soon to retry a failed request: capped exponential backoff with full jitter and a budget.
///
/// Full jitter (a wait drawn evenly from zero to the cap) spreads out callers that failed together. All calls of a run
/// share the budget, which keeps retries from multiplying the load on a service that is down.
package final class RetryPolicy: Sendable {
    /// The wait times, as pure arithmetic.
    package struct Backoff: Hashable, Sendable {
        package var base: Duration = .milliseconds(100)
        package var throttledBase: Duration = .seconds(1)
        package var cap: Duration = .seconds(20)

        package init() {}

        /// The longest jittered wait before retry number `retry`, counted from 0.
        package func ceiling(retry: Int, throttled: Bool) -> Duration {
            let scaled = (throttled ? throttledBase : base) * (1 << min(max(retry, 0), 16))
            return min(scaled, cap)
        }

        /// The wait: `fraction` (0..<1) of the ceiling, plus what the remote asked for, up to `RatePacer.longestHold`.
        package func wait(retry: Int, throttled: Bool, retryAfter: Duration?, fraction: Double) -> Duration {
            let jittered = ceiling(retry: retry, throttled: throttled) * fraction
            guard let retryAfter else { return jittered }
            return min(retryAfter, RatePacer.longestHold) + jittered
        }
    }

    /// The tokens that retries cost: full at the start, and successes slowly refill them.
    package struct Budget: Hashable, Sendable {
        package private(set) var tokens: Int
        private let capacity: Int

        package init(capacity: Int = 500) {
            self.capacity = capacity
            tokens = capacity
        }

        /// Pays for one retry; false if the budget is spent. A throttled retry is cheap, because the governor slows
        /// down anyway.
        package mutating func pay(throttled: Bool) -> Bool {
            let price = throttled ? 1 : 5
            guard tokens >= price else { return false }
            tokens -= price
            return true
        }

        /// Refunds one token for a successful request.
        package mutating func refund() {
            tokens = min(capacity, tokens + 1)
        }
    }

    /// The number of the current attempt in this task, from 1.
    @TaskLocal package static var attempt = 1

    private let attempts: Int
    private let backoff: Backoff
    private let budget: Mutex<Budget>
    private let ledger: RequestLedger
    private let clock: any RunClock
    private let random: @Sendable () -> Double

    /// - Parameters:
    ///   - attempts: the most attempts for one request, including the first; at least 1 (AWS_MAX_ATTEMPTS).
    ///   - random: draws evenly from 0..<1.
    package init(
        attempts: Int,
        ledger: RequestLedger,
        clock: any RunClock,
        backoff: Backoff = Backoff(),
        budget: Budget = Budget(),
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.attempts = max(1, attempts)
        self.ledger = ledger
        self.clock = clock
        self.backoff = backoff
        self.budget = Mutex(budget)
        self.random = random
    }

    /// Runs `operation` until it succeeds, fails for good, or attempts or budget run out; throws the last error.
    ///
    /// Only a transient `RemoteFailure` is retried. `operation` must be safe to repeat from the start.
    package func run<Value>(_ operation: () async throws -> Value) async throws -> Value {
        var retry = 0
        while true {
            do {
                let value =
                    retry == 0
                    ? try await operation()
                    : try await Self.$attempt.withValue(retry + 1) { try await operation() }
                budget.withLock { $0.refund() }
                return value
            } catch let failure as RemoteFailure where failure.isTransient {
                let throttled = failure.kind == .throttled
                guard retry + 1 < attempts, budget.withLock({ $0.pay(throttled: throttled) }) else { throw failure }
                let wait = backoff.wait(
                    retry: retry,
                    throttled: throttled,
                    retryAfter: failure.retryAfter,
                    fraction: random()
                )
                try await TransferPlaces.withoutPlace { try await clock.sleep(for: wait) }
                ledger.retried()
                retry += 1
            }
        }
    }
}
