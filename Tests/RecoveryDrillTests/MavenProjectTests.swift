import ReconcileCore
import Testing

@testable import RecoveryDrill

/// What a drill's build says to Maven.
@Suite struct MavenProjectTests {
    private static let version = VersionCoordinates(
        package: PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app"),
        version: "1.0"
    )

    @Test func `everything but plugins comes from the backup, with checksums or not at all`() {
        let project = MavenProject(plugins: "file:///plugins?a&b", pluginVersion: "3.5.0")
        let settings = project.settings(address: "http://127.0.0.1:1/releases/")
        #expect(settings.contains("<mirrorOf>*,!plugins</mirrorOf><url>http://127.0.0.1:1/releases/</url>"))
        #expect(settings.contains("<id>plugins</id><url>file:///plugins?a&amp;b</url>"))
        #expect(settings.components(of: "<checksumPolicy>fail</checksumPolicy>") == 2)
    }

    @Test func `without a repository for them, plugins come from where mvn itself looks`() {
        let settings = MavenProject(plugins: nil, pluginVersion: "3.5.0").settings(address: "http://127.0.0.1:1/r/")
        #expect(settings.contains("<mirrorOf>*,!central</mirrorOf>"))
        #expect(!settings.contains("<pluginRepository>"))
    }

    @Test func `a file is copied alone, and a version resolves by a range without what it depends on`() throws {
        let project = MavenProject(plugins: nil, pluginVersion: "3.5.0")
        let file = try #require(MavenFile("app-1.0-sources.jar", of: Self.version))
        let copy = project.module("m0", fetching: file)
        #expect(copy.contains("<goal>copy</goal>"))
        #expect(copy.contains("<type>jar</type><classifier>sources</classifier>"))
        let jar = Manifest.StoredAsset(
            asset: Asset(name: "app-1.0.jar", size: 1, checksums: Checksums()),
            key: ObjectKey("k"),
            versionID: nil
        )
        let manifest = Manifest(
            coordinates: Self.version,
            revision: nil,
            status: .published,
            properties: VersionProperties(origin: .internal),
            recordedAt: Timestamp(seconds: 0),
            recordedBy: .init(door: "reconcile", version: "0"),
            assets: [jar]
        )
        let resolve = project.module("m1", using: try #require(DrillUse(manifest)))
        #expect(resolve.contains("<version>[1.0]</version><type>jar</type>"))
        #expect(resolve.contains("<exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion>"))
        #expect(resolve.contains("<goal>resolve</goal>"))
        var unlisted = manifest
        unlisted.status = .unlisted
        #expect(DrillUse(unlisted) == nil)
    }
}

extension String {
    /// How often a text is in it.
    fileprivate func components(of text: String) -> Int {
        split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
