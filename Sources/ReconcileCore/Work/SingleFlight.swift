import Synchronization

/// Lets one caller do a piece of work while callers that arrive meanwhile wait for its result.
///
/// The work runs in the first caller's task, and every waiter gets its value or error. If that caller is cancelled, a
/// waiter starts the work again. A cancelled waiter returns at once with `CancellationError` and does not affect the
/// others. Results are not cached: a caller that arrives after the end starts the work again.
package final class SingleFlight<Value: Sendable>: Sendable {
    /// What a waiter receives: a result, or nil to try again.
    private typealias Word = Result<Value, any Error>?

    private struct State {
        var isFlying = false
        var nextID = 0
        var waiters: [Int: CheckedContinuation<Word, Never>] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// How many callers are waiting for the one that does the work.
    package var waiting: Int { state.withLock { $0.waiters.count } }

    /// The result of `work`, or of the run that another caller has already started.
    package func run(_ work: () async throws -> Value) async throws -> Value {
        while true {
            try Task.checkCancellation()
            if state.withLock({ state in
                defer { state.isFlying = true }
                return !state.isFlying
            }) {
                return try await lead(work)
            }
            if let result = await landing() { return try result.get() }
        }
    }

    private func lead(_ work: () async throws -> Value) async throws -> Value {
        do {
            let value = try await work()
            land(.success(value))
            return value
        } catch {
            land(error is CancellationError || Task.isCancelled ? nil : .failure(error))
            throw error
        }
    }

    private func land(_ word: Word) {
        let waiters = state.withLock { state in
            defer { (state.isFlying, state.waiters) = (false, [:]) }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(returning: word) }
    }

    private func landing() async -> Word {
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let word: Word? = state.withLock { state in
                    // Checked under the lock: a later cancellation finds the waiter in the table.
                    if Task.isCancelled { return .some(.failure(CancellationError())) }
                    guard state.isFlying else { return .some(nil) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let word { continuation.resume(returning: word) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.resume(returning: .failure(CancellationError()))
        }
    }
}
