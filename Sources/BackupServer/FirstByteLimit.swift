import ReconcileCore
import Synchronization

/// Limits how long clients wait for the first byte of a response, whatever they request.
///
/// Work that has not begun its response when its time is over is cancelled. A response that has begun may take as long
/// as it needs.
final class FirstByteLimit: Sendable {
    /// Thrown by `run` if the response did not begin in time.
    struct Passed: Error {
        let limit: Duration
    }

    /// The state of one response until it either begins or is given up.
    final class Answer: Sendable {
        private enum State {
            case awaited
            case begun
            case late
        }

        private let state = Mutex(State.awaited)

        /// Call this before sending the first byte; later calls have no effect.
        ///
        /// - Throws: `CancellationError` if the response was already given up.
        func begin() throws {
            let isLate = state.withLock { state in
                if case .awaited = state { state = .begun }
                return if case .late = state { true } else { false }
            }
            if isLate { throw CancellationError() }
        }

        var isLate: Bool { state.withLock { if case .late = $0 { true } else { false } } }

        /// Gives the response up; returns false if it has begun.
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

    /// Returns the value of `work`, which must call `begin` before it sends the first byte.
    ///
    /// - Throws: `Passed` if the response did not begin in time; otherwise the error of `work`.
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

    /// Gives up each response when its time is over, until the task is cancelled.
    func watch() async {
        while (try? await state.wait { !$0.awaited.isEmpty }) != nil {
            guard let next = state.current.awaited.values.map(\.due).min() else { continue }
            let now = clock.now()
            if next > now { try? await clock.sleep(for: next - now) }
            giveUpLate()
        }
    }

    /// Gives up all responses whose time is over.
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
