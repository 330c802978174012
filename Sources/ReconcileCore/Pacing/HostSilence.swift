/// A host that requests are sent to, with its purpose and what to check if it doesn't answer.
package struct RemoteHost: Hashable, Sendable {
    /// As in the URL, with the port unless it is the scheme's default.
    package let name: String
    /// For example "the CodeArtifact API".
    package let purpose: String
    /// What to check, as the rest of a sentence that starts with "Check".
    package let advice: String

    package init(_ name: String, purpose: String, advice: String) {
        self.name = name
        self.purpose = purpose
        self.advice = advice
    }
}

/// Distinguishes an unreachable host from one that is briefly away, by counting unanswered requests since its last
/// answer.
///
/// A host that left `limit` requests in a row unanswered over `patience` is silent: nothing is sent to it for `rest`,
/// then it is tried again, because the process may outlive the outage. Times are readings of a `RunClock`.
package struct HostSilence: Sendable {
    /// Unanswered requests in a row.
    package static let limit = 12
    /// The limit at the end of the work, for a host that has never answered.
    package static let limitAtEnd = 3
    /// The minimum time from the first unanswered request to the last. A host that restarts is back sooner.
    package static let patience: Duration = .seconds(20)
    package static let rest: Duration = .seconds(30)
    /// How long to delay each further request once `limit` is reached, so that a short outage doesn't fail everything
    /// that needs the host.
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

    /// Counts a request without an answer; `now` is when that was noticed.
    package mutating func miss(_ failure: RemoteFailure, at now: Duration) {
        if unanswered == 0 { first = now }
        unanswered += 1
        last = (now, failure)
    }

    /// Whether enough requests went unanswered to slow down the next ones.
    package var isDoubtful: Bool { unanswered >= Self.limit }

    /// The failure that ends the work if the host is silent; nil if requests may be sent to it.
    package func verdict(at now: Duration) -> RemoteFailure? {
        guard isDoubtful, let last, last.time - first >= Self.patience, now - last.time < Self.rest else { return nil }
        return failure(last.failure)
    }

    /// The verdict at the end of the work, when no request is left that could be answered.
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
