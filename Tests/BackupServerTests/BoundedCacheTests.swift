import ReconcileCore
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
        var loads: [Int: Int] = [:]
        for number in 0..<200 {
            for key in [1, 2 + number % 40] {
                _ = try await cache.value(for: key) {
                    loads[key, default: 0] += 1
                    return 5
                }
            }
        }
        #expect(loads[1] == 1)
        #expect(loads[2] == 5)
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
}
