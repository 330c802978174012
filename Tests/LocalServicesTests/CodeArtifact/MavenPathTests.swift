import Testing

@testable import LocalServices

@Suite("Paths of the Maven endpoint")
struct MavenPathTests {
    private static let lib = PackageKey(namespace: "com.acme", name: "lib")
    /// The other reading of the same path: version `lib` of `com:acme`.
    private static let acmeLib = MavenPath.Release(
        package: PackageKey(namespace: "com", name: "acme"),
        version: "lib"
    )

    @Test(
        "a path names what Maven puts there",
        arguments: [
            ("com/acme/lib/maven-metadata.xml", MavenPath.metadata(lib, release: acmeLib, checksum: nil)),
            ("com/acme/lib/maven-metadata.xml.sha1", .metadata(lib, release: acmeLib, checksum: "sha1")),
            (
                "com/acme/lib/1.0-SNAPSHOT/maven-metadata.xml",
                .snapshotMetadata(lib, version: "1.0-SNAPSHOT", checksum: nil)
            ),
            (
                "com/acme/my.lib/1.0/maven-metadata.xml",
                .metadata(
                    PackageKey(namespace: "com.acme.my.lib", name: "1.0"),
                    release: .init(package: PackageKey(namespace: "com.acme", name: "my.lib"), version: "1.0"),
                    checksum: nil
                )
            ),
            ("com/acme/lib/1.0/lib-1.0.jar", .asset(lib, version: "1.0", name: "lib-1.0.jar", checksum: nil)),
            (
                "com/acme/lib/1.0/lib-1.0.jar.asc.md5",
                .asset(lib, version: "1.0", name: "lib-1.0.jar.asc", checksum: "md5")
            ),
            (
                "com/acme/lib/1.0-SNAPSHOT/lib-1.0-20210728.194552-3-sources.jar",
                .asset(
                    lib,
                    version: "1.0-20210728.194552-3",
                    name: "lib-1.0-20210728.194552-3-sources.jar",
                    checksum: nil
                )
            ),
            (
                "com/acme/lib/1.0-SNAPSHOT/lib-1.0-SNAPSHOT.jar",
                .misnamed(lib, version: "1.0-SNAPSHOT", name: "lib-1.0-SNAPSHOT.jar", checksum: nil)
            ),
        ]
    )
    func path(text: String, path: MavenPath) {
        #expect(MavenPath(text.split(separator: "/").map(String.init)) == path)
    }

    @Test(
        "a path that is too short or has an empty segment names nothing",
        arguments: [["a"], ["a", "b.jar"], ["a", "", "b", "c"]]
    )
    func nothing(segments: [String]) {
        #expect(MavenPath(segments) == nil)
    }
}
