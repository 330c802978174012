import ReconcileCore
import Synchronization

/// Time that passes only while every task waits: a clock, and the executor of the tasks that wait by it.
///
/// Tasks run one job at a time on the calling thread, in the order in which they became ready. When none is ready, the
/// clock jumps to the earliest moment that one sleeps until, so what takes how long is exact and takes no real time.
package final class SimulatedTime: TaskExecutor, RunClock {
    private struct Sleeper {
        let id: Int
        let due: Duration
        let turn: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var ready: [UnownedJob] = []
        var sleepers: [Sleeper] = []
        var now: Duration = .zero
        var nextID = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.ready.append(job) }
    }

    /// Runs `work` to its end; nil if nothing is left to run and it has not ended.
    package func run<R: Sendable>(_ work: @escaping @Sendable () async -> R) -> R? {
        let result = Result<R>()
        // Not awaited: this thread runs it, and may not be suspended meanwhile.
        _ = Task(executorPreference: self) {
            let value = await work()
            result.value.withLock { $0 = value }
        }
        while true {
            let ready = state.withLock { state in
                defer { state.ready = [] }
                return state.ready
            }
            // The executor outlives the call, which is all that `unsafe` asks for here.
            for job in ready { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
            if ready.isEmpty {
                guard let sleeper = wake() else { return result.value.withLock { $0 } }
                sleeper.turn.resume()
            }
        }
    }

    /// Moves the clock to the next moment that somebody sleeps until.
    private func wake() -> Sleeper? {
        state.withLock { state in
            guard let next = state.sleepers.indices.min(by: { state.sleepers[$0].due < state.sleepers[$1].due })
            else { return nil }
            let sleeper = state.sleepers.remove(at: next)
            state.now = max(state.now, sleeper.due)
            return sleeper
        }
    }

    // MARK: RunClock

    package func now() -> Duration { state.withLock { $0.now } }

    package func sleep(for duration: Duration) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { turn in
                let isCancelled = state.withLock { state in
                    if Task.isCancelled { return true }
                    state.sleepers.append(Sleeper(id: id, due: state.now + duration, turn: turn))
                    return false
                }
                if isCancelled { turn.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.sleepers.firstIndex { $0.id == id }.map { state.sleepers.remove(at: $0) }
            }
            sleeper?.turn.resume(throwing: CancellationError())
        }
    }

    package func secondsSince1970() -> Double { 1_795_400_000 + now().inSeconds }

    private final class Result<R: Sendable>: Sendable {
        let value = Mutex<R?>(nil)
    }
}
