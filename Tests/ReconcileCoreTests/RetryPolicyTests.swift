import ReconcileCore
import Synchronization
import TestSupport
import Testing

@Suite struct RetryPolicyTests {
    private static func failure(_ kind: RemoteFailure.Kind, after: Duration? = nil) -> RemoteFailure {
        RemoteFailure(kind, operation: TestOperations.put, target: "key", message: "no", retryAfter: after)
    }

    private let clock = ManualClock()
    private let ledger = RequestLedger()

    private func policy(attempts: Int, budget: Int = 500, random: Double = 0.5) -> RetryPolicy {
        RetryPolicy(
            attempts: attempts,
            ledger: ledger,
            clock: clock,
            budget: RetryPolicy.Budget(capacity: budget),
            random: { random }
        )
    }

    @Test(arguments: [
        (0, false, 100), (1, false, 200), (2, false, 400), (6, false, 6_400), (7, false, 12_800), (8, false, 20_000),
        (60, false, 20_000), (Int.max, false, 20_000), (-1, false, 100),
        (0, true, 1_000), (1, true, 2_000), (4, true, 16_000), (5, true, 20_000),
    ])
    func `the ceiling doubles up to its cap`(retry: Int, throttled: Bool, milliseconds: Int) {
        #expect(RetryPolicy.Backoff().ceiling(retry: retry, throttled: throttled) == .milliseconds(milliseconds))
    }

    @Test func `the wait is a part of the ceiling, on top of what was asked for`() {
        let backoff = RetryPolicy.Backoff()
        #expect(backoff.wait(retry: 3, throttled: false, retryAfter: nil, fraction: 0) == .zero)
        #expect(backoff.wait(retry: 3, throttled: false, retryAfter: nil, fraction: 0.25) == .milliseconds(200))
        #expect(backoff.wait(retry: 0, throttled: true, retryAfter: .seconds(7), fraction: 0.5) == .milliseconds(7_500))
        #expect(backoff.wait(retry: 0, throttled: true, retryAfter: .seconds(900), fraction: 0) == .seconds(30))
    }

    @Test func `a transient failure is tried again until it succeeds`() async throws {
        let calls = Mutex(0)
        let value = try await policy(attempts: 5).run {
            let call = calls.withLock { calls in
                calls += 1
                return calls
            }
            if call == 1 { throw Self.failure(.unavailable) }
            if call == 2 { throw Self.failure(.throttled, after: .seconds(4)) }
            return call
        }
        #expect(value == 3)
        #expect(clock.slept == [.milliseconds(50), .seconds(5)])
        #expect(ledger.snapshot.retries == 2)
    }

    @Test func `the last failure is thrown when the attempts are spent`() async {
        let calls = Mutex(0)
        await #expect(throws: Self.failure(.unavailable)) {
            try await policy(attempts: 3).run {
                calls.withLock { $0 += 1 }
                throw Self.failure(.unavailable)
            }
        }
        #expect(calls.withLock { $0 } == 3)
        #expect(clock.slept == [.milliseconds(50), .milliseconds(100)])
    }

    @Test(arguments: RemoteFailure.Kind.allCases)
    func `only what is transient is tried again`(kind: RemoteFailure.Kind) async {
        let calls = Mutex(0)
        await #expect(throws: Self.failure(kind)) {
            try await policy(attempts: 2).run {
                calls.withLock { $0 += 1 }
                throw Self.failure(kind)
            }
        }
        #expect(calls.withLock { $0 } == ([.throttled, .unavailable].contains(kind) ? 2 : 1))
    }

    @Test func `another error is not tried again`() async {
        struct Odd: Error, Equatable {}
        await #expect(throws: Odd()) { try await policy(attempts: 9).run { throw Odd() } }
        #expect(clock.slept == [])
    }

    @Test func `a spent budget ends retries for all, and successes refill it`() {
        var budget = RetryPolicy.Budget(capacity: 11)
        #expect(budget.pay(throttled: false) == true)
        #expect(budget.pay(throttled: false) == true)
        #expect(budget.pay(throttled: false) == false)
        #expect(budget.pay(throttled: true) == true)
        #expect(budget.pay(throttled: true) == false)
        #expect(budget.tokens == 0)
        for _ in 0..<5 { budget.refund() }
        #expect(budget.pay(throttled: false) == true)
        for _ in 0..<50 { budget.refund() }
        #expect(budget.tokens == 11)
    }

    @Test func `calls of one policy share the budget`() async {
        let policy = policy(attempts: 10, budget: 10)
        let calls = Mutex(0)
        for _ in 0..<3 {
            _ = try? await policy.run {
                calls.withLock { $0 += 1 }
                throw Self.failure(.unavailable)
            }
        }
        #expect(calls.withLock { $0 } == 5)
        #expect(ledger.snapshot.retries == 2)
    }

    @Test func `a cancelled wait ends the retries`() async {
        let outcome = await withTaskGroup(of: Bool.self) { group in
            group.cancelAll()
            group.addTask { [self] in
                do {
                    try await policy(attempts: 5).run { throw Self.failure(.unavailable) }
                    return false
                } catch {
                    return error is CancellationError
                }
            }
            return await group.next()
        }
        #expect(outcome == true)
        #expect(ledger.snapshot.retries == 0)
    }

    @Test func `source and store retry each call, and a copy's body starts over`() async throws {
        let memory = InMemorySource()
        memory.publish(version("1.0"), ["app.jar": "twelve bytes"])
        memory.conduct.fail("codeartifact.ListPackages", calls: 1...2, with: .unavailable)
        memory.conduct.fail("maven.GetAsset", calls: 1...1, with: .unavailable)
        let kept = InMemoryStore()
        kept.conduct.fail("s3.PutObject", calls: 2...2, with: .throttled)
        let policy = policy(attempts: 4)
        let source = RetryingSource(memory, policy: policy)
        let store = RetryingStore(kept, policy: policy)
        #expect(try await source.packages(in: "releases", after: nil).elements.map(\.coordinates) == [app])
        let asset = try #require(try await source.assets(of: version("1.0"), after: nil).assets.first)
        let body = source.body(of: asset, in: version("1.0"))
        #expect(try await store.write(body, of: asset, to: ObjectKey("k"), .createOnly) == .stored(versionID: nil))
        #expect(kept.text(at: "k") == "twelve bytes")
        #expect(memory.conduct.counts["maven.GetAsset"] == 2)
        #expect(kept.conduct.counts["s3.PutObject"] == 3)
        #expect(ledger.snapshot.retries == 4)
    }

    @Test func `a store asks the one that it wraps what it holds`() async throws {
        let dryRun = DryRunStore(InMemoryStore())
        let store = RetryingStore(dryRun, policy: policy(attempts: 1))
        _ = try await store.write([1], to: ObjectKey("k"), .createOnly)
        #expect(try await store.holds([1], at: ObjectKey("k")))
        #expect(dryRun.writes == DryRunStore.Writes(documents: 1, documentsReadBack: 1))
    }
}
