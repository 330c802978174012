import ReconcileCore
import TestSupport
import Testing

/// Records of accepted losses that somebody else has put beside a backup that has lost a package and a file's bytes.
@Suite struct HostileLossesTests {
    private static let identity = RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "acme")
    private static let jar = ObjectKey("acme/maven/releases/com/acme/app/1.0/app.jar")
    private static let losses = "acme/losses/forged.json"

    /// A backup with a checkpoint, of which a package and the bytes of a file are gone.
    private func damaged(_ trust: TestTrust?) async throws -> Rehearsal {
        let stage = Rehearsal()
        if let trust {
            let file = trust.file(Self.identity)
            stage.seal(trust: try trust.trust(file), signer: try trust.signer(file, clock: stage.clock))
        }
        stage.source.publish(version("1.0"), ["app.jar": "jar"])
        stage.source.publish(version("1.0", of: lib), ["lib.jar": "lib"])
        for _ in 1...4 {
            #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
            stage.clock.advance(by: .seconds(3_600))
        }
        for key in stage.objectKeys where key.value.contains("/lib/") { stage.store.damage(key) { _ in nil } }
        stage.source.deletePackage(lib)
        stage.store.damage(Self.jar) { _ in Array("bad".utf8) }
        return stage
    }

    private func kinds(_ report: VerifyReport) -> Set<String> { Set(report.findings.map(\.kind.rawValue)) }

    @Test(arguments: [false, true])
    func `no hostile record of losses accepts anything, whether records are signed or not`(isSigned: Bool) async throws
    {
        let trust = isSigned ? try TestTrust() : nil
        let stage = try await damaged(trust)
        let before = kinds(await stage.verify(.bytes))
        #expect(before == ["lostVersions", "wrongBytes", "contradictedCheckpoint"])
        let kept = stage.store.memory
        for row in HostileLosses.rows {
            stage.store.place(Array(row.text.utf8), at: Self.losses)
            let report = await stage.verify(.bytes)
            // What is not signed is nothing under trust, whatever it says.
            let isFault = row.isRefused || isSigned
            let own: Set<String> = isFault ? ["unreadableManifest"] : []
            #expect(kinds(report) == before.union(own), "\(row)")
            #expect(report.exit == .verificationFailed, "\(row)")
            #expect((report.accepted == 0) == isFault, "\(row)")
            let status = try await BackupStatus.read(from: stage.backup, stop: StopSignal())
            #expect(status.lost == 1 && !status.isProtected, "\(row)")
            let run = try await stage.reconcileWithCheckpoint()
            #expect(run.exit == .verificationFailed && run.outcome == .contradicted, "\(row): \(run.message ?? "")")
            stage.store.memory = kept
        }
    }
}
