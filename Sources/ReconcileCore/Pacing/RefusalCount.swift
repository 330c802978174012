/// Distinguishes a right that is missing altogether from the refusal of one thing: what an operation was answered so far.
///
/// An operation that was refused `limit` times and not accepted for `memory` is refused as a whole: it is not sent for
/// `rest`, then tried again, since a process may outlive the policy that refused it. Times are readings of a `RunClock`.
/// One on the domain itself, such as that for a token, is refused as a whole at its first refusal: there is no other
/// domain that it could be allowed on. One on a repository is so at the end of the work: all packages share its answer,
/// so that a domain of one repository sees no second refusal.
package struct RefusalCount: Sendable {
    /// Refusals without an acceptance after which the operation is not sent again; those of one on the domain: 1.
    package static let limit = 12
    /// The same at the end of the work, when there is nothing more to try; those of one on a repository: 1.
    package static let limitAtEnd = 3
    /// For how long an acceptance shows that a refusal is of one thing only.
    package static let memory: Duration = .seconds(3_600)
    package static let rest: Duration = .seconds(30)

    private var accepted: Duration?
    /// Refusals since the last acceptance that counts.
    private var refused = 0
    /// The newest refusal.
    private var last: (time: Duration, failure: RemoteFailure)?

    package init() {}

    package mutating func accept(at now: Duration) {
        accepted = now
        refused = 0
        last = nil
    }

    /// - Parameter failure: a `denied` one.
    package mutating func refuse(_ failure: RemoteFailure, at now: Duration) {
        if isAccepted(at: now) { return }
        refused += 1
        last = (now, failure)
    }

    private func isAccepted(at now: Duration) -> Bool { accepted.map { now - $0 < Self.memory } ?? false }

    /// The failure that ends the work if the operation is refused as a whole; nil if it may be sent (again).
    package func verdict(at now: Duration) -> RemoteFailure? {
        guard let last, now - last.time < Self.rest else { return nil }
        return verdict(after: last.failure.operation.isOfDomain ? 1 : Self.limit)
    }

    /// The same at the end of the work, when no request is left that could be accepted.
    package func verdictAtEnd(after limit: Int) -> RemoteFailure? {
        guard let operation = last?.failure.operation else { return nil }
        return verdict(after: operation.isOfDomain || operation.isOfRepository ? 1 : limit)
    }

    private func verdict(after limit: Int) -> RemoteFailure? {
        guard let last = last?.failure, refused >= limit else { return nil }
        let operation = last.operation
        let action = operation.actions.isEmpty ? "it" : operation.actions.joined(separator: " and ")
        let advice =
            switch operation.kind {
            // Within an account an allowance in either policy suffices, across accounts both must allow, and a denial in any
            // wins (IAM user guide, Policy evaluation logic).
            case .domain:
                "Allow \(action) in the role's policy. The \(operation.isOfDomain ? "domain" : "repository")'s permissions "
                    + "policy must not deny it and, if the domain belongs to another account, must allow it too"
            case .store:
                "Allow \(action) in the role's policy. The bucket's policy, and the key's if there is one, must not deny it "
                    + "and, if they belong to another account, must allow it too"
            case .work: "Check the permissions"
            }
        let times = refused == 1 ? "once" : "\(refused) times"
        let since = accepted == nil ? "never accepted" : "not accepted for an hour"
        return RemoteFailure(
            .forbidden,
            operation: operation,
            target: last.target,
            message: "refused \(times) and \(since). \(advice). \(last.message)"
        )
    }
}

extension ServiceOperation {
    /// Whether the domain's own policy grants it to other accounts; a repository's policy grants everything else
    /// (CodeArtifact user guide, Domain policies, Repository policies).
    fileprivate var isOfDomain: Bool { rights.contains { $0.resource == .domain } }
}
