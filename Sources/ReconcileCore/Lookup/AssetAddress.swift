/// One file of one version as people write it: `group:artifact:version:file`, or without the file for the version's main
/// artifact.
package struct AssetAddress: Hashable, Sendable, CustomStringConvertible {
    package let namespace: String
    package let name: String
    package let version: String
    /// Nil for the main artifact.
    package let file: String?

    /// Nil where a part is absent or empty, and for patterns: an address means one file. What follows the third colon is
    /// the file's name.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3, parts.allSatisfy({ !$0.isEmpty }),
            !PackagePattern.hasWildcard(parts.joined())
        else { return nil }
        (namespace, name, version) = (parts[0], parts[1], parts[2])
        file = parts.count == 4 ? parts[3] : nil
    }

    package var description: String { "\(namespace):\(name):\(version)\(file.map { ":\($0)" } ?? "")" }

    /// A pattern that means the version, and the builds of a snapshot.
    var pattern: VersionPattern? { VersionPattern("\(namespace):\(name):\(version)") }
}

extension Manifest {
    /// The file that people mean by the version: its only one, or the only one without a classifier that is neither a POM,
    /// Gradle's metadata, a signature nor a checksum file; the POM where there is no such file; nil where several are.
    package var mainArtifact: StoredAsset? {
        guard assets.count > 1 else { return assets.first }
        let plain = assets.compactMap { stored in ending(of: stored.asset.name).map { (stored, $0) } }
        let main = plain.filter { !["pom", "module"].contains($0.1) }
        if main.isEmpty { return plain.first { $0.1 == "pom" }?.0 }
        return main.count == 1 ? main[0].0 : nil
    }

    /// The extension of a file without a classifier, as `jar`; nil for one with a classifier, a signature, a checksum file,
    /// and one that does not carry artifact and version.
    private func ending(of name: String) -> String? {
        guard ChecksumAlgorithm.split(name) == nil else { return nil }
        let (artifact, version) = (coordinates.package.name, VersionName(coordinates.version))
        let ending: FileEnding?
        if let base = version.snapshotBase, let file = SnapshotFile(name, artifactID: artifact, base: base) {
            ending = file.classifier == nil ? FileEnding(".\(file.fileExtension)"[...]) : nil
        } else {
            let stem = "\(artifact)-\(version.value)"
            guard name.utf8.starts(with: stem.utf8) else { return nil }
            ending = FileEnding(Substring(name.utf8.dropFirst(stem.utf8.count)))
        }
        guard let ending, ending.classifier == nil, !ending.isSignature else { return nil }
        return ending.fileExtension
    }
}
