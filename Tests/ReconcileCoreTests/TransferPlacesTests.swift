import ReconcileCore
import Synchronization
import TestSupport
import Testing

@Suite struct TransferPlacesTests {
    private let time = SimulatedTime()

    /// Does work of one second on each number, and returns the numbers and the second at which all was done.
    private func perform(
        _ count: Int,
        in places: TransferPlaces,
        until isLast: @escaping @Sendable (Int) -> Bool = { _ in false }
    ) async throws -> (outcomes: [Int?], ended: Int) {
        let outcomes = try await places.forEach(Array(0..<count), endingWith: isLast) { number in
            try await time.sleep(for: .seconds(1))
            return number
        }
        return (outcomes, Int(time.now().inSeconds))
    }

    @Test(arguments: [(1, 12), (5, 3), (12, 1), (100, 1), (0, 12)])
    func `everything is done in as many places as there are`(limit: Int, seconds: Int) throws {
        let places = TransferPlaces(limit: limit)
        let found = try #require(time.run { try? await perform(12, in: places) } ?? nil)
        #expect(found.outcomes == Array(0..<12))
        #expect(found.ended == seconds)
        #expect(places.taken == 0)
    }

    @Test func `all who move assets share the places`() throws {
        let places = TransferPlaces(limit: 4)
        time.run {
            async let one = perform(6, in: places)
            async let two = perform(6, in: places)
            _ = try? await (one, two)
        }
        #expect(time.now() == .seconds(3))
    }

    @Test func `what has no place yet costs no task`() throws {
        let places = TransferPlaces(limit: 3)
        let begun = Mutex((now: 0, most: 0))
        let outcomes = time.run {
            try? await places.forEach(Array(0..<20_000), endingWith: { _ in false }) { _ in
                begun.withLock { begun in
                    begun.now += 1
                    begun.most = max(begun.most, begun.now)
                }
                await Task.yield()
                begun.withLock { $0.now -= 1 }
            }
        }
        #expect((outcomes ?? nil)?.count == 20_000)
        #expect(begun.withLock { $0.most } == 3)
    }

    @Test func `a width that grows lets those who wait begin, and one that falls nobody`() throws {
        let overloads = Atomic(0)
        let places = TransferPlaces(
            AdaptiveWidth(ceiling: 384, grace: .seconds(25)),
            seeing: PressureSigns(overloads: { overloads.load(ordering: .relaxed) }),
            clock: time
        )
        time.run {
            async let work = perform(200, in: places)
            try? await time.sleep(for: .milliseconds(500))
            #expect(places.taken == 64)
            for _ in 0..<6 { places.versionEnded() }
            try? await time.sleep(for: .milliseconds(100))
            #expect(places.taken == 70)
            overloads.store(1, ordering: .relaxed)
            // Enough wait for a place.
            #expect(places.pieces == 1)
            try? await time.sleep(for: .milliseconds(600))
            // 64 have ended, 6 are under way, and 43 others have begun.
            #expect(places.taken == 49)
            _ = try? await work
        }
        #expect(places.taken == 0)
        #expect(places.mostTaken == 70)
        #expect(Array(places.waited.keys) == [.width])
        #expect(places.waited[.width] ?? .zero > .seconds(2))
    }

    @Test func `while the pacers are full, one piece of work runs, and that is noted`() throws {
        let isPaced = Atomic(true)
        let places = TransferPlaces(
            AdaptiveWidth(ceiling: 384, grace: .seconds(25)),
            seeing: PressureSigns(isPaced: { isPaced.load(ordering: .relaxed) }),
            clock: time
        )
        time.run {
            #expect(places.pieces == 1)
            try? await time.sleep(for: .seconds(3))
            isPaced.store(false, ordering: .relaxed)
            #expect(places.pieces == 96)
        }
        #expect(places.waited == [.quotas: .seconds(3)])
    }

    @Test func `the bytes in motion are bounded too`() throws {
        let places = TransferPlaces(AdaptiveWidth(ceiling: 384, grace: .seconds(10)), clock: time)
        time.run {
            _ = try? await places.forEach(
                Array(0..<8),
                bytes: { _ in 16 << 20 },
                moved: { _ in true },
                endingWith: { _ in false }
            ) { number in
                try await time.sleep(for: .seconds(1))
                return number
            }
        }
        // Two and one beyond at first; what the first moved in a second shows that the rest may go together.
        #expect(time.now() == .seconds(2))
        #expect(places.mostTaken == 7)
    }

    @Test func `after an outcome that ends the work nothing more is begun`() throws {
        let places = TransferPlaces(limit: 2)
        let found = try #require(time.run { try? await perform(100, in: places) { $0 == 3 } } ?? nil)
        #expect(found.outcomes.prefix(4) == [0, 1, 2, 3])
        #expect(found.outcomes.dropFirst(5).allSatisfy { $0 == nil })
        #expect(places.taken == 0)
    }

    @Test func `a copy that waits before its next attempt gives its place back`() throws {
        let places = TransferPlaces(limit: 1)
        let policy = RetryPolicy(attempts: 2, ledger: RequestLedger(), clock: time) { 0.9999 }
        let attempts = Mutex<[String]>([])
        time.run {
            _ = try? await places.forEach(["a", "b"], endingWith: { _ in false }) { name in
                try await policy.run {
                    let isFirst = attempts.withLock { attempts in
                        attempts.append(name)
                        return attempts.count == 1
                    }
                    try await time.sleep(for: .seconds(1))
                    guard isFirst else { return }
                    throw RemoteFailure(.unavailable, operation: .work("copy"), target: name, message: "not now")
                }
            }
        }
        #expect(attempts.withLock { $0 } == ["a", "b", "a"])
        // The pause of a tenth of a second passed while `b` was in motion.
        #expect(time.now() == .seconds(3))
        #expect(places.taken == 0)
    }

    @Test func `whoever is cancelled while it waits leaves every place`() throws {
        let places = TransferPlaces(limit: 2)
        let isCancelled = time.run {
            let work = Task(executorPreference: time) { try await perform(10, in: places) }
            try? await time.sleep(for: .milliseconds(1_500))
            work.cancel()
            do {
                _ = try await work.value
                return false
            } catch {
                return error is CancellationError
            }
        }
        #expect(isCancelled == true)
        #expect(time.now() == .milliseconds(1_500))
        #expect(places.taken == 0)
    }
}
