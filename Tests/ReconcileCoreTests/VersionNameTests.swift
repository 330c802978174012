import Testing

@testable import ReconcileCore

@Suite struct VersionNameTests {
    @Test(arguments: [
        ("1.0-SNAPSHOT", "1.0"), ("1-SNAPSHOT", "1"), ("--SNAPSHOT", "-"), ("1.0-SNAPSHOT-SNAPSHOT", "1.0-SNAPSHOT"),
        ("ü-SNAPSHOT", "ü"), ("\u{600}-SNAPSHOT", "\u{600}"), (" -SNAPSHOT", " "),
    ])
    func `what stands before -SNAPSHOT is what a snapshot works towards`(version: String, base: String) {
        #expect(VersionName(version).isSnapshot)
        #expect(VersionName(version).snapshotBase == base)
        #expect(VersionName(snapshotOf: base).value == version)
    }

    @Test(arguments: [
        "", "1.0", "-SNAPSHOT", "SNAPSHOT", "1.0SNAPSHOT", "1.0-snapshot", "1.0-Snapshot", "1.0-SNAPSHOT-1",
        "1.0-SNAPSHOT ", "1.0-SNAPSHOT\u{301}", "1.0-20210728.194552-1",
    ])
    func `any other version is a release, or a build`(version: String) {
        #expect(!VersionName(version).isSnapshot)
        #expect(VersionName(version).snapshotBase == nil)
    }

    @Test func `a build belongs to the snapshot of its base`() throws {
        let build = try #require(SnapshotBuild("1.0-20210728.194552-1"))
        #expect(build.snapshotVersion == "1.0-SNAPSHOT")
        #expect(VersionName(build.snapshotVersion).snapshotBase == build.base)
    }

    @Test func `the bare name -SNAPSHOT is a release to everything that asks`() throws {
        let name = version("-SNAPSHOT")
        let recorded = record(name)
        #expect(RestoreOrder([recorded]).groups.map { $0.map(\.role) } == [[.release]])
        let manifest = Manifest(
            coordinates: name,
            revision: recorded.revision,
            status: .published,
            properties: VersionProperties(origin: .internal),
            recordedAt: recorded.recordedAt,
            recordedBy: Manifest.Recorder(door: "reconcile", version: "test"),
            assets: []
        )
        #expect(MavenMetadata.snapshotLevel(of: manifest, with: []) == nil)
        var package = RecordedPackage(
            app,
            layout: BackupLayout(domain: "acme"),
            reader: RecordReader(layout: BackupLayout(domain: "acme"), now: time("2026-11-22T08:36:12Z"))
        )
        package.add(recorded, size: 500, modified: nil)
        package.add(ProvedObject(body: try manifest.canonicalBytes()), of: recorded)
        #expect(package.faults.isEmpty)
        #expect(package.snapshots.isEmpty)
    }
}
