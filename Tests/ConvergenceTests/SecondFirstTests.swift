import ReconcileCore
import TestSupport
import Testing

/// Records that say that none was before them, beside an earlier one that counts.
@Suite struct SecondFirstTests {
    private static let identity = RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "acme")
    private static let day: Int64 = 86_400

    /// A signed backup of a version whose record is of the first of some days, with a checkpoint of each day.
    private func kept(_ trust: TestTrust, days: Int) async throws -> Rehearsal {
        let stage = Rehearsal()
        stage.source.publish(version("1.0"), ["app.jar": "jar"])
        stage.source.publish(version("2.0"), ["app.jar": "two"])
        for _ in 0...days {
            try seal(stage, trust)
            #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
            stage.clock.advance(by: .seconds(Self.day))
        }
        return stage
    }

    /// - Parameter seen: the newest checkpoint that the signer knows.
    private func seal(_ stage: Rehearsal, _ trust: TestTrust, knowing seen: RunCertificate.Seen? = nil) throws {
        let file = trust.file(Self.identity)
        let signer = try trust.signer(file, clock: stage.clock)
        if let seen { signer.note(seen) }
        stage.seal(trust: try trust.trust(file), signer: signer)
    }

    private func records(_ stage: Rehearsal) -> [ObjectKey] {
        stage.objectKeys.filter { stage.layout.record(at: $0)?.coordinates == version("1.0") }.sorted()
    }

    /// Has the version recorded as the first while its true record is away, which then is put back.
    private func recordAgain(
        _ stage: Rehearsal,
        _ trust: TestTrust,
        knowing seen: RunCertificate.Seen
    ) async throws -> ObjectKey {
        let first = try #require(records(stage).first)
        let bytes = try #require(stage.store.bytes(at: first, versionID: nil))
        stage.store.damage(first) { _ in nil }
        try seal(stage, trust, knowing: seen)
        #expect(await stage.run().exit == .converged)
        let second = try #require(records(stage).first)
        #expect(second != first && stage.store.text(at: second.value).contains(#""previous":null"#))
        stage.store.place(bytes, at: first.value)
        return second
    }

    private func newest(_ stage: Rehearsal) async throws -> RunCertificate.Seen {
        try #require(try await Checkpoints.read(of: stage.backup, repositories: [], at: stage.backup.now).newest).seen
    }

    private func findings(_ report: VerifyReport) -> [String] {
        report.findings.map { "\($0.kind.rawValue) \($0.key)" }
    }

    @Test(arguments: [(4, true), (1, false)])
    func `a second record that denies a first one, which its signer's checkpoint covers by two days, is a fault`(
        days: Int,
        isFault: Bool
    ) async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust, days: days)
        let second = try await recordAgain(stage, trust, knowing: try await newest(stage))
        let report = await stage.verify(.objects)
        #expect(findings(report) == (isFault ? ["brokenHistory \(second)"] : []))
        #expect(report.findings.allSatisfy { $0.message.contains("it says that no record was before it") })
        guard isFault else { return }
        let accepted = await stage.verify(.objects, accepting: ([second.value], "a test"), id: "accept")
        #expect(accepted.exit == .converged)
        #expect(await stage.verify(.objects).findings == [])
        // Without the trust file nothing shows when its writer looked.
        stage.seal(trust: nil, signer: nil)
        #expect(await stage.verify(.objects).findings == [])
    }

    @Test func `a run of days that knew an earlier checkpoint alone may record a version as the first`() async throws {
        let trust = try TestTrust()
        let stage = Rehearsal()
        stage.source.publish(version("2.0"), ["app.jar": "two"])
        for _ in 1...3 {
            try seal(stage, trust)
            #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
            stage.clock.advance(by: .seconds(3_600))
        }
        let seen = try await newest(stage)
        stage.source.publish(version("1.0"), ["app.jar": "jar"])
        #expect(await stage.protect(version("1.0")).exit == .converged)
        stage.clock.advance(by: .seconds(4 * Self.day))
        _ = try await recordAgain(stage, trust, knowing: seen)
        #expect(findings(await stage.verify(.objects)).allSatisfy { !$0.hasPrefix("brokenHistory") })
    }

    @Test func `a record that a statement vouches for did not count before, so a first one after it is right`()
        async throws
    {
        let trust = try TestTrust()
        let stage = Rehearsal()
        stage.source.publish(version("1.0"), ["app.jar": "jar"])
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        let unsigned = try #require(records(stage).first)
        stage.clock.advance(by: .seconds(Self.day))
        try seal(stage, trust)
        var options = Reconciler.Options()
        options.beginsSigning = true
        #expect(try await stage.reconcileWithCheckpoint(options).exit == .converged)
        for _ in 0..<5 {
            stage.clock.advance(by: .seconds(Self.day))
            try seal(stage, trust)
            #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        }
        // What was recorded meanwhile is away, and comes as a first one while the statement has the unsigned one.
        for key in records(stage) where key != unsigned { stage.store.damage(key) { _ in nil } }
        let file = trust.file(Self.identity)
        let made = try await stage.state(under: try trust.trust(file))
        #expect(made.compared == 1)
        #expect(try await stage.reconcileWithCheckpoint().versions.copied == 1)
        let second = try #require(records(stage).last)
        #expect(records(stage) == [unsigned, second])
        #expect(stage.store.text(at: second.value).contains(#""previous":null"#))
        let stated = TrustFile(identity: Self.identity, keys: file.keys, baseline: made.baseline)
        stage.seal(trust: try trust.trust(stated), signer: try trust.signer(stated, clock: stage.clock))
        #expect(findings(await stage.verify(.objects)).allSatisfy { !$0.hasPrefix("brokenHistory") })
    }
}
