import ReconcileCore
import TestSupport
import Testing

/// The files that were recorded first of snapshots whose builds were published again with other bytes.
@Suite struct SnapshotFirstTests {
    private static let build = "1.0-20261122.080000-1"
    private static let jar = "app-\(build).jar"

    private func saved() async -> Rehearsal {
        let rehearsal = Rehearsal(keepsVersions: true)
        for bytes in ["good", "evil"] {
            let files = [Self.jar: bytes, "app-\(Self.build).pom": "<project/>"]
            rehearsal.source.publish(version(Self.build), files, status: .unlisted)
            rehearsal.source.publish(version("1.0-SNAPSHOT"), files)
            await rehearsal.run()
            rehearsal.clock.advance(by: .seconds(60))
        }
        return rehearsal
    }

    @Test(
        arguments: ["1.0-SNAPSHOT:\(jar)", "1.0-SNAPSHOT", "\(build):\(jar)", build],
        [true, false]
    )
    func `a build's file is the first one under its snapshot too`(address: String, givesFirst: Bool) async throws {
        let rehearsal = await saved()
        let review = BackupReview(of: rehearsal.backup, selection: Selection(), width: 4)
        let found = try await review.asset(
            try #require(AssetAddress("com.acme:app:\(address)")),
            asOf: nil,
            givesFirst: givesFirst,
            stop: StopSignal()
        )
        var bytes: [UInt8] = []
        try await rehearsal.backup.read(found.stored) { bytes += $0 }
        #expect(String(decoding: bytes, as: UTF8.self) == (givesFirst ? "good" : "evil"))
        #expect(found.notice?.hasPrefix("releases/com.acme:app:\(Self.build): \(Self.jar) was first recorded") == true)
        let once = try await review.asset(
            try #require(AssetAddress("com.acme:app:\(address)")),
            asOf: time("2026-11-22T08:36:40Z"),
            givesFirst: givesFirst,
            stop: StopSignal()
        )
        #expect(once.notice == nil)
    }

    @Test(arguments: [true, false])
    func `a snapshot comes back with the same files as its builds`(givesFirst: Bool) async throws {
        let restoring = await saved().restoring()
        var options = Restorer.Options()
        options.givesFirst = givesFirst
        let report = await restoring.restore(options)
        #expect(report.exit == .converged)
        #expect(report.run.failures == [])
        #expect(report.run.warnings.count == 1)
        let picture = restoring.target.picture.joined()
        #expect(picture.contains("\(Self.jar)=\(givesFirst ? "good" : "evil")"))
        #expect(!picture.contains(givesFirst ? "=evil" : "=good"))
        #expect(await restoring.restore(options).exit == .converged)
    }
}
