import ReconcileApp
package import ReconcileCore

/// The results of trying operations, and what they say about the permissions that these need.
package struct Trials: Sendable {
    private var failures: [ServiceOperation: RemoteFailure] = [:]
    private var accepted: Set<ServiceOperation> = []
    /// What kept a service from answering, by its name: nothing more is asked of it.
    private var silences: [String: RemoteFailure] = [:]
    /// A refusal that is not AWS's own; nil where there was none.
    package private(set) var foreign: RemoteFailure?
    /// Whether the domain is not there, as far as that is known.
    package var lacksDomain = false
    /// Why the store refuses everybody, whatever policies allow; nil where nothing is known of that.
    package var storeFault: String?

    package init() {}

    /// Tries operations that one piece of work sends in order; nil if it does not finish.
    ///
    /// That something does not exist is an answer too: permission is checked first. Nothing is
    /// tried if a service that it needs has not answered before.
    ///
    /// - Parameter isOfStore: whether such an answer says that there is no such store, in which nothing can be done.
    /// - Throws: `CancellationError`.
    package mutating func attempt<Value>(
        _ operations: [ServiceOperation],
        isOfStore: Bool = false,
        _ work: () async throws -> Value?
    ) async throws -> Value? {
        guard !operations.contains(where: { silences[$0.service] != nil }) else { return nil }
        do {
            let value = try await work()
            accepted.formUnion(operations)
            return value
        } catch let failure as RemoteFailure {
            if failure.denial?.cause == .foreign { foreign = failure }
            if failure.isSilence { silences[failure.operation.service] = failure }
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

    /// The failure of an operation that was tried without success.
    package func failure(of operation: ServiceOperation) -> RemoteFailure? { failures[operation] }

    /// The failure that kept what needs this permission from being tried; nil if there was none.
    private func failure(before permission: Permission) -> RemoteFailure? {
        let kinds = Set(permission.operations.map(\.kind))
        // What changes the domain is not tried whatever happens.
        guard permission.operations.contains(where: { !($0.isWrite && $0.kind == .domain) }) else { return nil }
        return failures.values.filter { kinds.contains($0.operation.kind) }
            .min { "\($0.operation)" < "\($1.operation)" }
    }

    /// Whether the store refused to list, in words that blame no policy.
    package var isRefusedByStore: Bool {
        failures.values.contains { failure in
            failure.operation.kind == .store && failure.isRefusal
                && failure.denial?.cause == nil
        }
    }

    /// Why nothing more is asked of the store; nil where there is no reason not to.
    package var whyStoreIsLeftAlone: String? {
        storeFault ?? silences["s3"]?.asSilence
    }

    /// What kept one of these services from answering; nil where all did that were asked.
    package func silence(of services: String...) -> RemoteFailure? {
        services.lazy.compactMap { silences[$0] }.first
    }

    /// The KMS key that a refusal names; nil where none does.
    package var refusedKey: String? { failures.values.lazy.compactMap { $0.denial?.keyARN }.first }

    /// What is known of one permission.
    ///
    /// - Parameter others: those of the same role, among which a refusal names the one that is lacking.
    /// - Parameter isForeign: whether the domain belongs to another account than the caller.
    package func check(_ permission: Permission, among others: [Permission], isForeign: Bool = false) -> Check {
        let name = permission.action
        let failed = permission.operations.compactMap { failures[$0] }
            .sorted { "\($0.operation)" < "\($1.operation)" }
        let refusals = failed.filter { $0.isRefusal && !$0.isSilence }
        if let storeFault, refusals.contains(where: { $0.operation.kind == .store }) {
            return .unknown(name, storeFault)
        }
        if let refusal = refusals.first(where: { $0.blames(permission, among: others) }) {
            return permission.operations.allSatisfy(\.isOptional)
                ? .left(permission, refusal) : .refused(permission, refusal, isForeign: isForeign)
        }
        if !accepted.isDisjoint(with: permission.operations) {
            // An action on several kinds of things is a row for each.
            let isOne = others.count { $0.action == name } <= 1
            return .good(name, isOne ? "" : "on \(permission.target.words)")
        }
        if let refusal = refusals.first {
            return .unknown(name, "\(refusal.operation) was refused for another permission")
        }
        if let silence = permission.operations.compactMap({ silences[$0.service] }).first {
            return .skipped(name, after: silence)
        }
        if failed.isEmpty, let earlier = failure(before: permission) {
            return .unknown(
                name,
                "not tried: \(earlier.operation) \(earlier.isRefusal ? "was refused" : "failed")"
            )
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
    fileprivate var isRefusal: Bool { kind == .denied || kind == .forbidden }

    /// Whether its service gave no answer, or somebody else did.
    fileprivate var isSilence: Bool {
        operation.kind != .work && (lacksAnswer || kind == .unreachable || denial?.cause == .foreign)
    }

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
