/// The result of restoring a domain's configuration: each call of the plan and its outcome, and
/// what stays as it is.
package struct ConfigurationRestore: Sendable {
    /// How a call ended.
    package enum Fate: Hashable, Sendable {
        /// Listed and not sent: by a dry run, or because nothing proves the record.
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
    /// Whether the record passes a trust file and nothing says that a newer one is missing; without a trust file, nothing
    /// shows who wrote it.
    package let isProved: Bool
    /// Whether it passes the trust file, and there may have been a newer one: an anchor or the newest checkpoint contradicts
    /// the records.
    package let isContradicted: Bool
    /// Whether nothing was sent because the record is not proved, and the operator has not accepted it.
    package let isHeldBack: Bool
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
        if isHeldBack { return .refused }
        let failed = steps.compactMap { step -> RemoteFailure? in
            if case .failed(let failure) = step.fate { failure } else { nil }
        }
        if let fatal = failed.first(where: \.endsConfiguration) { return ExitStatus(fatal.kind) }
        if isCutShort { return .deadline }
        if !failed.isEmpty || !failures.isEmpty { return .failures }
        return steps.contains { $0.fate == .planned } ? .drift : .converged
    }
}

extension ConfigurationRestore {
    /// Why nothing was sent, and what to do; nil where that is not why.
    package var refusal: String? {
        guard isHeldBack else { return nil }
        let doubt =
            isContradicted
            ? "records are missing or were added, so \(record.key) may not be the newest one. Look for it in another copy "
                + "of the backup"
            : "no trust file proves \(record.key), and whoever can write to the bucket could forge it. Restore it with --trust"
        return
            "nothing was written: \(doubt); or read the calls, and if they are right, run this again with "
            + "--accept-unproved \(record.sha256)"
    }
}

extension RemoteFailure {
    /// Whether every further call would fail in the same way. After a denied one, the others are
    /// still tried.
    var endsConfiguration: Bool { kind == .credentials || kind == .unreachable }
}
