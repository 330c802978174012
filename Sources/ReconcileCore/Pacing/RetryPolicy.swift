import Synchronization

/// How often and how soon a failed request is sent again: capped exponential backoff with full jitter and a budget.
///
/// Full jitter (a wait drawn evenly from zero to the cap) spreads callers that failed together; the budget, shared
/// by all calls of a run, stops retries from multiplying the load on a service that is down.
package final class RetryPolicy: Sendable {
    /// The waits, as pure arithmetic.
    package struct Backoff: Hashable, Sendable {
        package var base: Duration = .milliseconds(100)
        package var throttledBase: Duration = .seconds(1)
        package var cap: Duration = .seconds(20)

        package init() {}

        /// The longest wait before retry `retry` (the first is 0).
        package func ceiling(retry: Int, throttled: Bool) -> Duration {
            let scaled = (throttled ? throttledBase : base) * (1 << min(max(retry, 0), 16))
            return min(scaled, cap)
        }

        /// The wait itself: `fraction` in 0..<1 of the ceiling, and at least what the remote asked for, up to the cap.
        package func wait(retry: Int, throttled: Bool, retryAfter: Duration?, fraction: Double) -> Duration {
            let jittered = ceiling(retry: retry, throttled: throttled) * fraction
            guard let retryAfter else { return jittered }
            return min(retryAfter, RatePacer.longestHold) + jittered
        }
    }

    /// The tokens that retries are paid from: full at the start, refilled slowly by successes.
    package struct Budget: Hashable, Sendable {
        package private(set) var tokens: Int
        private let capacity: Int

        package init(capacity: Int = 500) {
            self.capacity = capacity
            tokens = capacity
        }

        /// Pays for one retry; false when the budget is spent. A throttled retry is cheap: the governor slows down.
        package mutating func pay(throttled: Bool) -> Bool {
            let price = throttled ? 1 : 5
            guard tokens >= price else { return false }
            tokens -= price
            return true
        }

        /// A request succeeded.
        package mutating func refund() {
            tokens = min(capacity, tokens + 1)
        }
    }

    /// Which attempt the task makes of the operation that it runs, from 1.
    @TaskLocal package static var attempt = 1

    private let attempts: Int
    private let backoff: Backoff
    private let budget: Mutex<Budget>
    private let ledger: RequestLedger
    private let clock: any RunClock
    private let random: @Sendable () -> Double

    /// - Parameters:
    ///   - attempts: how often a request is sent at most, the first time counted; at least 1 (AWS_MAX_ATTEMPTS).
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

    /// Runs `operation` until it succeeds, fails for good, or attempts or budget are spent; throws its last error.
    ///
    /// Only a `RemoteFailure` that is transient is tried again. `operation` must be safe to repeat from the start.
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
