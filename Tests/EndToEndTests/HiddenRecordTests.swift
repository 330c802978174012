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
        "drills/2026-01-01/x.json",
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
