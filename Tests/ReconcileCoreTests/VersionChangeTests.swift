import ReconcileCore
import Testing

/// What the records of a version say one after another.
@Suite struct VersionChangeTests {
    private func stored(_ name: String, _ content: String, versionID: String? = nil) -> Manifest.StoredAsset {
        let checksums = Checksums(sha256: "sha256 of \(content)")
        return Manifest.StoredAsset(
            asset: Asset(name: name, size: Int64(content.utf8.count), checksums: checksums),
            key: ObjectKey("k/\(name)"),
            versionID: versionID
        )
    }

    private func manifest(
        _ minute: Int,
        _ assets: [Manifest.StoredAsset],
        _ status: VersionStatus = .published,
        revision: String? = "cmV2"
    ) -> Manifest {
        Manifest(
            coordinates: version("1.0"),
            revision: revision,
            status: status,
            properties: VersionProperties(origin: .internal),
            recordedAt: Timestamp(seconds: Int64(minute) * 60),
            recordedBy: Manifest.Recorder(door: "reconcile", version: "1"),
            assets: assets
        )
    }

    private func changes(_ manifests: [Manifest]) -> [[VersionChange]] {
        HistoryEntry.list(manifests.map { ($0.record, .success($0)) }).map(\.changes)
    }

    private func sighting(_ stored: Manifest.StoredAsset, _ minute: Int) -> AssetSighting {
        AssetSighting(stored, recordedAt: Timestamp(seconds: Int64(minute) * 60))
    }

    @Test func `assets that come, go and change are told with both bytes`() {
        let old = stored("app.jar", "old", versionID: "v1")
        let new = stored("app.jar", "newer", versionID: "v2")
        let pom = stored("app.pom", "<project/>")
        let sources = stored("sources.jar", "s")
        #expect(
            changes([
                manifest(1, [old, pom]), manifest(2, [new, sources], revision: "c2Vj"),
            ]) == [
                [.first(assets: 2, bytes: 13)],
                [
                    .mutated(AssetMutation(was: sighting(old, 1), now: sighting(new, 2))), .added(sources),
                    .gone(pom),
                ],
            ]
        )
    }

    @Test func `an asset that was gone and is back is a mutation only with other bytes`() {
        let old = stored("app.jar", "old")
        let new = stored("app.jar", "newer")
        let pom = stored("app.pom", "<project/>")
        #expect(
            changes([
                manifest(1, [old, pom]), manifest(2, [pom], revision: "Mg=="),
                manifest(3, [old, pom], revision: "Mw=="),
                manifest(4, [pom], revision: "NA=="), manifest(5, [new, pom], revision: "NQ=="),
            ]) == [
                [.first(assets: 2, bytes: 13)], [.gone(old)], [.added(old)], [.gone(old)],
                [.mutated(AssetMutation(was: sighting(old, 1), now: sighting(new, 5)))],
            ]
        )
    }

    @Test func `deleted and published again, archived and back, and a new revision of the same assets`() {
        let jar = stored("app.jar", "jar")
        #expect(
            changes([
                manifest(1, [jar]), manifest(2, [jar], .archived), manifest(3, [jar], .published),
                manifest(4, [jar], .deleted), manifest(5, [jar], .unlisted, revision: "bmV3"),
            ]) == [
                [.first(assets: 1, bytes: 3)], [.status(from: .published, to: .archived)],
                [.status(from: .archived, to: .published)], [.deleted],
                [.publishedAgain, .status(from: .deleted, to: .unlisted), .revision],
            ]
        )
    }

    @Test func `two writers that recorded the same changed nothing`() {
        let jar = stored("app.jar", "jar")
        #expect(changes([manifest(1, [jar]), manifest(2, [jar])]) == [[.first(assets: 1, bytes: 3)], []])
    }

    @Test func `a new build of a snapshot replaces the files of the one before`() {
        let first = stored("app-1.0-20260101.101010-1.jar", "1")
        let second = stored("app-1.0-20260102.101010-2.jar", "2")
        #expect(
            changes([manifest(1, [first]), manifest(2, [second], revision: "Mg==")])
                == [[.first(assets: 1, bytes: 1)], [.added(second), .gone(first)]]
        )
    }

    @Test func `a manifest that cannot be read is told as that, and the next is held against the one before it`() {
        let old = stored("app.jar", "old")
        let new = stored("app.jar", "newer")
        let unreadable = record(version("1.0"), "1970-01-01T00:02:00Z", status: .archived)
        let failure = RemoteFailure(.malformed, operation: .manifest, target: "key", message: "cut off")
        let (first, last) = (manifest(1, [old]), manifest(3, [new], revision: "Mw=="))
        let entries = HistoryEntry.list([
            (first.record, .success(first)), (unreadable, .failure(failure)), (last.record, .success(last)),
        ])
        #expect(entries.map(\.failure) == [nil, failure, nil])
        #expect(entries[1].changes.isEmpty)
        #expect(entries[2].changes == [.mutated(AssetMutation(was: sighting(old, 1), now: sighting(new, 3)))])
    }

    @Test(
        arguments: [
            ("com.acme:app", "com.acme:app", true), ("com.acme:app:1.0", "com.acme:app:1.0", true),
            ("com.*:a?p:1.*", "com.*:a?p:1.*", false), ("com.acme:app:1:0", "com.acme:app:1:0", true),
        ]
    )
    func `patterns of versions are read`(text: String, spelled: String, isExact: Bool) throws {
        let pattern = try #require(VersionPattern(text))
        #expect(pattern.description == spelled)
        #expect((pattern.exactPackage != nil) == isExact)
    }

    @Test(arguments: ["", "app", ":app", "com.acme:", "com.acme:app:"])
    func `what is no pattern of versions is refused`(text: String) {
        #expect(VersionPattern(text) == nil)
    }

    @Test func `a pattern matches by namespace, package and version`() throws {
        let pattern = try #require(VersionPattern("com.*:app:1.?"))
        #expect(pattern.matches(version("1.0")))
        #expect(!pattern.matches(version("1.10")))
        #expect(!pattern.matches(version("1.0", of: package("app", group: "org.acme"))))
    }
}
