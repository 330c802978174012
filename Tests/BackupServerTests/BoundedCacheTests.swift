import ReconcileCore
import Synchronization
import TestSupport
import Testing

@testable import BackupServer

/// What is kept, and how much of it.
@Suite struct BoundedCacheTests {
    private func cache(limit: Int, clock: ManualClock = ManualClock()) -> BoundedCache<Int, Int> {
        BoundedCache(limit: limit, timeToLive: .seconds(10), clock: clock) { $0 }
    }

    @Test func `the total never exceeds the limit, whatever is asked for`() async throws {
        let cache = cache(limit: 100)
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<10_000 {
            let key = Int.random(in: 0..<60, using: &generator)
            #expect(try await cache.value(for: key) { key } == key)
            #expect(cache.totalCost <= 100)
        }
    }

    @Test func `what is asked for again and again stays, what is not is forgotten`() async throws {
        let cache = cache(limit: 100)
        let loads = Mutex<[Int: Int]>([:])
        for number in 0..<200 {
            for key in [1, 2 + number % 40] {
                _ = try await cache.value(for: key) {
                    loads.withLock { $0[key, default: 0] += 1 }
                    return 5
                }
            }
        }
        #expect(loads.withLock { $0[1] } == 1)
        #expect(loads.withLock { $0[2] } == 5)
    }

    @Test func `a value that is too large is passed on and not kept`() async throws {
        let cache = cache(limit: 100)
        #expect(try await cache.value(for: 1) { 51 } == 51)
        #expect(cache.totalCost == 0)
        #expect(try await cache.value(for: 1) { 50 } == 50)
        #expect(cache.totalCost == 50)
    }

    @Test func `a value is got anew when its time is over`() async throws {
        let clock = ManualClock()
        let cache = cache(limit: 100, clock: clock)
        #expect(try await cache.value(for: 1) { 1 } == 1)
        clock.advance(by: .milliseconds(9_999))
        #expect(try await cache.value(for: 1) { 2 } == 1)
        clock.advance(by: .milliseconds(1))
        #expect(try await cache.value(for: 1) { 2 } == 2)
    }

    @Test(arguments: [RemoteFailure.Kind.unavailable, .unreachable, .throttled])
    func `what was right is given for an hour while the store gives no answer`(kind: RemoteFailure.Kind) async throws {
        let clock = ManualClock()
        let cache = cache(limit: 100, clock: clock)
        let failure = RemoteFailure(kind, operation: TestOperations.getAsset, target: "t", message: "gone")
        #expect(try await cache.value(for: 1) { 1 } == 1)
        clock.advance(by: .seconds(11))
        #expect(try await cache.value(for: 1) { throw failure } == 1)
        clock.advance(by: .seconds(3_600))
        await #expect(throws: failure) { try await cache.value(for: 1) { throw failure } }
    }

    // MARK: A store that does not answer

    /// A value that is over, and is got anew only once `answers` is told so.
    private func waiting(
        patience: Duration
    ) async throws -> (cache: BoundedCache<Int, Int>, freshness: Freshness, answers: Monitor<Bool>, clock: ManualClock)
    {
        let (clock, freshness) = (ManualClock(), Freshness())
        let cache = BoundedCache<Int, Int>(
            limit: 100,
            timeToLive: .seconds(10),
            clock: clock,
            freshness: freshness,
            patience: patience
        ) { $0 }
        #expect(try await cache.value(for: 1) { 1 } == 1)
        clock.advance(by: .seconds(11))
        return (cache, freshness, Monitor(false), clock)
    }

    @Test func `while a value is got anew for too long that of before is given, and the getting goes on`() async throws
    {
        let (cache, freshness, answers, _) = try await waiting(patience: .milliseconds(50))
        let loads = Mutex(0)
        let load: @Sendable () async throws -> Int = {
            loads.withLock { $0 += 1 }
            try await answers.wait { $0 }
            return 2
        }
        #expect(try await cache.value(for: 1, load) == 1)
        #expect(freshness.isBehind)
        // Nobody else waits, and nothing more is asked.
        for _ in 0..<100 { #expect(try await cache.value(for: 1, load) == 1) }
        #expect(loads.withLock(\.self) == 1)
        answers.change { $0 = true }
        while freshness.isBehind { await Task.yield() }
        #expect(try await cache.value(for: 1) { 3 } == 2)
    }

    @Test func `a late getting that fails in the end leaves what was right for an hour`() async throws {
        let (cache, freshness, answers, clock) = try await waiting(patience: .milliseconds(50))
        let failure = RemoteFailure(.unreachable, operation: TestOperations.getAsset, target: "t", message: "gone")
        let load: @Sendable () async throws -> Int = {
            try await answers.wait { $0 }
            throw failure
        }
        #expect(try await cache.value(for: 1, load) == 1)
        answers.change { $0 = true }
        #expect(try await cache.value(for: 1, load) == 1 && freshness.isBehind)
        clock.advance(by: .seconds(3_600))
        await #expect(throws: failure) { try await cache.value(for: 1, load) }
    }

    @Test func `without a value of before whoever asks waits, or leaves when it is cancelled`() async throws {
        let (cache, _, answers, _) = try await waiting(patience: .milliseconds(1))
        let asking = Task {
            try await cache.value(for: 2) {
                try await answers.wait { $0 }
                return 7
            }
        }
        try await Task.sleep(for: .milliseconds(50))
        asking.cancel()
        await #expect(throws: CancellationError.self) { try await asking.value }
        let late = try await cache.value(for: 2, within: .milliseconds(20)) {
            try await answers.wait { $0 }
            return 7
        }
        #expect(late == nil)
        answers.change { $0 = true }
    }

    @Test func `what nobody waits for any more is got all the same, for those who ask again`() async throws {
        let (cache, _, answers, _) = try await waiting(patience: .milliseconds(1))
        let loads = Mutex(0)
        let load: @Sendable () async throws -> Int = {
            loads.withLock { $0 += 1 }
            try await answers.wait { $0 }
            return 7
        }
        for _ in 0..<3 {
            let asking = Task { try await cache.value(for: 2, load) }
            while loads.withLock({ $0 }) == 0 { await Task.yield() }
            asking.cancel()
            await #expect(throws: CancellationError.self) { try await asking.value }
        }
        answers.change { $0 = true }
        #expect(try await cache.value(for: 2, load) == 7)
        #expect(loads.withLock { $0 } == 1)
    }

    @Test func `only so many values are got for nobody`() async throws {
        let cache = cache(limit: 100)
        let (going, answers) = (Monitor(Set<Int>()), Monitor(false))
        func load(_ key: Int) -> @Sendable () async throws -> Int {
            {
                going.change { _ = $0.insert(key) }
                defer { going.change { _ = $0.remove(key) } }
                try await answers.wait { $0 }
                return 1
            }
        }
        let most = BoundedCache<Int, Int>.unawaited
        for key in 0..<most + 20 {
            let asking = Task { try await cache.value(for: key, load(key)) }
            try await going.wait { $0.contains(key) }
            asking.cancel()
            await #expect(throws: CancellationError.self) { try await asking.value }
        }
        try await going.wait { $0 == Set(0..<most) }
        // Whoever asks for one of those that were cancelled gets it got anew.
        let asking = Task { try await cache.value(for: most, load(most)) }
        try await going.wait { $0.contains(most) }
        answers.change { $0 = true }
        #expect(try await asking.value == 1)
    }

    @Test func `where too many are got for nobody, what was right is given for five more seconds`() async throws {
        let (cache, freshness, answers, clock) = try await waiting(patience: .milliseconds(1))
        let loads = Monitor(0)
        let load: @Sendable () async throws -> Int = {
            loads.change { $0 += 1 }
            try await answers.wait { $0 }
            return 2
        }
        for key in 0..<BoundedCache<Int, Int>.unawaited {
            #expect(try await cache.value(for: 100 + key, within: .milliseconds(1), load) == nil)
        }
        #expect(try await cache.value(for: 1, load) == 1)
        let count = loads.current
        // Its load was cancelled, and none is begun before the five seconds are over.
        while cache.kept(for: 1)?.isValid != true { await Task.yield() }
        #expect(freshness.isBehind)
        #expect(try await cache.value(for: 1, load) == 1)
        #expect(loads.current == count)
        clock.advance(by: .seconds(5))
        #expect(try await cache.value(for: 1, load) == 1)
        #expect(loads.current == count + 1)
        answers.change { $0 = true }
    }
}
