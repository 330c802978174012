import ReconcileApp
package import ReconcileCore

/// The output of `reconcile restore --configuration`: every call with its outcome, and the differences that are kept.
package struct ConfigurationRestoreListing: Listing {
    private let restore: ConfigurationRestore
    private let place: ListingPlace

    package init(_ restore: ConfigurationRestore, of place: ListingPlace) {
        (self.restore, self.place) = (restore, place)
    }

    private var plan: ConfigurationPlan { restore.plan }

    // MARK: For a person

    package func lines(width: Int) -> [String] {
        var lines = [sum, "from \(restore.record.key), recorded \(restore.record.recordedAt.extended)"]
        if !restore.isProved {
            let doubt = restore.isContradicted ? "which may not be the newest one" : "which no trust file proves"
            lines.append("\(doubt); SHA-256 \(restore.record.sha256)")
        }
        for step in restore.steps {
            let details = step.call.details.isEmpty ? "" : ": \(step.call.details)"
            lines.append("  \(mark(step.fate))\(step.call.name)  \(step.call.place)\(details)")
            if case .failed(let failure) = step.fate { lines.append("      \(failure)") }
        }
        let failures = restore.failures.map { "  \($0)" }
        let kept = plan.kept.map { change in
            change.part == ConfigurationChange.policy
                ? "  \(change.place): another \(change.part)"
                : "  \(change.place): \(change.part) is \(change.from ?? "none"), recorded \(change.to ?? "none")"
        }
        let sections = [
            ("could not be read or compared:", failures),
            ("kept as it is; --overwrite-configuration changes it:", kept),
            ("rewritten in policies:", restore.rewrites.map { "  \($0.place): \($0.from) -> \($0.to)" }),
            ("policies that name the recorded domain or account; --map-account rewrites them:", foreign),
            ("not recorded, so not restored:", plan.unrecorded.map { "  \($0)" }),
            ("to know:", plan.notes.map { "  \($0)" }),
        ]
        for (title, section) in sections where !section.isEmpty { lines += ["", title] + section }
        return lines
    }

    private var foreign: [String] { restore.foreign.map { "  \($0.place): \($0.from)" } }

    private func mark(_ fate: ConfigurationRestore.Fate) -> String {
        switch fate {
        case .planned, .made: ""
        case .failed: "FAILED  "
        case .left: "not sent  "
        }
    }

    private var sum: String {
        let steps = restore.steps
        guard !steps.isEmpty else { return "nothing to do: the domain has all that is recorded" }
        if let refusal = restore.refusal { return refusal }
        let planned = restore.count { $0 == .planned }
        guard planned == 0 else { return "a restore would send \(Quantity.count(planned, "call"))" }
        let failed = restore.count { if case .failed = $0 { true } else { false } }
        return "\(restore.count { $0 == .made }) of \(Quantity.count(steps.count, "call")) done, \(failed) failed"
            + (restore.isCutShort ? "; stopped early, run it again" : "")
    }

    // MARK: For a program

    package struct Document: Encodable {
        let format = 1
        let domain: String
        let backup: String
        let record: String
        let recordedAt: String
        /// The SHA-256 of the record, for `--accept-unproved`.
        let sha256: String
        /// Whether a trust file proves the record.
        let isProved: Bool
        let calls: [Row]
        /// Differences that are kept: `from` is the present value, `to` the recorded one.
        let kept: [ConfigurationChange]
        let rewritten: [Rewrite]
        let foreign: [Rewrite]
        let unrecorded: [String]
        let notes: [String]
        let failures: [String]
        let exit: Int32
    }

    package struct Row: Encodable {
        let call: String
        let place: String
        let details: String
        /// `planned`, `made`, `failed` or `left`.
        let state: String
        let failure: OrNull<String>
    }

    package struct Rewrite: Encodable {
        let place: String
        let from: String
        let to: String

        init(_ rewrite: ConfigurationMapping.Rewrite) {
            (place, from, to) = (rewrite.place, rewrite.from, rewrite.to)
        }
    }

    package var document: Document {
        Document(
            domain: place.domain,
            backup: place.backup,
            record: restore.record.key.value,
            recordedAt: restore.record.recordedAt.extended,
            sha256: restore.record.sha256,
            isProved: restore.isProved,
            calls: restore.steps.map { step in
                let (state, failure): (String, RemoteFailure?) =
                    switch step.fate {
                    case .planned: ("planned", nil)
                    case .made: ("made", nil)
                    case .failed(let failure): ("failed", failure)
                    case .left: ("left", nil)
                    }
                return Row(
                    call: step.call.name,
                    place: step.call.place,
                    details: step.call.details,
                    state: state,
                    failure: OrNull(failure?.description)
                )
            },
            kept: plan.kept,
            rewritten: restore.rewrites.map(Rewrite.init),
            foreign: restore.foreign.map(Rewrite.init),
            unrecorded: plan.unrecorded,
            notes: plan.notes,
            failures: restore.failures.map(\.description),
            exit: restore.exit.rawValue
        )
    }
}
