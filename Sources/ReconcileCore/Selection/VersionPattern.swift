/// A pattern for versions: `group:artifact` or `group:artifact:version`, each part with `*` and `?` as in
/// `PackagePattern`. A `-SNAPSHOT` version also matches its builds.
package struct VersionPattern: Hashable, Sendable, CustomStringConvertible {
    package let package: PackagePattern
    /// Nil for every version.
    package let version: String?

    /// Nil if there are fewer than two parts or a part is empty. Everything after the second colon is the version.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty }),
            let package = PackagePattern("\(parts[0]):\(parts[1])")
        else { return nil }
        self.package = package
        version = parts.count == 3 ? parts[2] : nil
    }

    /// Also accepts `group` alone for all its packages; nil for more than three parts, which would be a different
    /// notation.
    package init?(selecting text: String) {
        guard text.utf8.count(where: { $0 == UInt8(ascii: ":") }) <= 2 else { return nil }
        self.init(text.contains(":") ? text : text + ":*")
    }

    package func matches(_ coordinates: VersionCoordinates) -> Bool {
        package.matches(coordinates.package)
            && (version.map { Self.matches($0, coordinates.version) } ?? true)
    }

    private static func matches(_ pattern: String, _ version: String) -> Bool {
        PackagePattern.matches(pattern, version)
            || SnapshotBuild(version).map { PackagePattern.matches(pattern, $0.snapshotVersion) } ?? false
    }

    /// The only namespace and name that it can match; nil if it has wildcards.
    package var exactPackage: (namespace: String, name: String)? {
        let isExact = !PackagePattern.hasWildcard(package.namespace + package.name)
        return isExact ? (package.namespace, package.name) : nil
    }

    package var description: String { "\(package)\(version.map { ":\($0)" } ?? "")" }
}
