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

    @Test func `a record that a repair retired, or whose loss was accepted, is not called untrusted`() async throws {
        let model = try await SignedModel.made()
        let backup = try model.backup(in: model.stage.store)
        let state = try await BackupStatus.read(from: backup, proves: true, stop: StopSignal())
        #expect(state.isProtected && state.unprotected == [])
        let survey = DriftSurvey(source: nil, backup: backup, options: DriftSurvey.Options())
        let drift = await survey.run(id: "drift", in: model.stage.context())
        #expect(drift.run.failures == [] && drift.run.warnings == [], "\(drift.run.message ?? "")")
        // Nothing else forgives them.
        for key in model.stage.store.keys where key.contains("/repairs/") || key.contains("/losses/") {
            model.stage.store.damage(ObjectKey(key)) { _ in nil }
        }
        let bare = try await BackupStatus.read(from: backup, proves: true, stop: StopSignal())
        #expect(bare.unprotected.map(\.kind) == ["untrusted"])
    }

    /// A signed backup of two versions of which only runs over one repository have left checkpoints.
    private func keptInParts(_ trust: TestTrust) async throws -> Rehearsal {
        let stage = Rehearsal.paged(keepsVersions: true)
        try seal(stage, trust, signs: true)
        for name in ["1.0", "1.1"] { stage.source.publish(version(name)) }
        for _ in 0..<3 {
            #expect(try await stage.reconcileWithCheckpoint(part).exit == .converged)
            stage.clock.advance(by: hour)
        }
        try seal(stage, trust, signs: false)
        stage.resetCounts()
        return stage
    }

    private var part: Reconciler.Options {
        var options = Reconciler.Options()
        options.selection.repositories = ["releases"]
        return options
    }

    @Test func `records that no checkpoint of the whole covers are proved one by one`() async throws {
        let trust = try TestTrust()
        let stage = try await keptInParts(trust)
        let state = try await status(stage)
        #expect(state.isProtected && state.protected == 2)
        stage.seal(trust: nil, signer: nil)
        stage.source.publish(version("2.0"))
        #expect(try await stage.reconcileWithCheckpoint(part).exit == .converged)
        try seal(stage, trust, signs: false)
        #expect(try await status(stage).unprotected.map(\.kind) == ["untrusted"])
    }

    @Test func `a drift of one repository takes the checkpoint of that repository`() async throws {
        let stage = try await keptInParts(try TestTrust())
        var options = DriftSurvey.Options()
        options.selection.repositories = ["releases"]
        var counts: [[String: Int]] = []
        for _ in 0..<2 {
            let drift = await DriftSurvey(source: nil, backup: stage.backup, options: options)
                .run(id: "drift", in: stage.context())
            #expect(drift.exit == .converged)
            counts.append(stage.store.conduct.counts)
            stage.seal(trust: nil, signer: nil)
            stage.resetCounts()
        }
        let more = counts[0].merging(counts[1]) { $0 - $1 }.filter { $0.value != 0 }
        #expect(more == ["s3.ListObjectsV2": 1, "s3.GetObject": 1])
    }

    /// Records a verification as the command line does it, a minute after what was before it.
    ///
    /// - Parameter signing: whose key signs it; nil for nobody's.
    /// - Returns: its ID.
    private func record(
        _ outcome: VerifyReport.Outcome,
        in stage: Rehearsal,
        signedBy signing: TestTrust?,
        readBy trust: TestTrust
    ) async throws -> String {
        stage.clock.advance(by: .seconds(60))
        let start = Timestamp(secondsSince1970: stage.clock.secondsSince1970())
        var report = VerifyReport(
            runID: "\(start.basic)-v",
            domain: "acme",
            options: Verifier.Options(),
            startedAt: start
        )
        report.outcome = outcome
        if outcome == .faulty { report.faults["missing"] = 1 }
        if let signing { try seal(stage, signing, signs: true) } else { stage.seal(trust: nil, signer: nil) }
        try await report.record(in: stage.backup)
        try seal(stage, trust, signs: false)
        return report.runID
    }

    @Test func `a verification that is not signed, or does not pass, shows no fault to be gone`() async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        let sound = try await record(.sound, in: stage, signedBy: trust, readBy: trust)
        #expect(try await status(stage).isProtected)
        let faulty = try await record(.faulty, in: stage, signedBy: trust, readBy: trust)
        for signing in [nil, try TestTrust()] {
            let later = try await record(.sound, in: stage, signedBy: signing, readBy: trust)
            let state = try await status(stage)
            #expect(!state.isProtected && state.unprotected == [])
            #expect(state.verifications.faulty?.runID == faulty && state.verifications.newest?.runID == faulty)
            #expect(state.verifications.unproved?.runID == later)
        }
        // Nor does an earlier one that passes under its own key.
        let copied = try #require(stage.store.keys.first { $0.contains(sound) })
        let bytes = try #require(try await stage.store.read(ObjectKey(copied), limit: 1 << 20))
        stage.clock.advance(by: .seconds(60))
        let start = Timestamp(secondsSince1970: stage.clock.secondsSince1970())
        stage.store.place(bytes, at: "acme/verifications/\(start.day)/\(start.basic)-v.json")
        #expect(try await status(stage).verifications.faulty?.runID == faulty)
        // Without a trust file each counts.
        stage.seal(trust: nil, signer: nil)
        #expect(try await status(stage).isProtected)
        try seal(stage, trust, signs: false)
        _ = try await record(.sound, in: stage, signedBy: trust, readBy: trust)
        let state = try await status(stage)
        #expect(state.isProtected && state.verifications.unproved == nil)
    }

    @Test func `faults of a verification that is not signed stand until one that is signed shows them gone`()
        async throws
    {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        let faulty = try await record(.faulty, in: stage, signedBy: nil, readBy: trust)
        #expect(try await status(stage).verifications.faulty?.runID == faulty)
        _ = try await record(.sound, in: stage, signedBy: trust, readBy: trust)
        #expect(try await status(stage).isProtected)
    }

    @Test func `faults that a thousand unsigned verifications bury are not taken for gone`() async throws {
        let trust = try TestTrust()
        let stage = Rehearsal(keepsVersions: true)
        try seal(stage, trust, signs: true)
        stage.source.publish(version("1.0"))
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        _ = try await record(.faulty, in: stage, signedBy: trust, readBy: trust)
        let junk = try await record(.sound, in: stage, signedBy: nil, readBy: trust)
        let key = try #require(stage.store.keys.first { $0.contains(junk) })
        let bytes = try #require(try await stage.store.read(ObjectKey(key), limit: 1 << 20))
        for number in 1...100 { stage.store.place(bytes, at: key.replacing("-v.json", with: "-w\(number).json")) }
        #expect(try await status(stage).verifications.faulty != nil)
        for number in 101...1_000 { stage.store.place(bytes, at: key.replacing("-v.json", with: "-w\(number).json")) }
        let state = try await status(stage)
        #expect(!state.isProtected && state.verifications.faulty == nil)
        #expect(state.unprotected.first?.message.contains("what earlier ones found was not read") == true)
    }
}
