import Synchronization

/// Sees the requests of any number of local servers together, and can hold them up from a chosen one on.
///
/// It stands in the servers' configurations. Open, it lets every request pass and notes when it came. Closed, it holds
/// the request that it was closed for and all that come after it, until it is opened or their tasks are cancelled:
/// a client can then be killed, or a domain changed, at an instant that no clock decides.
package final class RequestGate: Sendable {
    /// A request that has come.
    package struct Arrival: Sendable {
        /// Method and target as sent: `GET /v1/package/version?…`.
        package let line: String
        package let instant: ContinuousClock.Instant
    }

    /// What becomes of the requests that are held.
    package enum Fate: Sendable {
        /// They are answered as if nothing had been.
        case answered
        /// They are not carried out, and their connections are ended.
        case lost
    }

    private typealias Bell = AsyncStream<Never>.Continuation

    private struct State {
        var arrivals: [Arrival] = []
        /// Whether a request is the first to be held; nil while the gate is open.
        var holds: (@Sendable (_ number: Int, Arrival) -> Bool)?
        var carriesOut = false
        var isHolding = false
        var fate = Fate.answered
        var watchers: [Bell] = []
        var held: [Bell] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Every request since the start or the last `forget`, in the order of their coming.
    package var arrivals: [Arrival] { state.withLock { $0.arrivals } }

    package func forget() {
        state.withLock { $0.arrivals = [] }
    }

    /// Holds the request with this number, from 1, and all after it.
    ///
    /// - Parameter carriesOut: whether they are carried out and only their answers are held.
    package func close(at number: Int, carriesOut: Bool = false) {
        close(carriesOut: carriesOut) { count, _ in count >= number }
    }

    /// Holds the first request from now on whose line contains a text, and all after it.
    package func close(on text: String) {
        close(carriesOut: false) { $1.line.contains(text) }
    }

    private func close(carriesOut: Bool, _ holds: @escaping @Sendable (Int, Arrival) -> Bool) {
        state.withLock { state in
            state.holds = holds
            state.carriesOut = carriesOut
            state.isHolding = false
        }
    }

    /// Returns as soon as a request is held; at once when the gate is open.
    package func untilHolding() async {
        let (stream, bell) = AsyncStream<Never>.makeStream()
        let waits = state.withLock { state in
            guard state.holds != nil, !state.isHolding else { return false }
            state.watchers.append(bell)
            return true
        }
        if waits { for await _ in stream {} }
    }

    /// Lets the held requests go to their fate, and all later ones pass.
    package func open(_ fate: Fate = .answered) {
        let bells = state.withLock { state in
            defer { (state.holds, state.held, state.watchers) = (nil, [], []) }
            state.fate = fate
            return state.held + state.watchers
        }
        for bell in bells { bell.finish() }
    }

    /// Lets one request through to `respond`, or holds it.
    func pass(_ request: ServerRequest, _ respond: (ServerRequest) async throws -> ServerAnswer) async throws
        -> ServerAnswer
    {
        let arrival = Arrival(line: "\(request.method) \(request.target)", instant: .now)
        let (isHeld, carriesOut) = state.withLock { state in
            state.arrivals.append(arrival)
            let isHeld = state.isHolding || state.holds?(state.arrivals.count, arrival) == true
            guard isHeld, state.holds != nil else { return (false, false) }
            return (true, state.carriesOut)
        }
        guard isHeld else { return try await respond(request) }
        let answer = carriesOut ? try await respond(request) : nil
        let fate = await hold()
        guard fate == .answered else { throw Lost() }
        if let answer { return answer }
        return try await respond(request)
    }

    private func hold() async -> Fate {
        let (stream, bell) = AsyncStream<Never>.makeStream()
        let watchers = state.withLock { state -> [Bell] in
            guard state.holds != nil else {
                bell.finish()
                return []
            }
            state.isHolding = true
            state.held.append(bell)
            defer { state.watchers = [] }
            return state.watchers
        }
        for watcher in watchers { watcher.finish() }
        for await _ in stream {}
        return state.withLock { $0.fate }
    }

    private struct Lost: Error, CustomStringConvertible {
        let description = "the request was lost on purpose"
    }
}
