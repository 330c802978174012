import ReconcileCore
import TestSupport
import Testing

@testable import BackupServer

/// How long clients wait for the first byte, on a clock that stands still.
@Suite struct FirstByteLimitTests {
    private let clock = ManualClock()
    private var limit: FirstByteLimit { FirstByteLimit(.seconds(15), clock: clock) }

    /// Work that begins when `begins` is told so, and ends when `ends` is.
    private func work(
        in limit: FirstByteLimit,
        _ begins: Monitor<Bool> = Monitor(false),
        _ ends: Monitor<Bool> = Monitor(false)
    ) async throws -> (task: Task<Int, any Error>, isRunning: Monitor<Bool>) {
        let isRunning = Monitor(false)
        let task = Task {
            try await limit.run { answer in
                isRunning.change { $0 = true }
                try await begins.wait { $0 }
                try answer.begin()
                isRunning.change { $0 = false }
                try await ends.wait { $0 }
                return 7
            }
        }
        try await isRunning.wait { $0 }
        return (task, isRunning)
    }

    @Test func `who waits longer than the limit is told so, and the work ends`() async throws {
        let limit = limit
        let (task, _) = try await work(in: limit)
        clock.advance(by: .milliseconds(14_999))
        limit.giveUpLate()
        let later = try await work(in: limit)
        clock.advance(by: .milliseconds(1))
        limit.giveUpLate()
        let passed = await #expect(throws: FirstByteLimit.Passed.self) { try await task.value }
        #expect(passed?.limit == .seconds(15))
        later.task.cancel()
        await #expect(throws: CancellationError.self) { try await later.task.value }
    }

    @Test func `an answer that has begun takes as long as it takes`() async throws {
        let (limit, begins, ends) = (limit, Monitor(false), Monitor(false))
        let (task, isRunning) = try await work(in: limit, begins, ends)
        begins.change { $0 = true }
        try await isRunning.wait { !$0 }
        clock.advance(by: .seconds(3_600))
        limit.giveUpLate()
        ends.change { $0 = true }
        #expect(try await task.value == 7)
    }

    @Test func `an answer that was given up does not begin`() async throws {
        let (limit, isLate) = (limit, Monitor(false))
        let isRunning = Monitor(false)
        let task = Task {
            try await limit.run { answer in
                isRunning.change { $0 = true }
                // Work that does not hear of its cancellation.
                await Task { try? await isLate.wait { $0 } }.value
                try answer.begin()
                Issue.record("it began")
            }
        }
        try await isRunning.wait { $0 }
        clock.advance(by: .seconds(15))
        limit.giveUpLate()
        isLate.change { $0 = true }
        await #expect(throws: FirstByteLimit.Passed.self) { try await task.value }
    }

    @Test func `what the work throws is passed on`() async throws {
        let failure = RemoteFailure(.denied, operation: TestOperations.getAsset, target: "t", message: "no")
        await #expect(throws: failure) { try await limit.run { _ in throw failure } }
    }

    @Test func `the watch gives up whoever is late, and ends when it is cancelled`() async throws {
        // A sleep on this clock takes no time.
        let limit = limit
        let watch = Task { await limit.watch() }
        let (task, _) = try await work(in: limit)
        await #expect(throws: FirstByteLimit.Passed.self) { try await task.value }
        #expect(clock.slept == [.seconds(15)])
        watch.cancel()
        await watch.value
    }
}
