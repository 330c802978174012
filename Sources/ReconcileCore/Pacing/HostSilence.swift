/// A host that requests are sent to: what it is for, and what to check where it does not answer.
package struct RemoteHost: Hashable, Sendable {
    /// As in the URL: with a port that is not the scheme's own.
    package let name: String
    /// Such as "the CodeArtifact API".
    package let purpose: String
    /// What to check, as the rest of a sentence that begins with "Check".
    package let advice: String

    package init(_ name: String, purpose: String, advice: String) {
        self.name = name
        self.purpose = purpose
        self.advice = advice
    }
}

/// Distinguishes a host that cannot be reached from one that is away for a moment: what became of the requests since
/// its last answer.
///
/// A host that began no answer to `limit` requests over `patience` is silent: it is left alone for `rest`, and then
/// asked again, for the sake of processes that live on. Times are readings of a `RunClock`.
package struct HostSilence: Sendable {
    /// Requests without an answer between them.
    package static let limit = 12
    /// The same at the end of the work, of a host that has never answered.
    package static let limitAtEnd = 3
    /// From the first of them to the last: a host that is restarted is back sooner.
    package static let patience: Duration = .seconds(20)
    package static let rest: Duration = .seconds(30)
    /// How long each further request that `limit` was reached for is held, so that a short absence is not spent on
    /// failing everything that waits for the host.
    package static let hold: Duration = .seconds(1)

    private let host: RemoteHost
    private var hasAnswered = false
    private var unanswered = 0
    private var first: Duration = .zero
    private var last: (time: Duration, failure: RemoteFailure)?

    package init(_ host: RemoteHost) {
        self.host = host
    }

    package mutating func answer() {
        hasAnswered = true
        unanswered = 0
        last = nil
    }

    /// A request had no answer, seen at `now`.
    package mutating func miss(_ failure: RemoteFailure, at now: Duration) {
        if unanswered == 0 { first = now }
        unanswered += 1
        last = (now, failure)
    }

    /// Whether so many requests had no answer that the next ones are to be slower.
    package var isDoubtful: Bool { unanswered >= Self.limit }

    /// The failure that ends the work, where the host is silent; nil where it may be asked (again).
    package func verdict(at now: Duration) -> RemoteFailure? {
        guard isDoubtful, let last, last.time - first >= Self.patience, now - last.time < Self.rest else { return nil }
        return failure(last.failure)
    }

    /// The same at the end of the work, when nothing is left that could be answered.
    package func verdictAtEnd() -> RemoteFailure? {
        guard !hasAnswered, unanswered >= Self.limitAtEnd, let last else { return nil }
        return failure(last.failure)
    }

    private func failure(_ last: RemoteFailure) -> RemoteFailure {
        RemoteFailure(
            .unreachable,
            operation: last.operation,
            target: last.target,
            message:
                "\(host.name), \(host.purpose), cannot be reached: the last \(unanswered) requests to it got no answer. "
                + "Check \(host.advice). What was copied is kept; the next run continues. \(last.message)"
        )
    }
}
