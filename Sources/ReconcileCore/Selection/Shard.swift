/// One of `count` equal parts of a domain's packages; each package is in exactly one.
///
/// The part depends only on the package's coordinates, so it doesn't change when other packages come and go, and shards
/// need no coordinator. It uses FNV-1a over the exact bytes, which gives the same result in every process, permanently.
package struct Shard: Hashable, Sendable, CustomStringConvertible {
    package static let whole = Shard()

    /// From 0.
    package let index: Int
    package let count: Int

    private init() {
        index = 0
        count = 1
    }

    /// The maximum number of shards: each one lists all packages, at its share of the rates.
    package static let limit = 1_000

    /// Parses `i/n` with 0 ≤ i < n, and n at most `limit`; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]), (1...Self.limit).contains(count),
            (0..<count).contains(index)
        else { return nil }
        self.index = index
        self.count = count
    }

    package func contains(_ package: PackageCoordinates) -> Bool {
        guard count > 1 else { return true }
        var hash = SeededHash(seed: 0)
        hash.combine(package.repository)
        hash.combine(package.namespace)
        hash.combine(package.name)
        return Int(hash.value % UInt64(count)) == index
    }

    package var description: String { "\(index)/\(count)" }
}
