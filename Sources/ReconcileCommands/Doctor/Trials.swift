import ReconcileApp
package import ReconcileCore

/// What came of trying operations, and what that says of the permissions that they need.
package struct Trials: Sendable {
    private var failures: [ServiceOperation: RemoteFailure] = [:]
    private var accepted: Set<ServiceOperation> = []

    package init() {}

    /// Tries operations that one piece of work sends in order; nil where it does not come to an end.
    ///
    /// An answer that there is no such thing is an answer: permission comes first.
    ///
    /// - Parameter isOfStore: whether such an answer says that there is no such store, in which nothing can be done.
    /// - Throws: `CancellationError`.
    package mutating func attempt<Value>(
        _ operations: [ServiceOperation],
        isOfStore: Bool = false,
        _ work: () async throws -> Value?
    ) async throws -> Value? {
        do {
            let value = try await work()
            accepted.formUnion(operations)
            return value
        } catch let failure as RemoteFailure {
            guard let position = operations.firstIndex(of: failure.operation) else {
                for operation in operations { failures[operation] = failure }
                return nil
            }
            accepted.formUnion(operations[..<position])
            if failure.kind == .absent, !isOfStore {
                accepted.insert(operations[position])
            } else {
                failures[operations[position]] = failure
            }
            return nil
        }
    }

    /// The failure of an operation that was tried in vain.
    package func failure(of operation: ServiceOperation) -> RemoteFailure? { failures[operation] }

    /// What is known of one permission.
    ///
    /// - Parameter others: those of the same role, among which a refusal names the one that is lacking.
    /// - Parameter isForeign: whether the domain belongs to another account than the caller.
    package func check(_ permission: Permission, among others: [Permission], isForeign: Bool = false) -> Check {
        let name = permission.action
        let failed = permission.operations.compactMap { failures[$0] }
            .sorted { "\($0.operation)" < "\($1.operation)" }
        let refusals = failed.filter { [.denied, .forbidden].contains($0.kind) }
        if let refusal = refusals.first(where: { $0.blames(permission, among: others) }) {
            let policies =
                isForeign && name.hasPrefix("codeartifact:")
                ? "Allow it in the role's policy, and in the policies of the domain and its repositories, which belong to "
                    + "another account:" : "Allow it with:"
            return .bad(
                name,
                "refused for \(refusal.target) (\(refusal.operation)). \(policies)",
                access: true,
                PolicyDocument([permission]).statements
            )
        }
        if !accepted.isDisjoint(with: permission.operations) { return .good(name) }
        if let refusal = refusals.first {
            return .unknown(name, "\(refusal.operation) was refused for another permission")
        }
        if let failure = failed.first {
            return failure.kind == .credentials
                ? .bad(name, failure.message, access: true) : .unknown(name, failure.message)
        }
        return .unknown(
            name,
            permission.operations.contains { $0.isWrite && $0.kind == .domain }
                ? "cannot be tried without changing the domain" : "not tried: nothing to try it on"
        )
    }
}

extension RemoteFailure {
    /// Whether a refusal is for lack of a permission: of the one that its words name, else of any that the operation
    /// needs.
    fileprivate func blames(_ permission: Permission, among others: [Permission]) -> Bool {
        let needed = others.filter { $0.operations.contains(operation) }
        // AWS's own words; what this program adds to them names every permission of the request.
        let said = message.firstRange(of: "not authorized to perform: ").map { message[$0.upperBound...] }
        let named = said.map { String($0.prefix { $0 != " " && $0 != "," }) }
        guard needed.contains(where: { $0.action == named }) else { return needed.contains(permission) }
        return permission.action == named
    }
}
