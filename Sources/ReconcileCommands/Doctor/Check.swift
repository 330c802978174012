import ReconcileApp
package import ReconcileCore

/// One check by doctor: its finding, and what to do if that is not good.
package struct Check: Hashable, Sendable, Encodable {
    package enum Verdict: String, Hashable, Sendable, Encodable {
        case good, bad, unknown
    }

    package let verdict: Verdict
    /// What was checked, such as `clock` or an IAM action.
    package let name: String
    /// The finding as a sentence; empty if the verdict says it all.
    package let finding: String
    /// Commands, settings and policy statements that fix the problem, ready to copy.
    package let advice: [String]
    /// Whether the problem is one of credentials or permissions.
    package let isAboutAccess: Bool

    private enum CodingKeys: String, CodingKey {
        case verdict, name, finding, advice
    }

    package static func good(_ name: String, _ finding: String = "") -> Check {
        Check(verdict: .good, name: name, finding: finding, advice: [], isAboutAccess: false)
    }

    package static func bad(_ name: String, _ finding: String, access: Bool = false, _ advice: String...) -> Check {
        Check(verdict: .bad, name: name, finding: finding, advice: advice, isAboutAccess: access)
    }

    package static func unknown(_ name: String, _ finding: String, _ advice: String...) -> Check {
        Check(verdict: .unknown, name: name, finding: finding, advice: advice, isAboutAccess: false)
    }

    /// Returns the check for a failed request: bad if the caller's credentials are bad, otherwise unknown.
    package static func failed(_ name: String, _ failure: RemoteFailure) -> Check {
        switch failure.kind {
        case .credentials: .bad(name, failure.message, access: true)
        // A directory has no permissions to grant: whatever uses that place fails, or leaves it out.
        case _ where failure.isOfOnePlace && failure.operation.actions.isEmpty:
            .bad(name, "\(failure.target): \(failure.message)")
        case _ where failure.denial?.cause == .foreign:
            .unknown(name, #"something other than AWS answered; see the line "answers""#)
        case .denied, .forbidden:
            .unknown(name, "needs \(failure.operation.actions.formattedList), which is not allowed")
        default: .unknown(name, failure.message)
        }
    }

    /// Returns the unknown check for something that was not tried because its service had not responded.
    static func skipped(_ name: String, after silence: RemoteFailure) -> Check {
        .unknown(name, "not checked: \(silence.asSilence)")
    }
}

extension RemoteFailure {
    /// Why nothing more is sent to the service.
    var asSilence: String {
        denial?.cause == .foreign ? "\(operation) was not answered by AWS" : "\(operation) got no answer"
    }
}

extension Check: Listing {
    package var document: Check { self }

    /// The finding on one or more lines, followed by the advice.
    package func lines(width: Int) -> [String] {
        let indent = String(repeating: " ", count: 9)
        let mark = verdict == .bad ? "BAD" : verdict.rawValue
        let text = finding.isEmpty ? name : "\(name): \(finding)"
        let found = text.wrapped(to: max(20, width - indent.count)).enumerated().map { number, line in
            (number == 0 ? mark + String(repeating: " ", count: indent.count - mark.count) : indent) + line
        }
        return found + advice.flatMap { AdviceLines.of($0, width: width) }
    }
}

/// The results of doctor, in the order of the checks.
package struct Examination: Hashable, Sendable {
    package let checks: [Check]
    /// Whether each check was printed as soon as it was done.
    private let isShown: Bool

    package init(_ checks: [Check], isShown: Bool = false) {
        self.checks = checks
        self.isShown = isShown
    }

    /// The exit status. Unknown checks do not affect it.
    package var exit: ExitStatus {
        let bad = checks.filter { $0.verdict == .bad }
        if bad.contains(where: \.isAboutAccess) { return .credentials }
        return bad.isEmpty ? .converged : .refused
    }

    private func count(_ verdict: Check.Verdict) -> Int { checks.count { $0.verdict == verdict } }
}

extension Examination: Listing {
    package struct Document: Encodable {
        let format = 1
        let checks: [Check]
        let good: Int
        let bad: Int
        let unknown: Int
        let exit: Int32
    }

    package var document: Document {
        Document(
            checks: checks,
            good: count(.good),
            bad: count(.bad),
            unknown: count(.unknown),
            exit: exit.rawValue
        )
    }

    /// All checks, unless they were printed already, and the totals.
    package func lines(width: Int) -> [String] {
        var lines = isShown ? [] : checks.flatMap { $0.lines(width: width) }
        lines.append("")
        let bad = count(.bad)
        lines.append("\(count(.good)) good, \(bad) bad, \(count(.unknown)) unknown")
        return lines
    }
}

extension String {
    /// Wraps the text at spaces to lines of at most a width; a longer word gets its own line.
    func wrapped(to width: Int) -> [String] {
        var lines: [String] = []
        for word in split(separator: " ") {
            if let last = lines.last, DisplayWidth.of(last) + 1 + DisplayWidth.of(String(word)) <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines.isEmpty ? [""] : lines
    }
}
