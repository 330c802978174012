/// A query of `reconcile find`: the name of a file, the hash of one, or versions.
package enum AssetQuery: Hashable, Sendable {
    /// Part of a file's name; if it contains `*` or `?`, a pattern for the whole name, as in `PackagePattern`.
    case name(String)
    /// In lower-case hexadecimal.
    case checksum(ChecksumAlgorithm, String)
    case versions(VersionPattern)

    /// Parses a query: a hash is recognised by its length, coordinates by a colon, and anything else is part of a name.
    ///
    /// Nil for an empty text and for invalid coordinates.
    package init?(_ text: String) {
        let lower = text.lowercased()
        if let algorithm = ChecksumAlgorithm.allCases.first(where: { $0.isWellFormed(lower) }) {
            self = .checksum(algorithm, lower)
        } else if text.contains(":") {
            guard let pattern = VersionPattern(selecting: text) else { return nil }
            self = .versions(pattern)
        } else {
            guard !text.isEmpty else { return nil }
            self = .name(text)
        }
    }

    /// Whether a version may have a matching file, before its manifest is read.
    func mayMatch(_ version: VersionCoordinates) -> Bool {
        if case .versions(let pattern) = self { pattern.matches(version) } else { true }
    }

    /// Whether an asset of a version matches.
    package func matches(_ asset: Asset, in version: VersionCoordinates) -> Bool {
        switch self {
        case .name(let text):
            PackagePattern.hasWildcard(text)
                ? PackagePattern.matches(text, asset.name) : asset.name.contains(text)
        case .checksum(let algorithm, let hash): asset.checksums[algorithm] == hash
        case .versions(let pattern): pattern.matches(version)
        }
    }

    /// The pattern for versions; nil for a name or a hash.
    var pattern: VersionPattern? {
        if case .versions(let pattern) = self { pattern } else { nil }
    }
}

extension AssetQuery: CustomStringConvertible {
    package var description: String {
        switch self {
        case .name(let text): text
        case .checksum(let algorithm, let hash): "\(algorithm.serviceName) \(hash)"
        case .versions(let pattern): pattern.description
        }
    }
}
