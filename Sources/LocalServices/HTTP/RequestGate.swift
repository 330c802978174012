import Synchronization

/// Observes the requests to any number of local servers, and can hold them up from a chosen request on.
///
/// It is part of the servers' configurations. While open, it lets every request pass and records when it arrived. Once
/// closed, it holds the chosen request and all later ones until it is opened or their tasks are cancelled. So a test
/// can kill a client or change a domain at an exact point that does not depend on timing.
package final class RequestGate: Sendable {
    /// A request that has arrived.
    package struct Arrival: Sendable {
        /// Method and target as sent: `GET /v1/package/version?…`.
        package let line: String
        package let instant: ContinuousClock.Instant
    }

    /// What happens to the held requests when the gate opens.
    package enum Fate: Sendable {
        /// They are answered normally.
        case answered
        /// They get a 500, and their connections are closed. Requests that were not carried out before are not carried
        /// out.
        case lost
    }

    private typealias Bell = AsyncStream<Never>.Continuation

    private struct State {
        var arrivals: [Arrival] = []
        /// Whether a request is the first to hold; nil while the gate is open.
        var holds: (@Sendable (_ number: Int, Arrival) -> Bool)?
        var carriesOut = false
        var isHolding = false
        var fate = Fate.answered
        var watchers: [Bell] = []
        var held: [Bell] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// All requests since the start or the last `forget`, in order of arrival.
    package var arrivals: [Arrival] { state.withLock { $0.arrivals } }

    package func forget() {
        state.withLock { $0.arrivals = [] }
    }

    /// Holds the request with this number, from 1, and all later ones.
    ///
    /// - Parameter carriesOut: whether to carry them out and hold only their answers.
    package func close(at number: Int, carriesOut: Bool = false) {
        close(carriesOut: carriesOut) { count, _ in count >= number }
    }

    /// Holds the next request whose line contains a text, and all later ones.
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

    /// Releases the held requests to their fate and lets all later ones pass.
    package func open(_ fate: Fate = .answered) {
        let bells = state.withLock { state in
            defer { (state.holds, state.held, state.watchers) = (nil, [], []) }
            state.fate = fate
            return state.held + state.watchers
        }
        for bell in bells { bell.finish() }
    }

    /// Passes one request to `respond`, or holds it.
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
