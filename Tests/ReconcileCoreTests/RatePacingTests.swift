import ReconcileCore
import TestSupport
import Testing

@Suite struct RatePacerTests {
    @Test func `slots are evenly spaced`() {
        var pacer = RatePacer(limit: 10)
        let waits = (0..<5).map { _ in pacer.reserve(at: .zero) }
        #expect(waits == [0, 100, 200, 300, 400].map { .milliseconds($0) })
    }

    @Test func `after a pause a twentieth of a second's slots may be taken at once`() {
        var pacer = RatePacer(limit: 100)
        let waits = (0..<7).map { _ in pacer.reserve(at: .seconds(60)) }
        #expect(waits == [0, 0, 0, 0, 0, 10, 20].map { .milliseconds($0) })
    }

    @Test(arguments: [1.0, 7, 160, 800])
    func `no second sees more than the limit and one burst`(limit: Double) {
        var pacer = RatePacer(limit: limit)
        var random = SeededGenerator(seed: 3)
        var now = Duration.zero
        var slots: [Duration] = []
        for _ in 0..<4000 {
            slots.append(now + pacer.reserve(at: now))
            if Int.random(in: 0..<1000, using: &random) == 0 {
                now = max(now, slots[slots.count - 1]) + .milliseconds(Int.random(in: 0..<3000, using: &random))
            }
        }
        var first = 0
        var most = 0
        for last in slots.indices {
            while slots[last] - slots[first] >= .seconds(1) { first += 1 }
            most = max(most, last - first + 1)
        }
        #expect(Double(most) <= limit + max(1, limit / 20) + 1)
        #expect(Double(most) >= limit)
    }

    @Test func `throttling halves the rate at most once a second, down to a hundredth`() {
        var pacer = RatePacer(limit: 100)
        pacer.slowDown(at: .zero, retryAfter: nil)
        pacer.slowDown(at: .milliseconds(999), retryAfter: nil)
        #expect(pacer.rate == 50)
        pacer.slowDown(at: .seconds(1), retryAfter: nil)
        #expect(pacer.rate == 25)
        for second in 2..<20 { pacer.slowDown(at: .seconds(second), retryAfter: nil) }
        #expect(pacer.rate == 1)
    }

    @Test func `each second of success gives back a twentieth`() {
        var pacer = RatePacer(limit: 100)
        pacer.slowDown(at: .zero, retryAfter: nil)
        pacer.recover(at: .milliseconds(999))
        #expect(pacer.rate == 50)
        pacer.recover(at: .seconds(1))
        pacer.recover(at: .milliseconds(1500))
        #expect(pacer.rate == 55)
        for second in 2..<30 { pacer.recover(at: .seconds(second)) }
        #expect(pacer.rate == 100)
    }

    @Test(arguments: [(2, 2), (30, 30), (3600, 30)])
    func `a hint to wait is followed, up to half a minute`(asked: Int, waited: Int) {
        var pacer = RatePacer(limit: 100)
        _ = pacer.reserve(at: .zero)
        pacer.slowDown(at: .seconds(5), retryAfter: .seconds(asked))
        #expect(pacer.reserve(at: .seconds(5)) == .seconds(waited))
    }
}

@Suite struct RateGovernorTests {
    @Test func `a request waits for the slowest of its classes`() async throws {
        let clock = ManualClock()
        let governor = RateGovernor(limits: [.listPackages: 10, .accountReads: 5], clock: clock)
        for _ in 0..<3 { try await governor.admit([.listPackages, .accountReads]) }
        #expect(clock.slept == [.milliseconds(200), .milliseconds(200)])
    }

    @Test func `classes do not hold up each other, and a class without a limit is free`() async throws {
        let clock = ManualClock()
        let governor = RateGovernor(limits: [.listPackages: 1], clock: clock)
        try await governor.admit([.listPackages])
        for _ in 0..<10 { try await governor.admit([.listPackageVersions, .accountReads]) }
        #expect(clock.slept == [])
        try await governor.admit([.listPackages])
        #expect(clock.slept == [.seconds(1)])
    }

    @Test func `shards divide the limit`() async throws {
        let clock = ManualClock()
        let governor = RateGovernor(limits: [.accountReads: 8], shards: 4, clock: clock)
        for _ in 0..<3 { try await governor.admit([.accountReads]) }
        #expect(clock.slept == [.milliseconds(500), .milliseconds(500)])
    }

    @Test func `the limit is divided anew for another number of shards`() async throws {
        let clock = ManualClock()
        let governor = RateGovernor(limits: [.accountReads: 8], clock: clock)
        for shards in [4, 1] {
            governor.divide(among: shards)
            for _ in 0..<2 { try await governor.admit([.accountReads]) }
        }
        #expect(clock.slept == [.milliseconds(500), .milliseconds(125)])
    }

    @Test func `a throttled class slows down and climbs back`() async throws {
        let clock = ManualClock()
        let governor = RateGovernor(limits: [.accountReads: 10], clock: clock)
        try await governor.admit([.accountReads])
        governor.throttled([.accountReads], retryAfter: .seconds(3))
        try await governor.admit([.accountReads])
        try await governor.admit([.accountReads])
        governor.succeeded([.accountReads])
        try await governor.admit([.accountReads])
        try await governor.admit([.accountReads])
        #expect(clock.slept.prefix(2) == [.seconds(3), .milliseconds(200)])
        let last = try #require(clock.slept.last)
        #expect(last < .milliseconds(200) && last > .milliseconds(180))
    }

    @Test func `a cancelled caller does not wait`() async {
        let clock = ManualClock()
        let governor = RateGovernor(limits: [.accountReads: 1], clock: clock)
        let wasCancelled = await withTaskGroup(of: Bool.self) { group in
            group.cancelAll()
            group.addTask {
                do {
                    for _ in 0..<2 { try await governor.admit([.accountReads]) }
                    return false
                } catch {
                    return error is CancellationError
                }
            }
            return await group.next()
        }
        #expect(wasCancelled == true)
        #expect(clock.slept == [])
    }

    @Test func `the service's quotas are the documented ones`() {
        #expect(RateClass.allCases.map(\.serviceQuota) == [200, 200, 200, 800, 100])
    }
}
