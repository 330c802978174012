import ReconcileCore
import Synchronization
import Testing

@Suite("Work that is done once for all who wait", .timeLimit(.minutes(1)))
struct SingleFlightTests {
    private struct Broken: Error {}

    /// Closed until it is opened; whoever comes later passes at once.
    private final class Gate: Sendable {
        private let isOpen = Mutex(false)
        func open() { isOpen.withLock { $0 = true } }
        func pass() async throws {
            while !isOpen.withLock({ $0 }) {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }

    private func until(_ condition: () -> Bool) async {
        while !condition() { await Task.yield() }
    }

    @Test func `gives its value to everybody and is done anew afterwards`() async throws {
        let flight = SingleFlight<Int>()
        let gate = Gate()
        let runs = Atomic(0)
        let work: @Sendable () async throws -> Int = {
            let run = runs.add(1, ordering: .relaxed).newValue
            try await gate.pass()
            return run
        }
        let values = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { try await flight.run(work) } }
            await until { flight.waiting == 19 }
            gate.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == Array(repeating: 1, count: 20))
        #expect(try await flight.run(work) == 2)
    }

    @Test func `gives its error to everybody`() async throws {
        let flight = SingleFlight<Int>()
        let gate = Gate()
        let failures = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    do {
                        _ = try await flight.run {
                            try await gate.pass()
                            throw Broken()
                        }
                        return false
                    } catch {
                        return error is Broken
                    }
                }
            }
            await until { flight.waiting == 4 }
            gate.open()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(failures == Array(repeating: true, count: 5))
        #expect(try await flight.run { 7 } == 7)
    }

    @Test func `is taken over by the next in line when the worker is cancelled`() async throws {
        let flight = SingleFlight<String>()
        let gate = Gate()
        let begun = Gate()
        let worker = Task {
            try await flight.run {
                begun.open()
                try await gate.pass()
                return "first"
            }
        }
        try await begun.pass()
        let next = Task { try await flight.run { "second" } }
        await until { flight.waiting == 1 }
        worker.cancel()
        await #expect(throws: CancellationError.self) { try await worker.value }
        #expect(try await next.value == "second")
    }

    @Test func `lets a cancelled waiter go at once and disturbs nobody`() async throws {
        let flight = SingleFlight<String>()
        let gate = Gate()
        let begun = Gate()
        let worker = Task {
            try await flight.run {
                begun.open()
                try await gate.pass()
                return "value"
            }
        }
        try await begun.pass()
        let waiter = Task { try await flight.run { "never" } }
        await until { flight.waiting == 1 }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        #expect(flight.waiting == 0)
        gate.open()
        #expect(try await worker.value == "value")
    }

    @Test func `is not begun by a cancelled caller`() async throws {
        let flight = SingleFlight<Int>()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await flight.run { 1 }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
