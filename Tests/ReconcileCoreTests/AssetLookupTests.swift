import ReconcileCore
import TestSupport
import Testing

/// Which file an address means, that its bytes are proved, and what a search finds.
@Suite struct AssetLookupTests {
    private func review(_ rehearsal: Rehearsal, _ repositories: [String] = []) -> BackupReview {
        var selection = Selection()
        selection.repositories = repositories
        return BackupReview(of: rehearsal.backup, selection: selection, width: 4)
    }

    private func address(_ text: String) throws -> AssetAddress { try #require(AssetAddress(text)) }

    private func read(_ found: BackupReview.FoundAsset, _ rehearsal: Rehearsal) async throws -> String {
        var bytes: [UInt8] = []
        try await rehearsal.backup.read(found.stored) { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func manifest(_ version: VersionCoordinates, _ names: [String]) -> Manifest {
        Manifest(
            coordinates: version,
            revision: nil,
            status: .published,
            properties: VersionProperties(origin: .internal),
            recordedAt: time("2026-11-22T08:36:12Z"),
            recordedBy: Manifest.Recorder(door: "reconcile", version: "1"),
            assets: names.map { name in
                let asset = Asset(name: name, size: 1, checksums: Checksums())
                return Manifest.StoredAsset(asset: asset, key: ObjectKey(name), versionID: nil)
            }
        )
    }

    @Test(
        arguments: [
            ("g:a:1", "g:a:1"), ("g:a:1:a-1.jar", "g:a:1:a-1.jar"), ("g:a:1:x:y", "g:a:1:x:y"), ("g:a", nil),
            ("g:a:", nil), ("g:a:1:", nil), ("g:a:1.*", nil), ("g:a:1:*.jar", nil), ("", nil),
        ] as [(String, String?)]
    )
    func `an address names one version, and perhaps one file`(text: String, meant: String?) {
        #expect(AssetAddress(text)?.description == meant)
    }

    @Test func `a record that is listed and answers that it is not there is a fault, and no version that never was`()
        async throws
    {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["app-1.0.jar": "jar"])
        await rehearsal.run()
        let backup = Backup(
            store: UnfaithfulStore(rehearsal.store, lacking: { $0.value.contains("/manifests/") }),
            layout: rehearsal.layout,
            hashes: testHashes,
            clock: rehearsal.clock
        )
        let review = BackupReview(of: backup, selection: Selection(), width: 4)
        func failure(_ text: String) async throws -> RemoteFailure? {
            let asked = try address(text)
            return await #expect(throws: RemoteFailure.self) {
                try await review.asset(asked, asOf: nil, stop: StopSignal())
            }
        }
        let listed = try await failure("com.acme:app:1.0")
        #expect(listed?.kind == .corrupt && listed.map { ReconcileCore.ExitStatus($0.kind) } == .failures)
        #expect(listed?.message.contains("the store lists this record of ") == true, "\(listed?.message ?? "")")
        #expect(try await failure("com.acme:app:2.0")?.kind == .absent)
    }

    @Test func `a file that was published again is the newest or the first recorded, as asked`() async throws {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["app-1.0.jar": "old", "app-1.0.pom": "pom"])
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.put("app-1.0.jar", "new", in: version("1.0"))
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.put("app-1.0.jar", "newer", in: version("1.0"))
        await rehearsal.run()
        let review = review(rehearsal)
        for (givesFirst, bytes, moment) in [(false, "newer", "08:38:12Z"), (true, "old", "08:36:12Z")] {
            let found = try await review.asset(
                address("com.acme:app:1.0"),
                asOf: nil,
                givesFirst: givesFirst,
                stop: StopSignal()
            )
            #expect(try await read(found, rehearsal) == bytes)
            #expect(found.record.recordedAt == time("2026-11-22T\(moment)"))
            let ending = givesFirst ? "using the first" : "--first-recorded uses the first"
            #expect(found.notice?.hasSuffix(ending) == true)
        }
        let once = try await review.asset(
            address("com.acme:app:1.0"),
            asOf: time("2026-11-22T08:36:12Z"),
            givesFirst: true,
            stop: StopSignal()
        )
        #expect(once.notice == nil)
    }

    @Test(
        arguments: [
            ("1.0", ["app-1.0.jar", "app-1.0.pom"], "app-1.0.jar"),
            ("1.0", ["app-1.0.pom"], "app-1.0.pom"),
            ("1.0", ["anything"], "anything"),
            ("1.0", ["app-1.0.pom", "app-1.0.pom.asc", "app-1.0.pom.sha1"], "app-1.0.pom"),
            (
                "1.0",
                [
                    "app-1.0-sources.jar", "app-1.0.jar", "app-1.0.jar.asc", "app-1.0.jar.md5", "app-1.0.module",
                    "app-1.0.pom",
                ], "app-1.0.jar"
            ),
            ("1.0", ["app-1.0.jar", "app-1.0.war", "app-1.0.pom"], nil),
            ("1.0", ["other.jar", "more.jar"], nil), ("1.0", [], nil),
            (
                "1.0-SNAPSHOT",
                [
                    "app-1.0-20260101.101010-1.jar", "app-1.0-20260101.101010-1.pom",
                    "app-1.0-20260101.101010-1-sources.jar",
                ], "app-1.0-20260101.101010-1.jar"
            ),
            (
                "1.0-20260101.101010-1", ["app-1.0-20260101.101010-1.jar", "app-1.0-20260101.101010-1.pom"],
                "app-1.0-20260101.101010-1.jar"
            ),
        ] as [(String, [String], String?)]
    )
    func `the main artifact is the only file without a classifier, or none`(
        name: String,
        names: [String],
        main: String?
    ) {
        #expect(manifest(version(name), names).mainArtifact?.asset.name == main)
    }

    private func saved() async -> Rehearsal {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["app-1.0.jar": "old", "app-1.0.pom": "pom"])
        rehearsal.source.publish(version("1.0", of: package("app", in: "shared")), ["app-1.0.jar": "old"])
        rehearsal.source.publish(version("2.0", of: package("lib")), ["lib-2.0.jar": "lib"])
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.put("app-1.0.jar", "newer", in: version("1.0"))
        await rehearsal.run()
        return rehearsal
    }

    @Test func `the bytes are those of the newest record, of a moment's, and of the repository that is named`()
        async throws
    {
        let rehearsal = await saved()
        let jar = try address("com.acme:app:1.0:app-1.0.jar")
        let newest = try await review(rehearsal, ["releases"]).asset(jar, asOf: nil, stop: StopSignal())
        #expect(try await read(newest, rehearsal) == "newer")
        let before = time("2026-11-22T08:36:40Z")
        let older = try await review(rehearsal).asset(address("com.acme:app:1.0"), asOf: before, stop: StopSignal())
        #expect(try await read(older, rehearsal) == "old")
        // Of two repositories with the same bytes the first.
        #expect(older.record.coordinates == version("1.0"))
        let different = await #expect(throws: AmbiguousAsset.self) {
            _ = try await review(rehearsal).asset(jar, asOf: nil, stop: StopSignal())
        }
        #expect(
            different?.description.hasPrefix(
                "app-1.0.jar has different bytes in 2 repositories; choose one with --repository: releases (5 bytes, SHA-256 "
            ) == true
        )
    }

    @Test(
        arguments: [
            ("com.acme:app:1.0:app-1.0.war", "has no file app-1.0.war; it has app-1.0.jar, app-1.0.pom"),
            ("com.acme:app:1.1", "; nearest: com.acme:app:1.0"),
        ]
    )
    func `what is not there is absent, with what is`(asked: String, ending: String) async throws {
        let rehearsal = await saved()
        let failure = await #expect(throws: RemoteFailure.self) {
            _ = try await review(rehearsal, ["releases"]).asset(address(asked), asOf: nil, stop: StopSignal())
        }
        #expect(failure?.kind == .absent && failure?.message.hasSuffix(ending) == true, "\(failure?.message ?? "")")
    }

    @Test func `before the first record there is nothing, and a deleted version is still there`() async throws {
        let rehearsal = await saved()
        let asked = try address("com.acme:lib:2.0")
        let early = await #expect(throws: RemoteFailure.self) {
            _ = try await review(rehearsal).asset(asked, asOf: time("2026-11-01T00:00:00Z"), stop: StopSignal())
        }
        #expect(early?.message.contains("was not recorded by 2026-11-01T00:00:00Z") == true)
        rehearsal.source.delete(version("2.0", of: package("lib")))
        rehearsal.clock.advance(by: .seconds(60))
        var options = Reconciler.Options()
        options.deletionGuard.allowsMassDeletion = true
        await rehearsal.run(options)
        let found = try await review(rehearsal).asset(asked, asOf: nil, stop: StopSignal())
        #expect(found.record.status == .deleted)
        #expect(try await read(found, rehearsal) == "lib")
    }

    @Test(arguments: ["oldish", "ol", "odd", "", nil])
    func `bytes that are not the record's are refused, and gone ones are a fault of the backup`(
        bytes: String?
    ) async throws {
        let rehearsal = await saved()
        let found = try await review(rehearsal, ["shared"])
            .asset(address("com.acme:app:1.0"), asOf: nil, stop: StopSignal())
        rehearsal.store.damage(found.stored.key, versionID: found.stored.versionID) { _ in
            bytes.map { Array($0.utf8) }
        }
        let failure = await #expect(throws: RemoteFailure.self) { _ = try await read(found, rehearsal) }
        #expect(failure?.kind == .corrupt)
        if bytes == nil {
            #expect(failure?.message.hasPrefix("its record names the object, and it is gone") == true)
        }
    }

    // MARK: Searching

    private func hits(_ rehearsal: Rehearsal, _ texts: String...) async throws -> [String] {
        let queries = try texts.map { try #require(AssetQuery($0)) }
        return try await review(rehearsal).hits(queries, stop: StopSignal()).assets
            .map { "\($0.record.coordinates) \($0.stored.asset.name)" }
    }

    @Test func `files are found by part of the name, by pattern, by hash and by coordinates`() async throws {
        let rehearsal = await saved()
        let jars = ["releases/com.acme:app:1.0 app-1.0.jar", "shared/com.acme:app:1.0 app-1.0.jar"]
        #expect(try await hits(rehearsal, "app-1.0.j") == jars)
        #expect(try await hits(rehearsal, "app*.jar") == jars)
        let pom = "releases/com.acme:app:1.0 app-1.0.pom"
        #expect(try await hits(rehearsal, "com.acme:app:1.*") == [jars[0], pom, jars[1]])
        let lib = "releases/com.acme:lib:2.0 lib-2.0.jar"
        #expect(try await hits(rehearsal, "com.acme:lib", "*.pom") == [pom, lib])
        // The older bytes are in the history alone, and in the other repository.
        for algorithm in ChecksumAlgorithm.allCases {
            let hash = testHashes.digest(Array("old".utf8), algorithm)
            #expect(try await hits(rehearsal, hash.uppercased()) == [jars[1]], "\(algorithm)")
        }
        rehearsal.resetCounts()
        _ = try await hits(rehearsal, "com.acme:lib:2.0")
        #expect(rehearsal.requests == ["s3.ListObjectsV2": 1, "s3.GetObject": 1])
    }

    @Test func `all records are searched where that is asked for, and each state of a file is found once`() async throws
    {
        let rehearsal = await saved()
        // A further record of the same files.
        rehearsal.source.delete(version("1.0"))
        rehearsal.clock.advance(by: .seconds(60))
        var options = Reconciler.Options()
        options.deletionGuard.allowsMassDeletion = true
        await rehearsal.run(options)
        func found(_ text: String) async throws -> [String] {
            let query = try #require(AssetQuery(text))
            return try await review(rehearsal, ["releases"]).hits([query], ofAllRecords: true, stop: StopSignal())
                .assets
                .map { "\($0.stored.asset.name) \($0.stored.asset.size) \($0.record.status.rawValue)" }
        }
        #expect(try await found(testHashes.digest(Array("old".utf8), .sha256)) == ["app-1.0.jar 3 Published"])
        #expect(try await found("app-1.0.jar") == ["app-1.0.jar 3 Published", "app-1.0.jar 5 Published"])
        let none = await #expect(throws: RemoteFailure.self) { _ = try await found("no-such.jar") }
        #expect(none?.message.hasPrefix("no file in any record of any version matches no-such.jar") == true)
    }

    @Test func `nothing found is absent, and a record that cannot be read is told`() async throws {
        let rehearsal = await saved()
        let none = await #expect(throws: RemoteFailure.self) {
            _ = try await hits(rehearsal, "no-such.jar", "app*.war")
        }
        #expect(none?.kind == .absent)
        #expect(
            none?.message.hasPrefix("no file in the newest record of any version matches no-such.jar or app*.war")
                == true
        )
        let typo = await #expect(throws: RemoteFailure.self) { _ = try await hits(rehearsal, "com.acme:lob") }
        #expect(typo?.message.contains("; nearest: com.acme:lib") == true)
        let record = try #require(try rehearsal.manifests(of: version("2.0", of: package("lib"))).first).record
        rehearsal.store.place([], at: rehearsal.layout.key(of: record).value)
        let query = try #require(AssetQuery("lib"))
        let found = try await review(rehearsal).hits([query], stop: StopSignal())
        #expect(found.assets.isEmpty && found.failures.map(\.kind) == [.untrusted])
    }
}
