import Synchronization

/// State that several tasks change and wait on. Safe to use from any task at any time.
package final class Monitor<State: Sendable>: Sendable {
    /// Inspects the state, may take something from it, and returns whether the wait is over. Called under the lock.
    package typealias Condition = @Sendable (inout State) -> Bool

    private struct Waiter {
        let id: Int
        let condition: Condition
        let turn: CheckedContinuation<Bool, Never>
    }

    private struct Held {
        var state: State
        var nextID = 0
        var waiters: [Waiter] = []
    }

    private let held: Mutex<Held>

    package init(_ state: State) {
        held = Mutex(Held(state: state))
    }

    /// The state at this moment.
    package var current: State { held.withLock { $0.state } }

    /// Changes the state, then resumes the waiters whose condition is met, in order of arrival.
    @discardableResult
    package func change<R: Sendable>(_ change: (inout State) -> R) -> R {
        let (result, turns) = held.withLock { held in
            let result = change(&held.state)
            var turns: [CheckedContinuation<Bool, Never>] = []
            if !held.waiters.isEmpty {
                var rest: [Waiter] = []
                for waiter in held.waiters {
                    if waiter.condition(&held.state) { turns.append(waiter.turn) } else { rest.append(waiter) }
                }
                held.waiters = rest
            }
            return (result, turns)
        }
        for turn in turns { turn.resume(returning: true) }
        return result
    }

    /// Changes the state without checking the waiters, for a change that cannot meet any condition.
    package func note<R: Sendable>(_ change: (inout State) -> R) -> R {
        held.withLock { change(&$0.state) }
    }

    /// Waits until a condition holds; returns at once if it does.
    ///
    /// - Parameter condition: may take something from the state, but that must not make another condition true.
    /// - Throws: `CancellationError` as soon as the task is cancelled while it waits; the condition has then taken
    ///   nothing.
    package func wait(until condition: @escaping Condition) async throws {
        if held.withLock({ condition(&$0.state) }) { return }
        let id = held.withLock { held in
            held.nextID += 1
            return held.nextID
        }
        let holds = await withTaskCancellationHandler {
            await withCheckedContinuation { turn in
                let answer: Bool? = held.withLock { held in
                    // Checked under the lock: a later cancellation finds the waiter.
                    if Task.isCancelled { return false }
                    if condition(&held.state) { return true }
                    held.waiters.append(Waiter(id: id, condition: condition, turn: turn))
                    return nil
                }
                if let answer { turn.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = held.withLock { held in
                held.waiters.firstIndex { $0.id == id }.map { held.waiters.remove(at: $0) }
            }
            waiter?.turn.resume(returning: false)
        }
        if !holds { throw CancellationError() }
    }
}
