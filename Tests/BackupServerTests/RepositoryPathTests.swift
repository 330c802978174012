import ReconcileCore
import Testing

@testable import BackupServer

/// What a path names, and which paths name nothing.
@Suite struct RepositoryPathTests {
    private static func version(_ namespace: String, _ name: String, _ version: String) -> VersionCoordinates {
        VersionCoordinates(
            package: PackageCoordinates(repository: "releases", namespace: namespace, name: name),
            version: version
        )
    }

    @Test(arguments: [
        ("/releases/com/acme/lib/1.0/lib-1.0.jar", version("com.acme", "lib", "1.0"), "lib-1.0.jar"),
        ("/releases/com/acme/lib/1.0/lib-1.0.jar?cached=no", version("com.acme", "lib", "1.0"), "lib-1.0.jar"),
        ("/releases/com/acme/lib/1.0/lib-1.0.jar.sha1", version("com.acme", "lib", "1.0"), "lib-1.0.jar.sha1"),
        ("/releases/junit/junit/4.x/junit-4.x.pom", version("junit", "junit", "4.x"), "junit-4.x.pom"),
        ("/releases/com/acme/a%2Bb%20c/1%2B1/%C3%A9.jar", version("com.acme", "a+b c", "1+1"), "é.jar"),
        ("/releases/com/acme/lib/1.0/%252e%252e", version("com.acme", "lib", "1.0"), "%2e%2e"),
        ("/releases/com/acme/lib/1.0/a%25.jar", version("com.acme", "lib", "1.0"), "a%.jar"),
        ("/releases/com/acme/lib/1.0/...", version("com.acme", "lib", "1.0"), "..."),
    ])
    func `a file lies in the directory of a version`(target: String, version: VersionCoordinates, name: String) throws {
        #expect(try RepositoryPath(target: target) == .file(version, name: name))
    }

    @Test(arguments: [
        ("/releases/com/acme/lib/maven-metadata.xml", nil),
        ("/releases/com/acme/lib/maven-metadata.xml.md5", ChecksumAlgorithm.md5),
        ("/releases/com/acme/lib/maven-metadata.xml.sha1", .sha1),
        ("/releases/com/acme/lib/maven-metadata.xml.sha256", .sha256),
        ("/releases/com/acme/lib/maven-metadata.xml.sha512", .sha512),
    ])
    func `metadata is a package's, or that of a version`(target: String, checksum: ChecksumAlgorithm?) throws {
        let place = RepositoryPath.MetadataPlace(
            package: PackageCoordinates(repository: "releases", namespace: "com.acme", name: "lib"),
            version: Self.version("com", "acme", "lib"),
            group: .init(repository: "releases", namespace: "com.acme.lib")
        )
        #expect(try RepositoryPath(target: target) == .metadata(place, checksum: checksum))
    }

    @Test func `a group with a single-part name has a document too`() throws {
        let place = RepositoryPath.MetadataPlace(
            package: nil,
            version: nil,
            group: .init(repository: "releases", namespace: "com")
        )
        #expect(try RepositoryPath(target: "/releases/com/maven-metadata.xml") == .metadata(place, checksum: nil))
    }

    @Test func `the shortest metadata path is that of a package alone`() throws {
        let place = RepositoryPath.MetadataPlace(
            package: PackageCoordinates(repository: "releases", namespace: "junit", name: "junit"),
            version: nil,
            group: .init(repository: "releases", namespace: "junit.junit")
        )
        #expect(
            try RepositoryPath(target: "/releases/junit/junit/maven-metadata.xml") == .metadata(place, checksum: nil)
        )
    }

    @Test(arguments: [
        "", "releases/com/acme/lib/1.0/a.jar", "http://elsewhere/releases/com/acme/lib/1.0/a.jar", "*",
        "/releases/../releases/com/acme/lib/1.0/a.jar", "/..", "/./releases", "/releases/com/acme/lib/1.0/..",
        "/releases/%2e%2e/%2E%2e/etc/passwd/x", "/releases/com/acme/.%2e/1.0/a.jar",
        "/releases/com/acme/lib%2f1.0/1.0/a.jar", "/releases/com/acme/lib/1.0/..%2F..%2Fa.jar",
        "/releases/%2fetc/passwd/1/x",
        "/releases/com/acme/lib/1.0/a%00.jar", "/releases/com/acme/lib/1.0/a%0d%0aX: y",
        "/releases/com/acme/lib/1.0/%7f",
        "/releases/com/acme/lib/1.0/%c2%85", "/releases/com/acme/lib/1.0/%ff",
        "/releases/com/acme/lib/1.0/%c0%ae%c0%ae",
        "/releases/com/acme/lib/1.0/%", "/releases/com/acme/lib/1.0/%4", "/releases/com/acme/lib/1.0/%zz",
    ])
    func `tricks are refused as malformed`(target: String) {
        #expect {
            try RepositoryPath(target: target)
        } throws: { error in
            if case RepositoryPath.Refusal.malformed = error { true } else { false }
        }
    }

    @Test(arguments: [
        "/", "//", "/releases", "/releases/", "/releases/com", "/releases/com/acme/lib/", "/releases/com/acme/lib/1.0/",
        "/releases//com/acme/lib/1.0/a.jar", "//releases/com/acme/lib/1.0/a.jar", "/releases/lib/1.0/a.jar",
        "/releases/maven-metadata.xml", "/releases/com.acme/lib/1.0/a.jar",
        "/releases/com.acme/x/lib/maven-metadata.xml",
    ])
    func `what no repository has names nothing`(target: String) {
        #expect(throws: RepositoryPath.Refusal.absent) { try RepositoryPath(target: target) }
    }

    @Test(arguments: [
        ("a.jar", "a.jar", nil), ("a.jar.sha1", "a.jar", ChecksumAlgorithm.sha1), ("a.jar.asc.md5", "a.jar.asc", .md5),
        ("a.sha1.sha256", "a.sha1", .sha256), (".sha1", ".sha1", nil), ("sha1", "sha1", nil), ("a.SHA1", "a.SHA1", nil),
    ])
    func `a checksum file is told by its ending`(name: String, file: String, checksum: ChecksumAlgorithm?) {
        let split = RepositoryPath.split(name)
        #expect(split.file == file)
        #expect(split.checksum == checksum)
    }
}
