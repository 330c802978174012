import BackupServer
import HTTPTypes
import ReconcileCore
import TestSupport
import Testing

/// What the overview says of versions whose records are gone, whatever lies under `losses/`.
@Suite struct LostVersionsPageTests {
    private func kept() async throws -> BackupFixture {
        let backup = BackupFixture()
        try await backup.record("com.acme:lib:1", assets: ["lib-1.jar": "lib"])
        var report = RunReport(runID: "20231114T221320Z-x", domain: "acme", startedAt: BackupFixture.start)
        report.recorded = RunReport.Recorded(versions: 2)
        report.outcome = .converged
        try await report.store(in: backup.store, layout: backup.layout, startedAt: BackupFixture.start)
        return backup
    }

    private func overview(_ backup: BackupFixture) async -> RepositoryAnswer {
        let responder = backup.responder(pages: true)
        await responder.catchUp()
        return await responder.answer(.get, "/", RepositoryResponder.browser)
    }

    private let lost = "only 1 of the 2 versions that were counted earlier"

    @Test func `the headline says that they are gone, and nothing of what the run saw`() async throws {
        let page = await overview(try await kept())
        #expect(page.text.contains(#"<p class="headline">1 recorded version gone from the backup</p>"#))
    }

    @Test func `no hostile record of losses makes them protected`() async throws {
        let backup = try await kept()
        for row in HostileLosses.rows {
            backup.store.place(Array(row.text.utf8), at: "acme/losses/forged.json")
            let page = await overview(backup)
            #expect(page.status == 200 && page.text.contains(lost), "\(row)")
            #expect(!page.text.contains("\u{1B}"), "\(row)")
        }
    }

    @Test func `they are no longer lost once that is accepted`() async throws {
        let backup = try await kept()
        let record =
            #"{"domain":"acme","format":1,"lost":[{"key":"acme/manifests/maven/","kind":"lostVersions","versions":1}],"#
            + #""reason":"r","recordedAt":"2026-11-22T08:36:12Z","recordedBy":{"door":"verify","version":"1"}}"#
        backup.store.place(Array(record.utf8), at: "acme/losses/accept.json")
        let page = await overview(backup)
        #expect(page.status == 200 && !page.text.contains(lost))
    }
}
