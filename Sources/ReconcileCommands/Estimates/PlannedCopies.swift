import ReconcileApp
package import ReconcileCore

/// The versions that a dry run would copy: all of them, or the first by name and the total.
package struct PlannedCopies: Hashable, Sendable {
    /// One version, and what would be copied for it.
    package struct Version: Hashable, Sendable, Encodable {
        package let version: String
        package let status: String
        package let assets: Int
        package let bytes: Int64
    }

    /// The maximum number of versions named in text.
    package static let named = 20

    package private(set) var versions: [Version] = []
    package private(set) var count = 0
    private let keepsAll: Bool

    /// - Parameter keepsAll: whether to keep all versions, at the cost of their memory.
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

    /// Returns the copies with the versions sorted by name.
    package func sorted() -> PlannedCopies {
        var copies = self
        copies.versions.sort { ExactText($0.version) < ExactText($1.version) }
        return copies
    }

    /// The first versions, one per line, followed by where to find the rest.
    var lines: [String] {
        Self.lines(
            versions.map { version in
                "  \(version.version)  \(version.status), \(Quantity.count(version.assets, "asset"))"
            },
            of: count
        )
    }

    /// Returns the first lines of a list of versions, followed by where to find the rest.
    static func lines(_ all: [String], of count: Int) -> [String] {
        let shown = all.prefix(named)
        return Array(shown)
            + (count > shown.count ? ["  and \(count - shown.count) more: --output json names all"] : [])
    }
}
