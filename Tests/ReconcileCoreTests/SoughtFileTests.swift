import ReconcileCore
import Testing

/// Which versions may have a file of some name, as a search that has only their coordinates takes it.
@Suite struct SoughtFileTests {
    private let lib = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "lib")

    @Test(arguments: [
        ("lib-1.0.jar", true), ("lib-", true), ("lib", false), ("library-1.0.jar", false), ("Lib-1", false),
    ])
    func `a package may have files that begin with its name and a hyphen`(file: String, isIts: Bool) {
        #expect(SoughtFile(file).mayBe(of: lib) == isIts)
    }

    @Test(
        arguments: [
            ("lib-1.0.jar", "1.0", 3), ("lib-1.0.1.jar", "1.0", 3), ("lib-1.0.1.jar", "1.0.1", 5),
            ("lib-1.0", "1.0", 3),
            ("lib-1.0-sources.jar", "1.0", 3), ("lib-1.0-jre.jar", "1.0-jre", 7), ("lib-extras-1.0.jar", "1.0", 3),
            ("lib-1.0.jar", "1.1", nil), ("lib-1.0.jar", "0", nil), ("lib-1.0.jar", "1.0.1", nil),
            ("lib-.jar", "1", nil),
            // A snapshot and its builds.
            ("lib-1.0-SNAPSHOT.jar", "1.0-SNAPSHOT", 12), ("lib-1.0-20260101.101010-1.jar", "1.0-SNAPSHOT", 3),
            ("lib-1.0-20260101.101010-1.jar", "1.0-20260101.101010-1", 21), ("lib-1.0", "1.0-20260101.101010-1", 3),
            ("lib-1.0-SNAPSHOT.jar", "1.0-20260101.101010-1", 3), ("lib-1.1.jar", "1.0-20260101.101010-1", nil),
            ("lib-1.0-20260101.101010-1.jar", "1.0-20260102.101010-2", nil),
        ] as [(String, String, Int?)]
    )
    func `a version may have files whose names go on with it`(file: String, version: String, match: Int?) {
        #expect(SoughtFile(file).match(version, of: lib) == match)
    }

    @Test func `what stands in the package's name is no version`() {
        let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "lib-1")
        #expect(SoughtFile("lib-1-2.0.jar").match("1", of: package) == nil)
        #expect(SoughtFile("lib-1-2.0.jar").match("2.0", of: package) == 3)
    }
}
