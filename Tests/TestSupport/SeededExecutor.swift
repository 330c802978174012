import Synchronization

/// Runs a task and its children one job at a time on the calling thread, the next job drawn by a seed: an
/// interleaving that is the same whenever it is run again.
///
/// It orders tasks that wait for one another and for `Task.yield()`, as the in-memory ports do in every operation.
/// What is resumed from elsewhere, such as a real sleep, is not seen.
package final class SeededExecutor: TaskExecutor {
    private struct State {
        var waiting: [UnownedJob] = []
        var generator: SeededGenerator
    }

    private let state: Mutex<State>

    package init(seed: UInt64) {
        state = Mutex(State(generator: SeededGenerator(seed: seed)))
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.waiting.append(job) }
    }

    /// Runs `work` to its end; nil when nothing is left to run and it has not ended.
    package func run<R: Sendable>(_ work: @escaping @Sendable () async -> R) -> R? {
        let result = Result<R>()
        // Not awaited: this thread runs it, and may not be suspended meanwhile.
        _ = Task(executorPreference: self) {
            let value = await work()
            result.value.withLock { $0 = value }
        }
        while let job = draw() {
            // The executor outlives the call, which is all that `unsafe` asks for here.
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
        return result.value.withLock { $0 }
    }

    private func draw() -> UnownedJob? {
        state.withLock { state in
            guard !state.waiting.isEmpty else { return nil }
            return state.waiting.remove(at: Int.random(in: state.waiting.indices, using: &state.generator))
        }
    }

    private final class Result<R: Sendable>: Sendable {
        let value = Mutex<R?>(nil)
    }
}
