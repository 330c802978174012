import ReconcileCore
import Testing

@testable import AWSServices

@Suite("The path of a Maven file")
struct MavenPathTests {
    private func version(_ version: String, _ namespace: String = "com.example", _ name: String = "app")
        -> VersionCoordinates
    {
        VersionCoordinates(
            package: PackageCoordinates(repository: "releases", namespace: namespace, name: name),
            version: version
        )
    }

    @Test(
        "follows Maven's layout, percent-encoded",
        arguments: [
            ("com.example", "app", "1.0", "app-1.0.jar", "/com/example/app/1.0/app-1.0.jar"),
            ("junit", "junit", "4.13", "junit-4.13.pom", "/junit/junit/4.13/junit-4.13.pom"),
            ("a.b", "c_2.13", "1.0+7", "c_2.13-1.0+7.jar", "/a/b/c_2.13/1.0%2B7/c_2.13-1.0%2B7.jar"),
            ("a", "b", "~1%", "b-~1%.jar", "/a/b/~1%25/b-~1%25.jar"),
            ("a", "b", "1", "b é/x?.jar", "/a/b/1/b%20%C3%A9%2Fx%3F.jar"),
            ("a-b.c", "d.e", "1:2", "d.e-1:2.jar", "/a-b/c/d.e/1%3A2/d.e-1%3A2.jar"),
        ]
    )
    func layout(namespace: String, name: String, version: String, asset: String, path: String) {
        #expect(MavenPath.asset(asset, of: self.version(version, namespace, name)) == [path])
    }

    @Test func `of a snapshot build lies in the snapshot's directory, or else in its own`() {
        #expect(
            MavenPath.asset("app-1.0-20210728.194552-1.jar", of: version("1.0-20210728.194552-1")) == [
                "/com/example/app/1.0-SNAPSHOT/app-1.0-20210728.194552-1.jar",
                "/com/example/app/1.0-20210728.194552-1/app-1.0-20210728.194552-1.jar",
            ]
        )
    }

    @Test(
        "of anything else lies in the version's own directory",
        arguments: [
            (
                "1.0-SNAPSHOT", "app-1.0-20210728.194552-1.jar",
                "/com/example/app/1.0-SNAPSHOT/app-1.0-20210728.194552-1.jar"
            ),
            (
                "1.15.2-20200307.202953", "app-1.15.2-20200307.202953.jar",
                "/com/example/app/1.15.2-20200307.202953/app-1.15.2-20200307.202953.jar"
            ),
            (
                "1.0-20210728.194552-1", "maven-metadata.xml",
                "/com/example/app/1.0-20210728.194552-1/maven-metadata.xml"
            ),
        ]
    )
    func own(version: String, asset: String, path: String) {
        #expect(MavenPath.asset(asset, of: self.version(version)) == [path])
    }

    @Test func `of a package's metadata has no version`() {
        #expect(MavenPath.metadata(of: version("1").package) == "/com/example/app/maven-metadata.xml")
    }
}
