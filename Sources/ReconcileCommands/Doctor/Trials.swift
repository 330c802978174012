import ReconcileApp
package import ReconcileCore

/// The results of trying operations, and what they say about the required permissions.
package struct Trials: Sendable {
    private var failures: [ServiceOperation: RemoteFailure] = [:]
    private var accepted: Set<ServiceOperation> = []
    /// Why each service did not respond, by its name; nothing more is sent to these services.
    private var silences: [String: RemoteFailure] = [:]
    /// A refusal that does not come from AWS; nil if there was none.
    package private(set) var foreign: RemoteFailure?
    /// Whether the domain is known not to exist.
    package var lacksDomain = false
    /// Why the store refuses every request, whatever the policies allow; nil if no such reason is known.
    package var storeFault: String?

    package init() {}

    /// Tries the operations that one piece of work sends in this order; returns nil if the work does not complete.
    ///
    /// A response that something does not exist shows that the operation is permitted, because permission is checked
    /// first. Nothing is tried if one of the services did not respond before.
    ///
    /// - Parameter isOfStore: whether such a response means that the store itself does not exist, so that nothing can
    ///   be done in it.
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

    /// Returns the failure of an operation; nil if it succeeded or was not tried.
    package func failure(of operation: ServiceOperation) -> RemoteFailure? { failures[operation] }

    /// Returns the failure that kept the operations behind a permission from being tried; nil if there was none.
    private func failure(before permission: Permission) -> RemoteFailure? {
        let kinds = Set(permission.operations.map(\.kind))
        // Operations that change the domain are never tried.
        guard permission.operations.contains(where: { !($0.isWrite && $0.kind == .domain) }) else { return nil }
        return failures.values.filter { kinds.contains($0.operation.kind) }
            .min { "\($0.operation)" < "\($1.operation)" }
    }

    /// Whether the store refused a request without naming a policy as the cause.
    package var isRefusedByStore: Bool {
        failures.values.contains { failure in
            failure.operation.kind == .store && failure.isRefusal
                && failure.denial?.cause == nil
        }
    }

    /// Why nothing more is sent to the store; nil if there is no reason.
    package var whyStoreIsLeftAlone: String? {
        storeFault ?? silences["s3"]?.asSilence
    }

    /// Returns the failure of one of the services that did not respond; nil if all those asked did.
    package func silence(of services: String...) -> RemoteFailure? {
        services.lazy.compactMap { silences[$0] }.first
    }

    /// The KMS key that a refusal names; nil if none does.
    package var refusedKey: String? { failures.values.lazy.compactMap { $0.denial?.keyARN }.first }

    /// Returns the check for one permission.
    ///
    /// - Parameter others: all permissions of the role; a refusal may name the missing one among them.
    /// - Parameter isForeign: whether the domain belongs to an account other than the caller's.
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
            // An action on several kinds of resources has a check for each kind.
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

    /// Whether the service did not respond, or something other than AWS did.
    fileprivate var isSilence: Bool {
        operation.kind != .work && (lacksAnswer || kind == .unreachable || denial?.cause == .foreign)
    }

    /// Whether the refusal is for lack of this permission: of the one that AWS's message names, or, if it names none
    /// that the operation requires, of any that it requires.
    fileprivate func blames(_ permission: Permission, among others: [Permission]) -> Bool {
        let needed = others.filter { $0.operations.contains(operation) }
        // Only AWS's own words: the text this program adds names every permission of the request.
        let said = message.firstRange(of: "not authorized to perform: ").map { message[$0.upperBound...] }
        let named = said.map { String($0.prefix { $0 != " " && $0 != "," }) }
        guard needed.contains(where: { $0.action == named }) else { return needed.contains(permission) }
        return permission.action == named
    }
}
