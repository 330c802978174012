import AWSServices
import DirectoryAdapter
import HTTPTransfer
import ReconcileCore
import TestSupport
import Testing

/// Records of a bucket that keeps versions, written over or hidden by somebody, whatever they say.
@Suite(.serialized, .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"), .seaweedFS)
struct HiddenRecordTests {
    @Test func `the same bytes once more, and a delete marker, are faults until they are accepted`() async throws {
        let seaweed = try #require(SeaweedFS.current)
        try await HTTPClient.withClient { client in
            let bucket = seaweed.versionedBucket
            let store = try S3Store(seaweed, bucket: bucket, prefix: "hidden", client: client)
            let stage = AttackStage(store)
            #expect(await stage.run().exit == .converged)
            #expect(await stage.verify().findings == [])
            let (record, text) = try await stage.record()
            let key = stage.layout.key(of: record)

            try await stage.put(text, at: key.value)
            let rewritten = await stage.verify()
            #expect(rewritten.exit == .verificationFailed)
            #expect(rewritten.findings.map { "\($0.kind.rawValue) \($0.key)" } == ["rewrittenRecord \(key)"])
            #expect(rewritten.findings.first?.place.version == "1.0")

            try await seaweed.delete("hidden/\(key)", in: bucket)
            let hidden = await stage.verify()
            #expect(hidden.exit == .verificationFailed)
            #expect(hidden.findings.contains { $0.kind == .hiddenRecord && $0.key == key.value })
            // The next run records the version again, and the marker stays in sight.
            #expect(await stage.run().exit == .converged)
            let marked = await stage.verify()
            #expect(marked.findings.contains { $0.key == key.value }, "\(marked.findings)")

            let accepted = await stage.verify(accepting: [key.value])
            #expect(accepted.findings == [], "\(accepted.findings)")
            #expect(await stage.verify().exit == .converged)
        }
    }

    @Test(arguments: [
        "repairs/20260101T000000Z.x.json", "losses/x.json", "configuration/x.json", "deletions/x.json",
        "drills/2026-01-01/x.json", "statements/20260101T000000Z.x/index.json",
        "deletions/20200101T000000Z.x.json", "checkpoints/2020-01-01/20200101T000000Z.a-run.json",
    ])
    func `other records that are written over are a fault too`(path: String) async throws {
        let stage = AttackStage(InMemoryStore(keepsVersions: true))
        #expect(await stage.run().exit == .converged)
        let store = try #require(stage.store as? InMemoryStore)
        let key = "\(stage.layout.prefix)\(path)"
        let kinds = { await stage.verify().findings.filter { $0.key == key }.map(\.kind) }
        store.place(Array("{}".utf8), at: key)
        #expect(await !kinds().contains(.rewrittenRecord))
        store.place(Array("{}".utf8), at: key)
        #expect(await kinds().contains(.rewrittenRecord))
    }

    @Test func `what a lifecycle rule may have hidden is no fault, and what it may not is one`() async throws {
        let stage = AttackStage(InMemoryStore(keepsVersions: true))
        #expect(await stage.run().exit == .converged)
        let store = try #require(stage.store as? InMemoryStore)
        let day: Int64 = 86_400
        let old = Timestamp(seconds: stage.now.seconds - 15 * day)
        let young = Timestamp(seconds: stage.now.seconds - 13 * day)
        let ancient = Timestamp(seconds: (stage.now.seconds - 366 * day) / 3_600 * 3_600)
        let layout = stage.layout
        let hidden = [
            layout.allowanceKey(until: old, runID: "a"), layout.allowanceKey(until: young, runID: "b"),
            layout.checkpointKey(cutoff: ancient, runID: "c"), layout.lossKey(runID: "d"),
        ]
        for key in hidden { store.place(Array("{}".utf8), at: key.value) }
        let marked = AttackStage(MarkingStore(base: store, marked: Set(hidden)))
        let found = await marked.verify().findings.filter { $0.kind == .hiddenRecord }.map(\.key)
        #expect(Set(found) == [hidden[1].value, hidden[3].value])
    }

    @Test func `who may not list versions is warned, and everything else is verified`() async throws {
        let stage = AttackStage(InMemoryStore(keepsVersions: true))
        #expect(await stage.run().exit == .converged)
        let store = try #require(stage.store as? InMemoryStore)
        store.conduct.fail("s3.ListObjectVersions", calls: 1...Int.max, with: .denied)
        let verified = await stage.verify()
        #expect(verified.exit == .converged, "\(verified.findings) \(verified.message ?? "")")
        #expect(verified.looked.versions == 3)
        #expect(verified.warnings?.count == 1)
    }
}

/// A store in which delete markers hide some objects, as its listing of versions says.
private struct MarkingStore: StoreDecorator {
    let base: any ObjectStore
    let marked: Set<ObjectKey>

    func listVersions(prefix: ObjectKey, after token: PageToken?) async throws -> Page<StoredVersion>? {
        guard let page = try await base.listVersions(prefix: prefix, after: token) else { return nil }
        let rows = page.elements.flatMap { row -> [StoredVersion] in
            guard marked.contains(row.object.key) else { return [row] }
            return [
                StoredVersion(row.object, versionID: "marker", isNewest: true, isDeleteMarker: true),
                StoredVersion(row.object, versionID: row.versionID, isNewest: false, isDeleteMarker: false),
            ]
        }
        return Page(rows, next: page.next)
    }

    func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool { try await base.holds(bytes, at: key) }

    func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome {
        try await base.write(bytes, to: key, condition)
    }
}
