/// Distinguishes a right that is missing altogether from the refusal of one thing: what an operation was answered so
/// far.
///
/// An operation that was refused `limit` times in a row, for `items` packages at least, is refused as a whole, whatever
/// was accepted before: a right may be revoked at any time. Refusals of objects must also be half as many as were given:
/// there may be dozens of them that are denied, or whose key is lost. If these refusals were of fewer packages, only requests for
/// those packages fail unsent: access may be denied to them alone, and they may be all that a run has to do. Either
/// way, nothing is sent for `rest`, then one request is tried, since a process may outlive the policy that refused it.
/// Times are readings of a `RunClock`. One acceptance resets the count. An operation on the domain itself, such as that
/// for a token, is refused as a whole at its first refusal: there is no other domain that it could be allowed on. So is
/// one on the signing key. One on a repository is at the end of the work: all packages share its answer, so that a
/// domain of one repository sees no second refusal.
package struct RefusalCount: Sendable {
    /// Refusals in a row after which the operation is not sent again; those of one on the domain or the signing key: 1.
    package static let limit = 12
    /// The same at the end of the work, when there is nothing more to try, for an operation that was never accepted; those
    /// of one on a repository: 1.
    package static let limitAtEnd = 3
    /// How many packages they are of at least: one that is refused may have any number of versions.
    package static let items = 3
    package static let rest: Duration = .seconds(30)

    private var accepted = 0
    private var wasAccepted: Bool { accepted > 0 }
    /// Refusals since the last acceptance.
    private var refused = 0
    /// The packages that they were of, as far as it matters how many these are.
    private var refusedItems: Set<String> = []
    /// The newest refusal.
    private var last: (time: Duration, failure: RemoteFailure)?

    package init() {}

    package mutating func accept() {
        accepted += 1
        guard refused > 0 else { return }
        refused = 0
        refusedItems = []
        last = nil
    }

    /// - Parameter failure: a `denied` one.
    package mutating func refuse(_ failure: RemoteFailure, at now: Duration) {
        refused += 1
        if refusedItems.count < Self.items { refusedItems.insert(failure.operation.item(of: failure.target)) }
        last = (now, failure)
    }

    /// The failure that ends the work if the operation is refused as a whole; nil if it may be sent (again).
    package func verdict(at now: Duration) -> RemoteFailure? {
        guard let last, now - last.time < Self.rest else { return nil }
        return last.failure.operation.isOfOneThing ? verdict(after: 1, of: 1) : inARow
    }

    /// The failure of a request of the operation, if it is not to be sent: as above, or `denied` where the things of its
    /// target alone are refused.
    package func verdict(at now: Duration, of target: String) -> RemoteFailure? {
        if let verdict = verdict(at: now) { return verdict }
        guard let last, now - last.time < Self.rest, refused >= Self.limit,
            refusedItems.contains(last.failure.operation.item(of: target))
        else { return nil }
        return RemoteFailure(
            .denied,
            operation: last.failure.operation,
            target: target,
            message: "not sent: the last \(refused) requests were refused. \(last.failure.message)",
            denial: last.failure.denial
        )
    }

    /// All packages of a repository share its answer.
    private var inARow: RemoteFailure? {
        let operation = last?.failure.operation
        let isOfObject = operation.map { $0.kind == .store && $0.isOfFile } ?? false
        return verdict(
            after: isOfObject ? max(Self.limit, accepted / 2) : Self.limit,
            of: operation?.isOfRepository == true ? 1 : Self.items
        )
    }

    /// The same at the end of the work, when no request is left that could be accepted.
    ///
    /// - Parameter repeatsWords: whether the failure says what the last refusal said, also where its own advice suffices.
    package func verdictAtEnd(after limit: Int, of items: Int, repeatsWords: Bool) -> RemoteFailure? {
        guard let operation = last?.failure.operation else { return nil }
        if operation.isOfOneThing { return verdict(after: 1, of: 1) }
        if wasAccepted { return inARow }
        return operation.isOfRepository
            ? verdict(after: 1, of: 1, repeatsWords: repeatsWords)
            : verdict(after: limit, of: items, repeatsWords: repeatsWords)
    }

    private func verdict(after limit: Int, of items: Int, repeatsWords: Bool = true) -> RemoteFailure? {
        guard let last = last?.failure, refused >= limit, refusedItems.count >= items else { return nil }
        let operation = last.operation
        let since = wasAccepted ? "no longer accepted" : "never accepted"
        let times = refused == 1 ? "once" : "\(refused) times"
        // The refusal itself says what to do where it says who refuses, and where no action of a policy is lacking.
        let isPlain = last.denial?.remedy(operation.kind) == nil && !operation.actions.isEmpty
        let advice = isPlain ? Self.advice(for: last) : nil
        let words = advice == nil || repeatsWords ? last.message : nil
        return RemoteFailure(
            .forbidden,
            operation: operation,
            target: last.target,
            message: ["refused \(times) and \(since)", advice, words].compactMap(\.self).joined(separator: ". "),
            denial: last.denial
        )
    }

    private static func advice(for refusal: RemoteFailure) -> String {
        let operation = refusal.operation
        if operation.isOfSigningKey {
            return
                "Allow \(operation.actions.joined(separator: " and ")) on \(refusal.target) in the role's policy. Whoever "
                + "administers the key must let its policy allow that, and name the role there if the key belongs to "
                + "another account"
        }
        if let ofKey = refusal.denial?.ofKey {
            return "Allow \(ofKey) in the role's policy. The key's policy must not deny it and, if the key belongs to "
                + "another account, must allow it too"
        }
        let action = operation.actions.joined(separator: " and ")
        // Within an account an allowance in either policy suffices, across accounts both must allow, and a denial in any
        // wins (IAM user guide, Policy evaluation logic).
        return switch operation.kind {
        case .domain:
            "Allow \(action) in the role's policy. The \(operation.isOfDomain ? "domain" : "repository")'s permissions "
                + "policy must not deny it and, if the domain belongs to another account, must allow it too"
        case .store:
            "Allow \(action) in the role's policy. The bucket's policy, and the key's if there is one, must not deny it "
                + "and, if they belong to another account, must allow it too"
        case .work: "Check the permissions"
        }
    }
}

extension ServiceOperation {
    /// The package that a target of this operation belongs to: a `repository/group:artifact:version/asset`, or the folder
    /// above a version's for the key of a file; anything else stands for itself.
    fileprivate func item(of target: String) -> String {
        let parts = target.split(separator: "/", omittingEmptySubsequences: false)
        if kind == .store {
            guard isOfFile, let file = parts.last else { return target }
            // A package's own document lies in its folder, a file of a version one below.
            let folder = parts.dropLast()
            let isOfPackage = file.hasPrefix(MavenMetadata.fileName) && folder.last?.hasSuffix("-SNAPSHOT") != true
            return (isOfPackage ? folder : folder.dropLast()).joined(separator: "/")
        }
        guard parts.count > 1 else { return target }
        return "\(parts[0])/" + parts[1].split(separator: ":").prefix(2).joined(separator: ":")
    }

    /// Whether the domain's own policy grants it to other accounts; a repository's policy grants everything else
    /// (CodeArtifact user guide, Domain policies, Repository policies).
    fileprivate var isOfDomain: Bool { rights.contains { $0.resource == .domain } }

    fileprivate var isOfSigningKey: Bool { rights.contains { $0.resource == .signingKey } }

    /// Whether there is but one thing that it could be allowed on.
    fileprivate var isOfOneThing: Bool { isOfDomain || isOfSigningKey }
}
