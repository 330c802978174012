import AWSServices
import DirectoryAdapter
import HTTPTransfer
import ReconcileCore
import TestSupport
import Testing

/// The evidence of drills beside a signed backup, true and forged.
@Suite(.serialized, .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"), .seaweedFS)
struct DrillEvidenceTests {
    @Test func `forged evidence of a drill is a fault, in a directory`() async throws {
        try await withScratchDirectory { scratch in
            let store = try DirectoryStore(directory: "\(scratch)/backup", create: true, ledger: RequestLedger())
            try await prove(try SignedStage(store), keepsVersions: false)
        }
    }

    @Test func `forged evidence of a drill is a fault, in a bucket that keeps versions`() async throws {
        let seaweed = try #require(SeaweedFS.current)
        try await HTTPClient.withClient { client in
            let bucket = seaweed.versionedBucket
            let store = try S3Store(seaweed, bucket: bucket, prefix: "evidence", client: client)
            try await prove(try SignedStage(store), keepsVersions: true)
        }
    }

    private func prove(_ stage: SignedStage, keepsVersions: Bool) async throws {
        stage.source.publish(stage.version("1.0"), ["app-1.0.jar": "jar"])
        #expect(try await stage.run().exit == .converged)
        let kept = try await stage.store(#"{"passed":false}"#, asDrill: "kept", signed: true)
        // What doctor leaves there is no evidence, and nobody signs it.
        let probe = stage.layout.probeKey(in: stage.layout.drillsPrefix)
        _ = try await stage.store.write(Array("doctor".utf8), to: probe, .createOnly)
        #expect(try await stage.verify().findings == [])
        // Signed by nobody, and a true one with other words.
        let forged = try await stage.store(#"{"passed":true}"#, asDrill: "forged", signed: false)
        #expect(try await faults(of: stage) == ["unreadableManifest \(forged)"])
        _ = try await stage.store(#"{"passed":true}"#, asDrill: "kept", signed: false)
        let replaced: Set = ["unreadableManifest \(forged)", "unreadableManifest \(kept)"]
        #expect(try await faults(of: stage) == replaced.union(keepsVersions ? ["rewrittenRecord \(kept)"] : []))
    }

    private func faults(of stage: SignedStage) async throws -> Set<String> {
        Set(try await stage.verify().findings.map { "\($0.kind.rawValue) \($0.key)" })
    }
}
