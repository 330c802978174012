package import ReconcileCore

/// Failures as a person reads them: equal ones are grouped, with their number and the first places.
package struct FailureLines: Hashable, Sendable {
    private let groups: [FailureGroups.Group]
    /// The number of failures that the report counts but does not list.
    private let unnamed: Int
    private let whole: String

    /// The maximum number of groups shown.
    private static let shown = 20

    /// - Parameters:
    ///   - all: the total number of failures; a report lists only some of them.
    ///   - repeated: whether to show only failures that occurred more than once.
    ///   - whole: the document that lists the rest, as the last line names it.
    package init(
        _ failures: [RunReport.Failure],
        of all: Int,
        onlyRepeated repeated: Bool = false,
        whole: String = "the report"
    ) {
        self.whole = whole
        groups = FailureGroups(failures).groups.filter { !repeated || $0.count > 1 }
        unnamed = max(0, all - failures.count)
    }

    /// - Parameter wrap: splits a text into lines with an indent.
    package func lines(_ wrap: (_ text: String, _ indent: Int) -> [String]) -> [String] {
        var lines: [String] = []
        for group in groups.prefix(Self.shown) {
            let places = group.places.map(\.words)
            guard group.count > 1 else {
                lines += places.flatMap { wrap($0, 2) } + wrap(group.message, 4)
                continue
            }
            lines += wrap("\(group.count) times \(group.message)", 2) + places.flatMap { wrap($0, 4) }
            if group.count > places.count { lines.append("    and \(group.count - places.count) more") }
        }
        let left = groups.dropFirst(Self.shown).reduce(unnamed) { $0 + $1.count }
        return lines + (left > 0 ? ["  and \(left) more; \(whole) names them"] : [])
    }
}
