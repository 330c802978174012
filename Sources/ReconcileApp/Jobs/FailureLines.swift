package import ReconcileCore

/// Failures as a person reads them: equal ones once, with their number and the first places.
package struct FailureLines: Hashable, Sendable {
    private let groups: [FailureGroups.Group]
    /// Failures beyond those that are known one by one.
    private let unnamed: Int
    private let whole: String

    /// Groups that a person is shown.
    private static let shown = 20

    /// - Parameters:
    ///   - all: how many failures there were; a report has room for some.
    ///   - repeated: whether only those are shown of which there are several.
    ///   - whole: what names the others.
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

    /// - Parameter wrap: a text's lines within so many columns less than there are.
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
