import ReconcileApp
import ReconcileCore

/// Collects the checks, and prints each one immediately if the output is for a person, because the next may take a
/// while.
struct Findings {
    private(set) var checks: [Check] = []
    private let writer: OutputWriter

    init(_ flags: ListingFlags, on host: Host) {
        writer = OutputWriter(form: flags.output, environment: host.environment)
    }

    /// - Throws: `OutputFile.Unwritable`.
    mutating func add(_ more: [Check]) throws {
        checks += more
        guard writer.isTable else { return }
        for check in more.joiningEqual { try OutputFile.print(writer.text(check)) }
    }

    /// All checks; checks already printed are not printed again.
    var examination: Examination { Examination(checks, isShown: writer.isTable) }
}

extension [Check] {
    /// Merges consecutive checks that are unknown for the same reason, so that the output fits a screen.
    fileprivate var joiningEqual: [Check] {
        var joined: [Check] = []
        for check in self {
            if check.verdict == .unknown, check.advice.isEmpty, let last = joined.last, last.verdict == .unknown,
                last.advice.isEmpty, last.finding == check.finding
            {
                let names = last.name.hasSuffix(check.name) ? last.name : "\(last.name), \(check.name)"
                joined[joined.count - 1] = .unknown(names, last.finding)
            } else {
                joined.append(check)
            }
        }
        return joined
    }
}
