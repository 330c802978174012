import ReconcileApp
package import ReconcileCore

/// The versions that a dry run would copy, by name: all of them, or the first in order and how many there are.
package struct PlannedCopies: Hashable, Sendable {
    /// One version, and what it would bring.
    package struct Version: Hashable, Sendable, Encodable {
        package let version: String
        package let status: String
        package let assets: Int
        package let bytes: Int64
    }

    /// As many are named in text.
    package static let named = 20

    package private(set) var versions: [Version] = []
    package private(set) var count = 0
    private let keepsAll: Bool

    /// - Parameter keepsAll: whether all names are wanted, and their memory is spent.
    package init(keepsAll: Bool) {
        self.keepsAll = keepsAll
    }

    package mutating func insert(_ summary: CopySummary) {
        count += 1
        let manifest = summary.manifest
        versions.append(
            Version(
                version: "\(manifest.coordinates)",
                status: manifest.status.rawValue,
                assets: manifest.assets.count,
                bytes: summary.bytes
            )
        )
        if !keepsAll, versions.count > 50 * Self.named { trim() }
    }

    private mutating func trim() {
        versions = Array(sorted().versions.prefix(Self.named))
    }

    /// In the order of their names.
    package func sorted() -> PlannedCopies {
        var copies = self
        copies.versions.sort { ExactText($0.version) < ExactText($1.version) }
        return copies
    }

    /// The first of them, a line each, and where the others are.
    var lines: [String] {
        Self.lines(
            versions.map { version in
                "  \(version.version)  \(version.status), \(Quantity.count(version.assets, "asset"))"
            },
            of: count
        )
    }

    /// The first lines of a list of versions, and where the others are.
    static func lines(_ all: [String], of count: Int) -> [String] {
        let shown = all.prefix(named)
        return Array(shown)
            + (count > shown.count ? ["  and \(count - shown.count) more: --output json names all"] : [])
    }
}
