/// The few names that come nearest to one that is not there, by edits of single characters; names that differ from it in
/// case alone come first.
package struct NearestNames {
    private let wanted: [Unicode.Scalar]
    private let lowercased: String
    private let farthest: Int
    private var found: [(distance: Int, name: ExactText)] = []
    private var last: ExactText?

    /// How many names are kept.
    package static let limit = 3

    /// - Parameter wanted: of its characters a third may differ, at least two.
    package init(to wanted: String) {
        self.wanted = Array(wanted.unicodeScalars)
        lowercased = wanted.lowercased()
        farthest = max(2, self.wanted.count / 3)
    }

    /// The nearest first; of equally near ones the first in byte order.
    package var names: [String] { found.map(\.name.value) }

    package mutating func offer(_ name: String) {
        let exact = ExactText(name)
        // A listing names one package many times in a row.
        guard last != exact else { return }
        last = exact
        guard !found.contains(where: { $0.name == exact }) else { return }
        let other = Array(name.unicodeScalars)
        guard abs(other.count - wanted.count) <= farthest else { return }
        let distance = isOnlyOtherCase(name, of: other.count) ? 0 : Self.distance(wanted, other)
        guard distance <= farthest else { return }
        found.append((distance, exact))
        found.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
        if found.count > Self.limit { found.removeLast() }
    }

    private func isOnlyOtherCase(_ name: String, of length: Int) -> Bool {
        length == wanted.count && name.lowercased() == lowercased
    }

    /// Levenshtein's distance, a row at a time.
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var row = Array(0...right.count)
        for (index, scalar) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (scalar == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
