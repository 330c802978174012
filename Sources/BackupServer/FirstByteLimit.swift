import ReconcileCore
import Synchronization

/// The longest that clients wait for the first byte of an answer: one rule, whatever they ask for.
///
/// What makes an answer is cancelled when its time is over and nothing of the answer was sent. An answer that has begun has
/// as much time as it takes.
final class FirstByteLimit: Sendable {
    /// Thrown by `run` when the time was over.
    struct Passed: Error {
        let limit: Duration
    }

    /// One answer, until it begins or is given up, whichever comes first.
    final class Answer: Sendable {
        private enum State {
            case awaited
            case begun
            case late
        }

        private let state = Mutex(State.awaited)

        /// Has to be called before the first byte is sent; later calls do nothing.
        ///
        /// - Throws: `CancellationError` if the client is told already that it takes too long.
        func begin() throws {
            let isLate = state.withLock { state in
                if case .awaited = state { state = .begun }
                return if case .late = state { true } else { false }
            }
            if isLate { throw CancellationError() }
        }

        var isLate: Bool { state.withLock { if case .late = $0 { true } else { false } } }

        /// False if it has begun.
        fileprivate func giveUp() -> Bool {
            state.withLock { state in
                guard case .awaited = state else { return false }
                state = .late
                return true
            }
        }
    }

    private struct Awaited {
        let due: Duration
        let answer: Answer
        let cancel: @Sendable () -> Void
    }

    private struct State {
        var nextID = 0
        var awaited: [Int: Awaited] = [:]
    }

    private let limit: Duration
    private let clock: any RunClock
    private let state = Monitor(State())

    init(_ limit: Duration, clock: any RunClock) {
        self.limit = limit
        self.clock = clock
    }

    /// What `work` gives. It is to call `begin` before it sends the first byte.
    ///
    /// - Throws: `Passed` where it was too late for that; what `work` throws.
    func run<Value: Sendable>(_ work: @escaping @Sendable (Answer) async throws -> Value) async throws -> Value {
        let answer = Answer()
        let task = Task { try await work(answer) }
        let id = expect(answer) { task.cancel() }
        defer { state.note { _ = $0.awaited.removeValue(forKey: id) } }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            throw answer.isLate ? Passed(limit: limit) : error
        }
    }

    private func expect(_ answer: Answer, cancel: @escaping @Sendable () -> Void) -> Int {
        let due = clock.now() + limit
        return state.change { state in
            state.nextID += 1
            state.awaited[state.nextID] = Awaited(due: due, answer: answer, cancel: cancel)
            return state.nextID
        }
    }

    /// Gives up each answer when its time is over, until the task is cancelled.
    func watch() async {
        while (try? await state.wait { !$0.awaited.isEmpty }) != nil {
            guard let next = state.current.awaited.values.map(\.due).min() else { continue }
            let now = clock.now()
            if next > now { try? await clock.sleep(for: next - now) }
            giveUpLate()
        }
    }

    /// Gives up the answers whose time is over.
    func giveUpLate() {
        let now = clock.now()
        let late = state.note { state in
            let late = state.awaited.filter { $0.value.due <= now }
            for id in late.keys { state.awaited[id] = nil }
            return Array(late.values)
        }
        for awaited in late where awaited.answer.giveUp() { awaited.cancel() }
    }
}
