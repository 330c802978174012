import ReconcileCore
import Synchronization
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
        #expect(Double(mostInASecond(slots)) <= limit + max(1, limit / 20) + 1)
        #expect(Double(mostInASecond(slots)) >= limit)
    }

    private func mostInASecond(_ slots: [Duration]) -> Int {
        var first = 0
        var most = 0
        for last in slots.indices {
            while slots[last] - slots[first] >= .seconds(1) { first += 1 }
            most = max(most, last - first + 1)
        }
        return most
    }

    @Test func `the queue is what the next request would wait`() {
        var pacer = RatePacer(limit: 10)
        #expect(pacer.queue(at: .zero) == .zero)
        for _ in 0..<5 { _ = pacer.reserve(at: .zero) }
        #expect(pacer.queue(at: .zero) == .milliseconds(500))
        #expect(pacer.queue(at: .milliseconds(450)) == .milliseconds(50))
        #expect(pacer.queue(at: .seconds(2)) == .zero)
    }

    @Test func `a refusal halves the rate at most once a second, down to a hundredth`() {
        var pacer = RatePacer(limit: 100)
        pacer.accept(100, until: .seconds(1))
        pacer.refuse(at: .seconds(1), retryAfter: nil)
        pacer.refuse(at: .milliseconds(1_999), retryAfter: nil)
        #expect(pacer.rate == 50)
        pacer.accept(100, until: .seconds(2))
        pacer.refuse(at: .seconds(2), retryAfter: nil)
        #expect(pacer.rate == 25)
        for second in 3..<20 { pacer.refuse(at: .seconds(second), retryAfter: nil) }
        #expect(pacer.rate == 1)
    }

    @Test func `a refusal leaves no more than four fifths of what was accepted in the last second`() {
        var pacer = RatePacer(limit: 100)
        pacer.accept(90, until: .seconds(1))
        pacer.accept(20, until: .seconds(2))
        pacer.refuse(at: .seconds(2), retryAfter: nil)
        #expect(pacer.rate == 16)
    }

    @Test func `one refusal where little was asked leaves a twentieth`() {
        var pacer = RatePacer(limit: 100)
        pacer.accept(2, until: .seconds(1))
        pacer.refuse(at: .seconds(1), retryAfter: nil)
        #expect(pacer.rate == 5)
        pacer.refuse(at: .seconds(2), retryAfter: nil)
        #expect(pacer.rate == 2.5)
    }

    @Test func `half the gap to what was accepted comes back a second, then a hundredth, later a tenth`() {
        var pacer = RatePacer(limit: 200)
        pacer.accept(100, until: .seconds(1))
        pacer.refuse(at: .seconds(1), retryAfter: nil)
        #expect(pacer.rate == 80)
        pacer.refuse(at: .seconds(2), retryAfter: nil)
        // Within the second: what is accepted meanwhile counts as well.
        pacer.accept(100, until: .seconds(3))
        var rates: [Double] = [pacer.rate]
        for second in 4..<50 {
            pacer.accept(at: .seconds(second))
            rates.append(pacer.rate)
        }
        #expect(rates[0] == 45)
        #expect(rates[1] == 62.5)
        #expect(rates[2] == 71.25)
        let above = rates.firstIndex { $0 > 80 } ?? 0
        #expect((rates[above + 1] / rates[above] * 100).rounded() == 101)
        #expect((rates[32] / rates[31] * 10).rounded() == 11)
        #expect(rates.last == 200)
    }

    @Test func `slots that were booked before a refusal are spaced as after it`() {
        var pacer = RatePacer(limit: 100)
        let places = (0..<100).map { _ in pacer.book(at: .zero) }
        pacer.accept(40, until: .milliseconds(495))
        pacer.refuse(at: .milliseconds(495), retryAfter: nil)
        #expect(pacer.rate == 32)
        let waits = places.map { pacer.wait(of: $0, at: .milliseconds(495)) }
        #expect(waits[..<50].allSatisfy { $0 == .zero })
        #expect(waits[50] == .milliseconds(5))
        #expect(waits[51] == .milliseconds(5) + .seconds(1) / 32)
        #expect(waits[99] == .milliseconds(5) + .seconds(49) / 32)
        #expect(pacer.reserve(at: .milliseconds(495)) == .milliseconds(5) + .seconds(50) / 32)
    }

    @Test func `slots that were booked at a low rate come earlier when it climbs`() {
        var pacer = RatePacer(limit: 100)
        pacer.accept(50, until: .seconds(1))
        pacer.refuse(at: .seconds(1), retryAfter: nil)
        pacer.refuse(at: .seconds(2), retryAfter: nil)
        let places = (0..<100).map { _ in pacer.book(at: .seconds(2)) }
        let before = pacer.wait(of: places[99], at: .seconds(2))
        pacer.accept(50, until: .seconds(3))
        #expect(pacer.wait(of: places[99], at: .seconds(3)) < before - .seconds(2))
    }

    @Test func `without a limit nothing waits until the first refusal, which sets the rate`() {
        var pacer = RatePacer()
        for _ in 0..<1_000 { #expect(pacer.reserve(at: .milliseconds(10)) == .zero) }
        pacer.accept(5, until: .milliseconds(200))
        pacer.refuse(at: .milliseconds(210), retryAfter: nil)
        #expect(pacer.rate == 4)
        // What is on its way counts for what can be accepted.
        pacer.accept(5, until: .milliseconds(300))
        for second in 2..<9 { pacer.accept(at: .seconds(second)) }
        #expect(pacer.rate > 7.5 && pacer.rate < 8.5)
        let waits = (0..<3).map { _ in pacer.reserve(at: .seconds(8)) }
        #expect(waits[1] - waits[0] == .seconds(1 / pacer.rate))
    }

    @Test(arguments: [(2, 2), (30, 30), (3600, 30)])
    func `a hint to wait is followed, up to half a minute`(asked: Int, waited: Int) {
        var pacer = RatePacer(limit: 100)
        let first = pacer.book(at: .seconds(5))
        let places = (0..<10).map { _ in pacer.book(at: .seconds(5)) }
        pacer.refuse(at: .seconds(5), retryAfter: .seconds(asked))
        #expect(pacer.wait(of: first, at: .seconds(5)) == .zero)
        #expect(pacer.wait(of: places[9], at: .seconds(5)) > .seconds(waited))
        #expect(pacer.reserve(at: .seconds(5)) > .seconds(waited))
    }
}

extension RatePacer {
    /// Books the next slot; returns the wait until it.
    fileprivate mutating func reserve(at now: Duration) -> Duration {
        let place = book(at: now)
        return wait(of: place, at: now)
    }

    /// So many requests are accepted, the last at a time, a millisecond after another.
    fileprivate mutating func accept(_ count: Int, until now: Duration) {
        for number in 0..<count { accept(at: now - .milliseconds(count - 1 - number)) }
    }
}

@Suite struct RateGovernorTests {
    @Test func `a request waits for the slowest of its classes`() async throws {
        let clock = ManualClock()
        let governor = RateGovernor(limits: [.listPackages: 10, .accountReads: 5], clock: clock)
        for _ in 0..<3 { try await governor.admit(.reading(.listPackages, .accountReads)) }
        #expect(clock.slept == [.milliseconds(200), .milliseconds(200)])
    }

    @Test func `classes do not hold up each other, and a class without a limit is free`() async throws {
        let clock = ManualClock()
        let governor = RateGovernor(limits: [.listPackages: 1], clock: clock)
        try await governor.admit(.reading(.listPackages))
        for _ in 0..<10 { try await governor.admit(.reading(.listPackageVersions, .accountReads)) }
        #expect(clock.slept == [])
        try await governor.admit(.reading(.listPackages))
        #expect(clock.slept == [.seconds(1)])
    }

    @Test func `shards divide the limit`() async throws {
        let clock = ManualClock()
        let governor = RateGovernor(limits: [.accountReads: 8], shards: 4, clock: clock)
        for _ in 0..<3 { try await governor.admit(.reading(.accountReads)) }
        #expect(clock.slept == [.milliseconds(500), .milliseconds(500)])
    }

    @Test func `the limit is divided anew for another number of shards`() async throws {
        let clock = ManualClock()
        let governor = RateGovernor(limits: [.accountReads: 8], clock: clock)
        for shards in [4, 1] {
            governor.divide(among: shards)
            for _ in 0..<2 { try await governor.admit(.reading(.accountReads)) }
        }
        #expect(clock.slept == [.milliseconds(500), .milliseconds(125)])
    }

    @Test func `a refused class slows down and climbs back`() async throws {
        let clock = ManualClock()
        let governor = RateGovernor(limits: [.accountReads: 10], clock: clock)
        func wait() async throws -> Duration {
            let begun = clock.now()
            try await governor.admit(.reading(.accountReads))
            return clock.now() - begun
        }
        for _ in 0..<8 { governor.succeeded(.reading(.accountReads)) }
        _ = try await wait()
        governor.throttled(.reading(.accountReads), retryAfter: .seconds(3))
        #expect(try await wait() == .seconds(3))
        #expect(try await wait() == .milliseconds(200))
        governor.succeeded(.reading(.accountReads))
        _ = try await wait()
        let last = try await wait()
        #expect(last < .milliseconds(200) && last > .milliseconds(150))
    }

    @Test func `a waiting request does not keep the slot that it booked at an earlier rate`() async throws {
        let clock = SteppedClock()
        let governor = RateGovernor(limits: [.accountReads: 10], clock: clock)
        for _ in 0..<2 { governor.succeeded(.reading(.accountReads)) }
        try await governor.admit(.reading(.accountReads))
        // While the second one sleeps, the service refuses the first.
        clock.atSleep { governor.throttled(.reading(.accountReads), retryAfter: .seconds(2)) }
        try await governor.admit(.reading(.accountReads))
        #expect(clock.now() == .seconds(2))
    }

    @Test func `a store has no pace until its first refusal, and one for writes and one for reads`() async throws {
        let clock = ManualClock()
        let governor = RateGovernor(limits: [:], clock: clock)
        let (put, get) = (ServiceOperation.storing(isWrite: true), ServiceOperation.storing(isWrite: false))
        for _ in 0..<100 { try await governor.admit(put) }
        for _ in 0..<5 { governor.succeeded(put) }
        #expect(clock.slept == [])
        governor.throttled(put, retryAfter: nil)
        for _ in 0..<3 { try await governor.admit(put) }
        #expect(clock.slept == [.milliseconds(250), .milliseconds(250)])
        #expect(governor.isFull(for: put))
        for _ in 0..<100 { try await governor.admit(get) }
        #expect(clock.slept.count == 2)
        #expect(!governor.isFull(for: get))
    }

    @Test func `a cancelled caller does not wait`() async {
        let clock = ManualClock()
        let governor = RateGovernor(limits: [.accountReads: 1], clock: clock)
        let wasCancelled = await withTaskGroup(of: Bool.self) { group in
            group.cancelAll()
            group.addTask {
                do {
                    for _ in 0..<2 { try await governor.admit(.reading(.accountReads)) }
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

extension ServiceOperation {
    fileprivate static func reading(_ rates: RateClass...) -> ServiceOperation {
        ServiceOperation(.domain, service: "codeartifact", name: "Read", rates: rates)
    }

    fileprivate static func storing(isWrite: Bool) -> ServiceOperation {
        ServiceOperation(.store, service: "s3", name: isWrite ? "PutObject" : "GetObject", isWrite: isWrite)
    }
}

/// A clock whose sleeps pass at once, after what is to happen during the next of them.
private final class SteppedClock: RunClock {
    private let manual = ManualClock()
    private let meanwhile = Mutex<(@Sendable () -> Void)?>(nil)

    func atSleep(_ action: @escaping @Sendable () -> Void) {
        meanwhile.withLock { $0 = action }
    }

    func now() -> Duration { manual.now() }
    func secondsSince1970() -> Double { manual.secondsSince1970() }

    func sleep(for duration: Duration) async throws {
        let action = meanwhile.withLock { action in
            defer { action = nil }
            return action
        }
        action?()
        try await manual.sleep(for: duration)
    }
}
