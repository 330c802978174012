/// The coordinates with which a Maven client requests one file of a version:
/// `group:artifact:version:classifier@extension`.
package struct MavenFile: Hashable, Sendable {
    package let group: String
    package let artifact: String
    /// For a file of a snapshot build, the build's version.
    package let version: String
    package let classifier: String?
    package let fileExtension: String
    /// The file's path in a repository: `com/acme/app/1.0/app-1.0.jar`.
    package let path: String

    /// Nil for a file that no client can request: its name doesn't start with its package and version, or its
    /// coordinates contain characters that have a meaning in a build file.
    package init?(_ name: String, of version: VersionCoordinates) {
        let package = version.package
        guard let found = Self.split(name, of: version), Self.isPlain(package.namespace), Self.isPlain(package.name),
            Self.isPlain(found.version), Self.isPlain(found.ending.fileExtension),
            found.ending.classifier.map(Self.isPlain) ?? true,
            !["LATEST", "RELEASE"].contains(found.version)
        else { return nil }
        (group, artifact, self.version) = (package.namespace, package.name, found.version)
        (classifier, fileExtension) = (found.ending.classifier, found.ending.fileExtension)
        let folder = SnapshotBuild(found.version)?.snapshotVersion ?? found.version
        let directory = BackupLayout.versionDirectory(of: version.version, holding: name)
        guard folder == directory else { return nil }
        path = "\(package.namespace.split(separator: ".").joined(separator: "/"))/\(package.name)/\(directory)/\(name)"
    }

    private static func split(_ name: String, of version: VersionCoordinates) -> (version: String, ending: FileEnding)?
    {
        let start = "\(version.package.name)-"
        guard name.hasPrefix(start) else { return nil }
        let rest = name.dropFirst(start.count)
        if rest.hasPrefix(version.version), let ending = FileEnding(rest.dropFirst(version.version.count)) {
            return (version.version, ending)
        }
        // A build's file in a `-SNAPSHOT` version.
        guard let base = VersionName(version.version).snapshotBase, rest.hasPrefix("\(base)-") else { return nil }
        let time = rest.dropFirst(base.count + 1).prefix(16)
        let number = rest.dropFirst(base.count + 1 + time.count).prefix { $0.isNumber }
        let build = "\(base)-\(time)\(number)"
        guard SnapshotBuild(build) != nil, let ending = FileEnding(rest.dropFirst(build.count)) else { return nil }
        return (build, ending)
    }

    /// Letters, digits, and other common characters of versions and names; no empty parts between dots.
    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { ASCII.isLetterOrDigit($0) || "._-+~".utf8.contains($0) }
            && !text.split(separator: ".", omittingEmptySubsequences: false).contains("")
    }
}
