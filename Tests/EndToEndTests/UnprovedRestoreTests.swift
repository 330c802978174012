import AWSServices
import DirectoryAdapter
import HTTPTransfer
import ReconcileCore
import TestSupport
import Testing

/// Records that would let more in than versions, beside a backup without a trust file: a restore follows what the
/// operator has accepted, and nothing that is added afterwards.
@Suite(.serialized, .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"), .seaweedFS)
struct UnprovedRestoreTests {
    @Test func `what nothing proves opens no domain and no package, in a directory`() async throws {
        try await withScratchDirectory { scratch in
            let store = try DirectoryStore(directory: "\(scratch)/backup", create: true, ledger: RequestLedger())
            try await prove(AttackStage(store))
        }
    }

    @Test func `what nothing proves opens no domain and no package, in a bucket that keeps versions`() async throws {
        let seaweed = try #require(SeaweedFS.current)
        try await HTTPClient.withClient { client in
            let bucket = seaweed.versionedBucket
            try await prove(AttackStage(try S3Store(seaweed, bucket: bucket, prefix: "unproved", client: client)))
        }
    }

    private func prove(_ stage: AttackStage) async throws {
        stage.source.setControls(OriginControls(publish: .allow, upstream: .allow), of: AttackStage.app)
        #expect(await stage.run().exit == .converged)
        // What a restore prints before anybody has accepted anything.
        let asked = await stage.restore()
        let digest = try #require(
            asked.report.failures.first?.message.firstMatch(of: /--accept-unproved ([0-9a-f]{64})/)
        )
        #expect(asked.report.failures.map(\.kind) == ["untrusted"] && asked.lacking == [])
        #expect(asked.controls[AttackStage.app] == OriginControls.published)
        let accepted = await stage.restore(accepting: [String(digest.output.1)])
        #expect(accepted.report.exit == .converged && accepted.controls[AttackStage.app]??.upstream == .allow)

        // A record that is forged afterwards.
        let later = stage.opening(after: 5)
        let bytes = later.canonicalBytes(recordedBy: Manifest.Recorder(door: "reconcile", version: "1"))
        try await stage.put(String(decoding: bytes, as: UTF8.self), at: stage.layout.key(of: later).value)
        let forged = await stage.restore(accepting: [String(digest.output.1)])
        #expect(forged.report.failures.map(\.kind) == ["untrusted"])
        #expect(forged.controls[AttackStage.app] == OriginControls.published)

        try await proveConfiguration(stage)
    }

    private func proveConfiguration(_ stage: AttackStage) async throws {
        let domain = InMemoryConfiguration()
        domain.add(repository: "releases")
        let recorded = try await stage.record(domain)
        // Whoever can write to the bucket records a policy for everybody, as a run would.
        domain.change { $0.policy = #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"codeartifact:*"}]}"# }
        let forged = try await stage.record(domain)
        let target = InMemoryConfiguration()
        target.change { $0.exists = false }
        for accepted in [[], [recorded.sha256]] as [Set<String>] {
            let held = try await stage.restoreConfiguration(to: target, accepting: accepted)
            #expect(held.exit == .refused && held.record.sha256 == forged.sha256)
            #expect(held.steps.contains { $0.call.name == "PutDomainPermissionsPolicy" } && target.calls == [])
        }
        let asOf = try await stage.restoreConfiguration(
            to: target,
            accepting: [recorded.sha256],
            asOf: recorded.recordedAt
        )
        #expect(asOf.exit == .converged)
        #expect(!target.calls.isEmpty && !target.calls.contains { $0.name == "PutDomainPermissionsPolicy" })
    }
}
