/// Counts refusals of one operation, to distinguish a missing permission from the refusal of single items.
///
/// An operation refused `limit` times in a row, for at least `items` packages, is refused as a whole, whatever was
/// accepted before: a permission may be revoked at any time. For objects, the refusals must also number at least half
/// as many as the acceptances, because dozens of objects may be denied or have lost their key. If the refusals were for
/// fewer packages, only requests for those packages fail unsent: access may be denied to them alone, and they may be
/// all that a run has to do. In either case nothing is sent for `rest`, then one request is tried, because the process
/// may outlive the policy that refused it. One acceptance resets the refusals.
///
/// An operation on the domain itself (such as getting a token) or on the signing key is refused as a whole at its first
/// refusal, because there is nothing else that it could be allowed on. One on a repository is refused as a whole after
/// a single refusal at the end of the work: all packages share its answer, so a domain with one repository sees no
/// second refusal.
///
/// Times are readings of a `RunClock`.
package struct RefusalCount: Sendable {
    /// Refusals in a row after which the operation is not sent again; 1 for an operation on the domain or the signing
    /// key.
    package static let limit = 12
    /// The limit at the end of the work, when nothing is left to try, for an operation that was never accepted; 1 for
    /// an operation on a repository.
    package static let limitAtEnd = 3
    /// The minimum number of packages refused: one refused package may have any number of versions.
    package static let items = 3
    package static let rest: Duration = .seconds(30)

    private var accepted = 0
    private var wasAccepted: Bool { accepted > 0 }
    /// Refusals since the last acceptance.
    private var refused = 0
    /// The refused packages, up to as many as matter.
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

    /// The failure that ends the work if the operation is refused as a whole; nil if it may be sent.
    package func verdict(at now: Duration) -> RemoteFailure? {
        guard let last, now - last.time < Self.rest else { return nil }
        return last.failure.operation.isOfOneThing ? verdict(after: 1, of: 1) : inARow
    }

    /// The failure of a request if it must not be sent: `forbidden` if the operation is refused as a whole, `denied` if
    /// it is refused for the target's package.
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

    /// All packages of a repository share its answer, so one is enough.
    private var inARow: RemoteFailure? {
        let operation = last?.failure.operation
        let isOfObject = operation.map { $0.kind == .store && $0.isOfFile } ?? false
        return verdict(
            after: isOfObject ? max(Self.limit, accepted / 2) : Self.limit,
            of: operation?.isOfRepository == true ? 1 : Self.items
        )
    }

    /// The verdict at the end of the work, when no request is left that could be accepted.
    ///
    /// - Parameter repeatsWords: whether to repeat the last refusal's message even if this failure's own advice
    ///   suffices.
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
        // The refusal says what to do if it names what refuses, or if no policy action is missing.
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
        // Within an account, an allow in either policy is enough; across accounts both must allow; an explicit deny
        // always wins (IAM user guide, Policy evaluation logic).
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
    /// The package that a target of this operation belongs to: that of `repository/group:artifact:version/asset`, or
    /// the folder above the version's for a file's key. Any other target stands for itself.
    fileprivate func item(of target: String) -> String {
        let parts = target.split(separator: "/", omittingEmptySubsequences: false)
        if kind == .store {
            guard isOfFile, let file = parts.last else { return target }
            // A package's own document is in its folder; a version's file is one level below.
            let folder = parts.dropLast()
            let isOfPackage = file.hasPrefix(MavenMetadata.fileName) && folder.last?.hasSuffix("-SNAPSHOT") != true
            return (isOfPackage ? folder : folder.dropLast()).joined(separator: "/")
        }
        guard parts.count > 1 else { return target }
        return "\(parts[0])/" + parts[1].split(separator: ":").prefix(2).joined(separator: ":")
    }

    /// Whether the domain's own policy grants it to other accounts; everything else is granted by a repository's policy
    /// (CodeArtifact user guide, Domain policies, Repository policies).
    fileprivate var isOfDomain: Bool { rights.contains { $0.resource == .domain } }

    fileprivate var isOfSigningKey: Bool { rights.contains { $0.resource == .signingKey } }

    /// Whether only one thing exists on which it could be allowed.
    fileprivate var isOfOneThing: Bool { isOfDomain || isOfSigningKey }
}
