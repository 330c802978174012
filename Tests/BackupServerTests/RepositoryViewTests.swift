import BackupServer
import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// Which versions are found where, in which status, and as of when.
@Suite struct RepositoryViewTests {
    private typealias Fixture = BackupFixture

    private func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test(arguments: [
        (VersionStatus.published, true, true), (.unlisted, true, false), (.archived, false, false),
        (.disposed, false, false), (.deleted, false, false), (.unfinished, false, false),
    ])
    func `a status says whether a version is served, and whether it is listed`(
        status: VersionStatus,
        isServed: Bool,
        isListed: Bool
    ) async throws {
        let backup = Fixture()
        try await backup.record("com.acme:lib:1.0", assets: ["lib-1.0.jar": "one"])
        try await backup.record("com.acme:lib:2.0", status, assets: ["lib-2.0.jar": "two"])
        let view = backup.view()
        let version = Fixture.version("com.acme:lib:2.0")
        #expect(try await (view.asset("lib-2.0.jar", in: version) != nil) == isServed)
        let document = try await text(view.metadata(of: version.package))
        #expect(document?.contains("<version>1.0</version>") == true)
        #expect(document?.contains("<version>2.0</version>") == isListed)
    }

    @Test func `a package's document is what a run writes, and there is none without a published version`() async throws
    {
        let backup = Fixture()
        let package = Fixture.version("com.acme:lib:1.0").package
        #expect(try await backup.view().metadata(of: package) == nil)
        try await backup.record("com.acme:lib:1.0", .unlisted)
        #expect(try await backup.view().metadata(of: package) == nil)
        try await backup.record("com.acme:lib:1.10", at: 1)
        try await backup.record("com.acme:lib:1.9", at: 2)
        let publisher = MetadataPublisher(
            store: backup.store,
            layout: backup.layout,
            digest: sidecarDigest,
            clock: backup.clock
        )
        try await publisher.publish(package)
        let document = try await text(backup.view().metadata(of: package))
        #expect(document == backup.store.text(at: backup.layout.metadataKey(of: package).value))
        #expect(document?.contains("<release>1.10</release>") == true)
        #expect(document?.contains("<lastUpdated>\(Fixture.minute(2).maven)</lastUpdated>") == true)
    }

    @Test(arguments: [true, false])
    func `of files that were published again the newest are served, or those that were recorded first`(
        givesFirst: Bool
    ) async throws {
        let backup = Fixture(keepsVersions: true)
        try await backup.record("com.acme:lib:1.0", assets: ["lib-1.0.jar": "old", "lib-1.0.pom": "pom"])
        try await backup.record(
            "com.acme:lib:1.0",
            at: 1,
            .deleted,
            assets: ["lib-1.0.jar": "old", "lib-1.0.pom": "pom"]
        )
        try await backup.record(
            "com.acme:lib:1.0",
            at: 2,
            revision: "b3RoZXI=",
            assets: ["lib-1.0.jar": "new", "lib-1.0.pom": "pom"]
        )
        let notes = Mutex<[String]>([])
        let view = backup.view(givesFirst: givesFirst) { note in notes.withLock { $0.append(note) } }
        let version = Fixture.version("com.acme:lib:1.0")
        for _ in 1...2 {
            let stored = try #require(try await view.asset("lib-1.0.jar", in: version))
            let bytes = try #require(backup.store.bytes(at: stored.key, versionID: stored.versionID))
            #expect(String(decoding: bytes, as: UTF8.self) == (givesFirst ? "old" : "new"))
            #expect(try await view.asset("lib-1.0.pom", in: version) != nil)
        }
        let ending = givesFirst ? "using the first" : "--first-recorded uses the first"
        #expect(notes.withLock { $0 }.map { $0.hasSuffix(ending) } == [true])
    }

    // MARK: Snapshots

    private static let first = "1.0-20261122.080000-1"
    private static let second = "1.0-20261122.090000-2"

    private func snapshots() async throws -> Fixture {
        let backup = Fixture()
        try await backup.record("com.acme:app:\(Self.first)", .unlisted, assets: ["app-\(Self.first).jar": "first"])
        let newest: KeyValuePairs = ["app-\(Self.second).jar": "second", "app-\(Self.second).pom": "<project/>"]
        try await backup.record("com.acme:app:\(Self.second)", at: 1, .unlisted, assets: newest)
        try await backup.record("com.acme:app:1.0-SNAPSHOT", at: 2, assets: newest)
        return backup
    }

    @Test func `each build of a snapshot is found under the snapshot, and under its own version`() async throws {
        let view = try await snapshots().view()
        for build in [Self.first, Self.second] {
            for directory in ["1.0-SNAPSHOT", build] {
                let asset = try await view.asset("app-\(build).jar", in: Fixture.version("com.acme:app:\(directory)"))
                #expect(asset?.key.value == "acme/maven/releases/com/acme/app/1.0-SNAPSHOT/app-\(build).jar")
            }
        }
        let stray = try await view.asset("app-\(Self.first).jar", in: Fixture.version("com.acme:app:\(Self.second)"))
        #expect(stray == nil)
    }

    @Test func `a build that is gone stays served as long as the snapshot names its files`() async throws {
        let backup = try await snapshots()
        try await backup.record("com.acme:app:\(Self.first)", at: 3, .deleted)
        try await backup.record("com.acme:app:\(Self.second)", at: 3, .deleted)
        let view = backup.view()
        let snapshot = Fixture.version("com.acme:app:1.0-SNAPSHOT")
        #expect(try await view.asset("app-\(Self.first).jar", in: snapshot) == nil)
        #expect(try await view.asset("app-\(Self.second).jar", in: snapshot) != nil)
    }

    @Test func `a snapshot's document names its newest build, and the package's names the snapshot`() async throws {
        let view = try await snapshots().view()
        let snapshot = Fixture.version("com.acme:app:1.0-SNAPSHOT")
        let document = try #require(try await text(view.metadata(ofSnapshot: snapshot)))
        #expect(document.contains("<timestamp>20261122.090000</timestamp>"))
        #expect(document.contains("<buildNumber>2</buildNumber>"))
        #expect(document.contains("<value>\(Self.second)</value>"))
        #expect(!document.contains(Self.first))
        #expect(try await view.metadata(ofSnapshot: Fixture.version("com.acme:app:\(Self.first)")) == nil)
        let package = try #require(try await text(view.metadata(of: snapshot.package)))
        #expect(package.contains("<version>1.0-SNAPSHOT</version>"))
        #expect(!package.contains(Self.first))
    }

    @Test func `a snapshot's document names the files of older builds that the source's own names`() async throws {
        let backup = try await snapshots()
        let rows = [(Self.first, "jar"), (Self.second, "pom"), (Self.first, "zip")].map { build, ending in
            MavenMetadata.SnapshotVersion(classifier: nil, fileExtension: ending, value: build, updated: nil)
        }
        try await backup.record(
            "com.acme:app:1.0-SNAPSHOT",
            at: 3,
            assets: ["app-\(Self.second).pom": "<project/>"],
            snapshot: RecordedSnapshot(timestamp: nil, buildNumber: nil, files: rows)
        )
        let snapshot = Fixture.version("com.acme:app:1.0-SNAPSHOT")
        func values() async throws -> [String] {
            let document = try #require(try await text(backup.view().metadata(ofSnapshot: snapshot)))
            return document.split(separator: "<value>").dropFirst().map { String($0.split(separator: "<")[0]) }
        }
        // The first build has no zip.
        #expect(try await values() == [Self.first, Self.second])
        try await backup.record("com.acme:app:\(Self.first)", at: 4, .archived)
        #expect(try await values() == [Self.second])
    }

    @Test func `over HTTP a snapshot's document is one request`() async throws {
        let backup = try await snapshots()
        let responder = backup.responder()
        backup.store.conduct.resetCounts()
        let answer = await responder.answer("/releases/com/acme/app/1.0-SNAPSHOT/maven-metadata.xml")
        #expect(answer.text.contains("<buildNumber>2</buildNumber>"))
        #expect(backup.store.conduct.counts == ["s3.ListObjectsV2": 1, "s3.GetObject": 1])
        let sum = await responder.answer("/releases/com/acme/app/1.0-SNAPSHOT/maven-metadata.xml.sha1")
        #expect(sum.text == Fixture.checksums(of: Array(answer.text.utf8)).sha1)
    }

    @Test func `a group's document names the plugins that have a Published version`() async throws {
        let backup = Fixture()
        try await backup.record("com.acme:a-maven-plugin:1.0", plugin: RecordedPlugin(name: nil, prefix: "old"))
        try await backup.record(
            "com.acme:a-maven-plugin:1.1",
            at: 1,
            plugin: RecordedPlugin(name: "A", prefix: "a", others: [.init(name: nil, prefix: "z", artifactID: "zest")])
        )
        try await backup.record("com.acme:a-maven-plugin:1.2", at: 2)
        try await backup.record("com.acme:b-maven-plugin:1.0", .deleted, plugin: RecordedPlugin(name: "B", prefix: "b"))
        try await backup.record("com.acme:lib:1.0", at: 3)
        let responder = backup.responder()
        let document = await responder.answer("/releases/com/acme/maven-metadata.xml").text
        let expected = MavenMetadata(plugins: [
            .init(name: "A", prefix: "a", artifactID: "a-maven-plugin"),
            .init(name: nil, prefix: "z", artifactID: "zest"),
        ])
        #expect(document == String(decoding: expected.render(), as: UTF8.self))
        let sum = await responder.answer("/releases/com/acme/maven-metadata.xml.sha1").text
        #expect(sum == Fixture.checksums(of: expected.render()).sha1)
        #expect(await responder.answer("/releases/com/other/maven-metadata.xml").status == 404)
        let first = backup.responder(asOf: Fixture.minute(0))
        #expect(await first.answer("/releases/com/acme/maven-metadata.xml").text.contains("<prefix>old</prefix>"))
    }

    @Test func `a package in the folder of a plugin's group shares its document`() async throws {
        let backup = Fixture()
        try await backup.record("com.acme:a-maven-plugin:1.0", plugin: RecordedPlugin(name: "A", prefix: "a"))
        try await backup.record("com:acme:3.0")
        let document = await backup.responder().answer("/releases/com/acme/maven-metadata.xml").text
        #expect(document.contains("<version>3.0</version>") && document.contains("<prefix>a</prefix>"))
        try await backup.record("com:acme:3.0", at: 1, .archived)
        let withdrawn = await backup.responder().answer("/releases/com/acme/maven-metadata.xml").text
        #expect(!withdrawn.contains("<version>") && withdrawn.contains("<prefix>a</prefix>"))
    }

    @Test func `a release's own maven-metadata xml is an asset like others`() async throws {
        let backup = Fixture()
        try await backup.record("com.acme:lib:2.1", assets: ["maven-metadata.xml": "<metadata/>"])
        let responder = backup.responder()
        let path = "/releases/com/acme/lib/2.1/maven-metadata.xml"
        #expect(await responder.answer(path).text == "maven-metadata.xml 0..<11")
        #expect(await responder.answer("\(path).md5").text == Fixture.checksums(of: Array("<metadata/>".utf8)).md5)
    }

    // MARK: Time

    @Test func `as of a moment, what was known then is what there is`() async throws {
        let backup = Fixture(keepsVersions: true)
        try await backup.record("com.acme:lib:1.0", at: 1, assets: ["lib-1.0.jar": "old"])
        try await backup.record("com.acme:lib:1.0", at: 2, assets: ["lib-1.0.jar": "other bytes"])
        try await backup.record("com.acme:lib:1.0", at: 3, .deleted, assets: ["lib-1.0.jar": "other bytes"])
        let version = Fixture.version("com.acme:lib:1.0")
        var sizes: [Int64?] = []
        var versionIDs: Set<String?> = []
        for minute in Int64(0)...3 {
            let asset = try await backup.view(asOf: Fixture.minute(minute)).asset("lib-1.0.jar", in: version)
            sizes.append(asset?.asset.size)
            if let asset { versionIDs.insert(asset.versionID) }
        }
        #expect(sizes == [nil, 3, 11, nil])
        #expect(versionIDs.count == 2)
        let document = try await text(backup.view(asOf: Fixture.minute(1)).metadata(of: version.package))
        #expect(document?.contains("<lastUpdated>\(Fixture.minute(1).maven)</lastUpdated>") == true)
    }

    @Test func `what is recorded is seen ten seconds later, and never as of the past`() async throws {
        let backup = Fixture()
        try await backup.record("com.acme:lib:1.0", assets: ["a.jar": "a"])
        let live = backup.view()
        let past = backup.view(asOf: Fixture.minute(0))
        let version = Fixture.version("com.acme:lib:2.0")
        for view in [live, past] { #expect(try await view.asset("b.jar", in: version) == nil) }
        try await backup.record("com.acme:lib:2.0", assets: ["b.jar": "b"])
        backup.clock.advance(by: .seconds(9))
        #expect(try await live.asset("b.jar", in: version) == nil)
        backup.clock.advance(by: .seconds(1))
        #expect(try await live.asset("b.jar", in: version) != nil)
        #expect(try await past.asset("b.jar", in: version) == nil)
    }

    // MARK: What it costs

    @Test func `a hundred files of a version cost one listing and one manifest, however many ask at once`() async throws
    {
        let backup = Fixture()
        try await backup.record("com.acme:lib:1.0", assets: ["a.jar": "a", "b.jar": "b"])
        let view = backup.view()
        backup.store.conduct.resetCounts()
        let version = Fixture.version("com.acme:lib:1.0")
        try await withTimeout {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        try await view.asset(number.isMultiple(of: 2) ? "a.jar" : "b.jar", in: version) != nil
                    }
                }
                for try await found in group { #expect(found) }
            }
        }
        #expect(backup.store.conduct.counts == ["s3.ListObjectsV2": 1, "s3.GetObject": 1])
    }

    @Test func `a failure is told to all who asked, and not kept`() async throws {
        let backup = Fixture()
        try await backup.record("com.acme:lib:1.0", assets: ["a.jar": "a"])
        let view = backup.view()
        backup.store.conduct.fail("s3.ListObjectsV2", calls: 1...1, with: .unavailable)
        let version = Fixture.version("com.acme:lib:1.0")
        await #expect(throws: RemoteFailure.self) { try await view.asset("a.jar", in: version) }
        #expect(try await view.asset("a.jar", in: version) != nil)
    }
}
