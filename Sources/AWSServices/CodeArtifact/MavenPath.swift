import Cryptography
import ReconcileCore

/// The paths of files below a repository's endpoint, percent-encoded and starting with `/`.
enum MavenPath {
    /// `/com/example/my-app/maven-metadata.xml`
    static func metadata(of package: PackageCoordinates) -> String {
        directory(of: package) + "/maven-metadata.xml"
    }

    /// `/com/example/my-app/1.0/my-app-1.0.jar`, plus any other place where the file may be, most likely first.
    ///
    /// The files of a snapshot build `1.0-20210728.194552-1` are in `1.0-SNAPSHOT` (user guide, Use Maven snapshots). A
    /// version of that form counts as a build if its file names contain it too. As a release may also be named like
    /// that, its own directory is the second place.
    static func asset(_ name: String, of version: VersionCoordinates) -> [String] {
        let own = path(name, in: version.version, of: version.package)
        guard let build = SnapshotBuild(version.version), name.hasPrefix("\(version.package.name)-\(version.version)")
        else { return [own] }
        return [path(name, in: build.snapshotVersion, of: version.package), own]
    }

    /// A file in one of a package's own directories.
    static func path(_ name: String, in directory: String, of package: PackageCoordinates) -> String {
        "\(Self.directory(of: package))/\(segment(directory))/\(segment(name))"
    }

    /// A file beside the directories of a package's versions.
    static func path(_ name: String, of package: PackageCoordinates) -> String {
        "\(directory(of: package))/\(segment(name))"
    }

    /// A file next to the folders of a group's packages.
    static func path(_ name: String, ofGroup namespace: String) -> String {
        "\(directory(ofGroup: namespace))/\(segment(name))"
    }

    private static func directory(of package: PackageCoordinates) -> String {
        "\(directory(ofGroup: package.namespace))/\(segment(package.name))"
    }

    private static func directory(ofGroup namespace: String) -> String {
        namespace.split(separator: ".", omittingEmptySubsequences: false).map { "/" + segment(String($0)) }.joined()
    }

    private static func segment(_ name: String) -> String {
        PercentEncoding.encode(name, keepSlash: false)
    }
}
