import ReconcileCore
import TestSupport
import Testing

/// What the backup alone says of versions that are asked for by name.
@Suite struct BackupReviewTests {
    private func saved() async -> Rehearsal {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["app.jar": "old"])
        rehearsal.source.publish(version("1.1"))
        rehearsal.source.publish(version("1.0", of: package("app", in: "shared")))
        rehearsal.source.publish(version("2.0", of: package("api")))
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.put("app.jar", "newer", in: version("1.0"))
        rehearsal.source.setStatus(.archived, of: version("1.1"))
        await rehearsal.run()
        rehearsal.store.conduct.resetCounts()
        rehearsal.source.conduct.resetCounts()
        return rehearsal
    }

    private func review(_ rehearsal: Rehearsal, _ selection: Selection = Selection()) -> BackupReview {
        BackupReview(of: rehearsal.backup, selection: selection, width: 4)
    }

    private func pattern(_ text: String) throws -> VersionPattern { try #require(VersionPattern(text)) }

    @Test func `what is kept is the newest manifest of each version that matches`() async throws {
        let rehearsal = await saved()
        let kept = try await review(rehearsal).kept(pattern("com.acme:app"), stop: StopSignal()).elements
        #expect(
            kept.map { "\($0.history.coordinates)" } == [
                "releases/com.acme:app:1.0", "releases/com.acme:app:1.1", "shared/com.acme:app:1.0",
            ]
        )
        #expect(try kept.map { try $0.manifest.get().status } == [.published, .archived, .published])
        #expect(kept.map(\.history.records.count) == [2, 2, 1])
        #expect(rehearsal.requests == ["s3.ListObjectsV2": 1, "s3.GetObject": 3])
    }

    @Test func `what a copied bucket has under other S3 versions is told from what has other bytes since`() async throws
    {
        let rehearsal = await saved()
        let review = review(rehearsal)
        let kept = try await review.kept(pattern("com.acme:app:1.0"), stop: StopSignal()).elements
        let own = try #require(try kept.first?.manifest.get().assets.first)
        rehearsal.store.conduct.resetCounts()
        #expect(try await review.moved(kept, stop: StopSignal()).isEmpty)
        #expect(rehearsal.requests == ["s3.HeadObject": 2])
        // The same bytes once more, as a copy has them.
        rehearsal.store.place(Array("newer".utf8), at: own.key.value)
        #expect(try await review.moved(kept, stop: StopSignal()).contains(own.key))
        // Whether bytes of that size are the same is not known here, but that the recorded version is still there.
        let hashless = rehearsal.backup(in: HashlessStore(base: rehearsal.store))
        let unsure = BackupReview(of: hashless, selection: Selection(), width: 4)
        #expect(try await unsure.moved(kept, stop: StopSignal()).isEmpty)
        rehearsal.store.place(Array("other".utf8), at: own.key.value)
        #expect(try await review.moved(kept, stop: StopSignal()).isEmpty)
    }

    @Test func `with the repository named, only the package is listed`() async throws {
        let rehearsal = await saved()
        var selection = Selection()
        selection.repositories = ["shared"]
        let kept = try await review(rehearsal, selection).kept(pattern("com.acme:app:1.0"), stop: StopSignal()).elements
        #expect(kept.map { "\($0.history.coordinates)" } == ["shared/com.acme:app:1.0"])
        #expect(rehearsal.requests == ["s3.ListObjectsV2": 1, "s3.GetObject": 1])
    }

    @Test func `a history is every record in order of time`() async throws {
        let rehearsal = await saved()
        let entries = try await review(rehearsal).entries(pattern("com.*:app:1.*"), stop: StopSignal()).elements
        #expect(
            entries.map { "\($0.record.recordedAt.extended) \($0.record.coordinates) \($0.record.status.rawValue)" }
                == [
                    "2026-11-22T08:36:12Z releases/com.acme:app:1.0 Published",
                    "2026-11-22T08:36:12Z releases/com.acme:app:1.1 Published",
                    "2026-11-22T08:36:12Z shared/com.acme:app:1.0 Published",
                    "2026-11-22T08:37:12Z releases/com.acme:app:1.0 Published",
                    "2026-11-22T08:37:12Z releases/com.acme:app:1.1 Archived",
                ]
        )
        #expect(entries[4].changes == [.status(from: .published, to: .archived)])
        let mutation = entries[3].changes.compactMap { if case .mutated(let mutation) = $0 { mutation } else { nil } }
        #expect(mutation.map(\.was.asset.size) == [3] && mutation.map(\.now.asset.size) == [5])
    }

    @Test(
        arguments: [
            ("com.acme:ap", "; nearest: com.acme:api, com.acme:app"),
            ("com.acme:app:1.2", "; nearest: com.acme:app:1.0, com.acme:app:1.1"),
            ("net.elsewhere:thing", "; check the name, --domain and --repository"),
        ]
    )
    func `what is not recorded is absent, with what comes near`(asked: String, ending: String) async throws {
        let rehearsal = await saved()
        let failure = await #expect(throws: RemoteFailure.self) {
            _ = try await review(rehearsal).kept(pattern(asked), stop: StopSignal())
        }
        #expect(failure?.kind == .absent)
        #expect(failure?.message == "nothing of the domain acme is recorded as \(asked)\(ending)")
    }

    @Test func `a domain or a repository that is not there is told with those that are`() async throws {
        let rehearsal = await saved()
        let other = Backup(
            store: rehearsal.store,
            layout: BackupLayout(domain: "amce"),
            hashes: testHashes,
            clock: rehearsal.clock
        )
        let typo = BackupReview(of: other, selection: Selection(), width: 4)
        var selection = Selection()
        selection.repositories = ["relases"]
        let elsewhere = review(rehearsal, selection)
        let queries = [try #require(AssetQuery("app.jar"))]
        for (asked, message) in [
            (typo, "there is no backup of the domain amce; check --domain and --backup; there is only acme"),
            (elsewhere, "the backup of acme has nothing of relases; nearest: releases; check --repository"),
        ] {
            let shown = await #expect(throws: RemoteFailure.self) {
                _ = try await asked.kept(pattern("com.acme:app"), stop: StopSignal())
            }
            let found = await #expect(throws: RemoteFailure.self) {
                _ = try await asked.hits(queries, stop: StopSignal())
            }
            #expect(shown?.message == message && found?.message == message)
        }
        let unknown = await #expect(throws: RemoteFailure.self) { _ = try await typo.configuration(asOf: nil) }
        #expect(unknown?.message.hasPrefix("there is no backup of the domain amce") == true)
    }

    @Test func `a manifest that cannot be read is told beside the others, a store that cannot be is not`() async throws
    {
        let rehearsal = await saved()
        let (first, newest) = try {
            let manifests = try rehearsal.manifests(of: version("1.1"))
            return (try #require(manifests.first), try #require(manifests.last))
        }()
        rehearsal.store.place([1, 2, 3], at: rehearsal.layout.key(of: newest.record).value)
        let kept = try await review(rehearsal).kept(pattern("com.acme:app"), stop: StopSignal()).elements
        #expect(kept.map(\.failures).map { $0.map(\.kind) } == [[], [.untrusted], []])
        #expect(kept[1].failures.first?.target == rehearsal.layout.key(of: newest.record).value)
        // As serve and restore take it: the newest one that can be read.
        #expect(try kept[1].manifest.get().status == .published)
        #expect(kept[1].record.recordedAt < newest.recordedAt)
        rehearsal.store.place([], at: rehearsal.layout.key(of: first.record).value)
        let none = try await review(rehearsal).kept(pattern("com.acme:app:1.1"), stop: StopSignal()).elements
        #expect(none[0].failures.count == 2 && none[0].record == newest.record)
        #expect(throws: none[0].failures[0]) { try none[0].manifest.get() }

        rehearsal.store.conduct.fail("s3.GetObject", with: .unavailable)
        let failure = await #expect(throws: RemoteFailure.self) {
            _ = try await review(rehearsal).kept(pattern("com.acme:app"), stop: StopSignal())
        }
        #expect(failure?.kind == .unavailable)
    }

    @Test func `a record that cannot be relied on changes nothing in a history`() async throws {
        let rehearsal = await saved()
        let forged = record(version("1.0"), "2026-11-22T08:36:40Z", revision: "x", status: .deleted)
        rehearsal.store.place([], at: rehearsal.layout.key(of: forged).value)
        rehearsal.clock.advance(by: .seconds(60))
        let entries = try await review(rehearsal).entries(pattern("com.acme:app:1.0"), stop: StopSignal()).elements
            .filter { $0.record.coordinates == version("1.0") }
        #expect(entries.map(\.failure?.kind) == [nil, .untrusted, nil])
        #expect(entries[1].changes.isEmpty)
        #expect(!entries[2].changes.contains(.publishedAgain))
    }

    @Test func `one manifest that may not be read is named, and none at all ends the question`() async throws {
        let rehearsal = await saved()
        rehearsal.store.conduct.fail("s3.GetObject", calls: 1...1, with: .denied)
        let kept = try await review(rehearsal).kept(pattern("com.acme:app"), stop: StopSignal()).elements
        #expect(kept.flatMap(\.failures).map(\.kind) == [.denied])
        rehearsal.store.conduct.fail("s3.GetObject", with: .denied)
        let failure = await #expect(throws: RemoteFailure.self) {
            _ = try await review(rehearsal).kept(pattern("com.acme:app"), stop: StopSignal())
        }
        #expect(failure?.kind == .denied)
    }

    @Test func `told to stop, nothing is answered`() async throws {
        let rehearsal = await saved()
        let stop = StopSignal()
        stop.raise(.deadline)
        await #expect(throws: CancellationError.self) {
            _ = try await review(rehearsal).entries(pattern("com.acme:app"), stop: stop)
        }
    }
}

/// A store that was not given the SHA-256 of what it keeps.
private struct HashlessStore: StoreDecorator {
    let base: any ObjectStore

    func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool { try await base.holds(bytes, at: key) }

    func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome {
        try await base.write(bytes, to: key, condition)
    }

    func describe(_ key: ObjectKey, versionID: String?) async throws -> DescribedObject? {
        try await base.describe(key, versionID: versionID).map {
            DescribedObject(size: $0.size, sha256: nil, versionID: $0.versionID)
        }
    }
}
