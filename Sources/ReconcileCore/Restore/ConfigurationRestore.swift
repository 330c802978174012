/// The result of restoring a domain's configuration: each call of the plan and its outcome, and
/// what stays as it is.
package struct ConfigurationRestore: Sendable {
    /// How a call ended.
    package enum Fate: Hashable, Sendable {
        /// Listed by a dry run, which sends nothing.
        case planned
        case made
        case failed(RemoteFailure)
        /// Not sent, because the restore was stopped first.
        case left
    }

    package struct Step: Hashable, Sendable {
        package let call: ConfigurationCall
        package var fate: Fate
    }

    /// The record that it is from.
    package let record: ConfigurationRecords.Found
    /// As it was made before the first call.
    package let plan: ConfigurationPlan
    package let rewrites: [ConfigurationMapping.Rewrite]
    package let foreign: [ConfigurationMapping.Rewrite]
    package var steps: [Step]
    /// What failed besides calls: newer records that cannot be relied on, and parts of the domain that may not be read.
    package var failures: [RemoteFailure] = []
    /// Whether a deadline or a signal ended it early.
    package var isCutShort = false

    package func count(_ isCounted: (Fate) -> Bool) -> Int { steps.count { isCounted($0.fate) } }

    package var exit: ExitStatus {
        let failed = steps.compactMap { step -> RemoteFailure? in
            if case .failed(let failure) = step.fate { failure } else { nil }
        }
        if let fatal = failed.first(where: \.endsConfiguration) { return ExitStatus(fatal.kind) }
        if isCutShort { return .deadline }
        if !failed.isEmpty || !failures.isEmpty { return .failures }
        return steps.contains { $0.fate == .planned } ? .drift : .converged
    }
}

extension RemoteFailure {
    /// Whether every further call would fail in the same way. After a denied one, the others are
    /// still tried.
    var endsConfiguration: Bool { kind == .credentials || kind == .unreachable }
}
