/// The address of one file of one version as users write it: `group:artifact:version:file`, or without the file for the
/// version's main artifact.
package struct AssetAddress: Hashable, Sendable, CustomStringConvertible {
    package let namespace: String
    package let name: String
    package let version: String
    /// Nil for the main artifact.
    package let file: String?

    /// Nil if a part is missing or empty, and for patterns, because an address identifies a single file. Everything
    /// after the third colon is the file's name.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3, parts.allSatisfy({ !$0.isEmpty }),
            !PackagePattern.hasWildcard(parts.joined())
        else { return nil }
        (namespace, name, version) = (parts[0], parts[1], parts[2])
        file = parts.count == 4 ? parts[3] : nil
    }

    package var description: String { "\(namespace):\(name):\(version)\(file.map { ":\($0)" } ?? "")" }

    /// A pattern that matches the version and, for a snapshot, its builds.
    var pattern: VersionPattern? { VersionPattern("\(namespace):\(name):\(version)") }
}

extension Manifest {
    /// The file that users mean by the version: its only file, or else the only one without a classifier that is not a
    /// POM, Gradle metadata, a signature or a checksum file. The POM if there is no such file; nil if there are
    /// several.
    package var mainArtifact: StoredAsset? {
        guard assets.count > 1 else { return assets.first }
        let plain = assets.compactMap { stored in ending(of: stored.asset.name).map { (stored, $0) } }
        let main = plain.filter { !["pom", "module"].contains($0.1) }
        if main.isEmpty { return plain.first { $0.1 == "pom" }?.0 }
        return main.count == 1 ? main[0].0 : nil
    }

    /// The extension of a file without a classifier, such as `jar`; nil for a file with a classifier, a signature, a
    /// checksum file, and a file not named after artifact and version.
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
