/// Distinguishes a right that is missing altogether from the refusal of one thing: what an operation was answered so far.
///
/// An operation that was refused `limit` times and never accepted is refused as a whole.
package struct RefusalCount: Hashable, Sendable {
    /// Refusals without an acceptance after which the operation is not sent again.
    package static let limit = 12
    /// The same at the end of the work, when there is nothing more to try.
    package static let limitAtEnd = 3

    package private(set) var isAccepted = false
    package private(set) var refused = 0
    /// The newest refusal.
    private var last: RemoteFailure?

    package init() {}

    package mutating func accept() { isAccepted = true }

    /// - Parameter failure: a `denied` one.
    package mutating func refuse(_ failure: RemoteFailure) {
        refused += 1
        last = failure
    }

    /// The failure that ends the work, where the operation is refused as a whole.
    ///
    /// - Parameter limit: `limit`, or `limitAtEnd`.
    package func verdict(after limit: Int = Self.limit) -> RemoteFailure? {
        guard !isAccepted, refused >= limit, let last else { return nil }
        let operation = last.operation
        let advice =
            switch operation.kind {
            case .domain:
                "Allow it in the role's policy; for a domain of another account, also in the policy of the domain or "
                    + "repository"
            case .store:
                "Allow it in the role's policy; for a bucket or key of another account, also in the bucket's or key's policy"
            case .work: "Check the permissions"
            }
        return RemoteFailure(
            .forbidden,
            operation: operation,
            target: last.target,
            message:
                "refused \(refused == 1 ? "once" : "\(refused) times") and never accepted. \(advice). \(last.message)"
        )
    }
}
