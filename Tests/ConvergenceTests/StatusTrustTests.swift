import ReconcileCore
import TestSupport
import Testing

/// What a status says of records under a trust file: it counts only those that a checkpoint or their signature proves.
@Suite struct StatusTrustTests {
    private static let identity = RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "acme")
    private let hour: Duration = .seconds(3_600)

    private func seal(_ stage: Rehearsal, _ trust: TestTrust, signs: Bool) throws {
        let file = trust.file(Self.identity)
        stage.seal(trust: try trust.trust(file), signer: signs ? try trust.signer(file, clock: stage.clock) : nil)
    }

    /// A signed backup of two versions, whose newest checkpoint covers both, read with its trust file.
    private func kept(_ trust: TestTrust) async throws -> Rehearsal {
        let stage = Rehearsal.paged(keepsVersions: true)
        try seal(stage, trust, signs: true)
        for name in ["1.0", "1.1"] { stage.source.publish(version(name)) }
        for _ in 0..<3 {
            #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
            stage.clock.advance(by: hour)
        }
        try seal(stage, trust, signs: false)
        stage.resetCounts()
        return stage
    }

    private func status(_ stage: Rehearsal) async throws -> BackupStatus {
        try await BackupStatus.read(from: stage.backup, proves: true, stop: StopSignal())
    }

    /// A survey of the backup alone.
    private func drift(of stage: Rehearsal) async -> DriftReport {
        let survey = DriftSurvey(source: nil, backup: stage.backup, options: DriftSurvey.Options())
        return await survey.run(id: "drift", in: stage.context())
    }

    @Test func `records that the newest checkpoint covers cost one list and one GET`() async throws {
        let stage = try await kept(try TestTrust())
        #expect(try await status(stage).isProtected)
        let proved = stage.store.conduct.counts
        stage.seal(trust: nil, signer: nil)
        stage.resetCounts()
        let state = try await status(stage)
        #expect(state.isProtected && state.protected == 2)
        let more = proved.merging(stage.store.conduct.counts) { $0 - $1 }.filter { $0.value != 0 }
        #expect(more == ["s3.ListObjectsV2": 1, "s3.GetObject": 1])
    }

    @Test func `a trust file of another key proves nothing, and nothing is called protected`() async throws {
        let stage = try await kept(try TestTrust())
        try seal(stage, try TestTrust(), signs: false)
        let failure = await #expect(throws: RemoteFailure.self) { _ = try await status(stage) }
        #expect(failure?.kind == .invalid)
        #expect(failure?.message.hasPrefix("2 records do not pass the trust file") == true)
        let drift = await drift(of: stage)
        #expect(drift.exit == .refused && drift.run.message?.contains("2 records do not pass") == true)
    }

    @Test func `an unsigned record is named, and the version that it speaks of does not count`() async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        stage.seal(trust: nil, signer: nil)
        stage.source.publish(version("2.0"))
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        try seal(stage, trust, signs: false)
        let state = try await status(stage)
        #expect(!state.isProtected && state.versions == 2 && state.protected == 2)
        #expect(state.unprotected.map(\.kind) == ["untrusted"])
        #expect(await drift(of: stage).run.failures.map(\.kind) == ["untrusted"])
        let record = try #require(stage.store.keys.first { $0.contains("/manifests/") && $0.contains("/2.0/") })
        #expect(state.unprotected.first?.message.hasPrefix("1 object does not count as a record: \(record) (") == true)
    }
}
