import LocalServices
import ReconcileCore
import TestSupport

/// A domain with a little of everything that can be in one.
extension LocalCodeArtifact {
    /// Versions in several statuses with odd names, snapshots, and one package in two repositories: `releases` and
    /// `shared`, where nobody may publish it.
    func fillVariously() throws {
        func text(_ text: String) -> [UInt8] { Array(text.utf8) }
        func version(_ name: String, of package: PackageCoordinates) -> VersionCoordinates {
            VersionCoordinates(package: package, version: name)
        }
        let app = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app")
        for number in 1...3 {
            publish(
                version("1.\(number)", of: app),
                assets: [
                    "app-1.\(number).jar": text("jar \(number)"), "app-1.\(number).pom": text("<project/>"),
                    "app-1.\(number)-sources.jar": text("sources \(number)"),
                ],
                status: number == 2 ? .unlisted : .published
            )
        }
        let shared = PackageCoordinates(repository: "shared", namespace: "com.acme", name: "app")
        publish(version("1.1", of: shared), assets: ["app-1.1.pom": text("<other/>")])
        try setOriginControls(.ingested, of: shared)

        let odd = PackageCoordinates(repository: "releases", namespace: "org.odd_1-2.x", name: "grün+lib~x")
        for name in ["1.0+build.5", "2.0~rc1", "3%25.0", "4.0-日本"] {
            let stem = "grün+lib~x-\(name)"
            publish(
                version(name, of: odd),
                assets: [
                    "\(stem).pom": text("<project>\(name)</project>"), "\(stem).module": text("{}"),
                    "\(stem)-linux x86+64.tar.gz": patternBytes(100_000), "100%.txt": text("%"), "empty": [],
                    "\(String(repeating: "n", count: 196)).jar": text("long"), "a&b=c;d,e@f!$'().txt": text("marks"),
                ]
            )
        }
        let documented = version("2.0", of: app)
        let document = MavenMetadata.artifactLevel(
            groupID: app.namespace,
            artifactID: app.name,
            versions: ["1.1", "1.3", "2.0"],
            lastUpdated: "20260101000000"
        )
        publish(
            documented,
            assets: ["app-2.0.pom": text("<project/>"), "maven-metadata.xml": document.render()]
        )
        for build in ["3.0-20260101.101010-1", "3.0-20260102.101010-2", "3.0-20260103.101010-10"] {
            try publishSnapshot(
                version(build, of: app),
                assets: [
                    "app-\(build).jar": text("jar \(build)"), "app-\(build).pom": text("pom \(build)"),
                    "app-\(build)-tests.tar.gz": text("tests \(build)"),
                ]
            )
        }
        // A release that is named as a build.
        publish(version("0.1-20250101.101010-1", of: shared), assets: ["app-0.1-20250101.101010-1.jar": [1]])
    }
}
