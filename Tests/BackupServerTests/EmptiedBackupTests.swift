import BackupServer
import HTTPTypes
import Logging
import ReconcileCore
import TestSupport
import Testing

/// A server whose backup loses all of its records while it runs: nothing is known to be absent.
@Suite struct EmptiedBackupTests {
    private let backup = BackupFixture()

    private func responder(hasRecords: Bool = true, of store: (any ObjectStore)? = nil) -> RepositoryResponder {
        RepositoryResponder(
            view: RepositoryView(
                store: store ?? backup.store,
                layout: backup.layout,
                hasRecords: hasRecords,
                clock: backup.clock
            ),
            pages: PageResponder(
                view: PageView(
                    of: Backup(store: backup.store, layout: backup.layout, hashes: testHashes, clock: backup.clock),
                    clock: backup.clock,
                    indexLimit: 1 << 20
                ),
                domain: "acme",
                location: backup.store.location,
                program: "reconcile-serve 1"
            ),
            token: nil,
            realm: "acme",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func empty() {
        for key in backup.store.keys { backup.store.damage(ObjectKey(key)) { _ in nil } }
    }

    private static let paths = [
        "com/acme/app/1.0/app-1.0.jar", "com/acme/app/maven-metadata.xml", "com/acme/none/1.0/none-1.0.pom",
        "com/acme/maven-metadata.xml", "com/maven-metadata.xml",
    ].map { "/releases/\($0)" }

    @Test func `every path is 503 with the reason, until there are records again`() async throws {
        try await backup.record("com.acme:app:1.0", assets: ["app-1.0.jar": "jar"])
        let responder = responder()
        #expect(await responder.answer("/ready").status == 200)
        #expect(await responder.answer(Self.paths[0]).status == 200)
        #expect(await responder.answer(Self.paths[2]).status == 404)
        empty()
        backup.clock.advance(by: .seconds(11))
        for path in Self.paths + ["/ready"] {
            let answer = await responder.answer(path)
            #expect(answer.status == 503, "\(path)")
            #expect(answer.text.hasPrefix("the backup has no record any more: its bucket was emptied, or"), "\(path)")
        }
        try await backup.record("com.acme:app:1.0", assets: ["app-1.0.jar": "jar"])
        backup.clock.advance(by: .seconds(11))
        #expect(await responder.answer("/ready").status == 200)
        #expect(await responder.answer(Self.paths[0]).status == 200)
        #expect(await responder.answer(Self.paths[2]).status == 404)
    }

    @Test func `the overview is shown as it was, and marked`() async throws {
        try await backup.record("com.acme:app:1.0", assets: ["app-1.0.jar": "jar"])
        let responder = responder()
        await responder.catchUp()
        #expect(await responder.answer(.get, "/", RepositoryResponder.browser).text.contains("releases"))
        empty()
        backup.clock.advance(by: .seconds(61))
        await responder.catchUp()
        let later = await responder.answer(.get, "/", RepositoryResponder.browser)
        #expect(later.status == 200 && later.text.contains("releases"))
        #expect(later.text.contains("This is how the backup was at <time datetime=\"2026-11-22T08:36:12Z\">"))
        backup.clock.advance(by: .seconds(3_600))
        await responder.catchUp()
        #expect(await responder.answer(.get, "/", RepositoryResponder.browser).status == 502)
    }

    @Test func `a backup that never had a record has none of what is asked for`() async throws {
        let responder = responder(hasRecords: false)
        #expect(await responder.answer("/ready").status == 200)
        for path in Self.paths { #expect(await responder.answer(path).status == 404) }
        try await backup.record("com.acme:app:1.0", assets: ["app-1.0.jar": "jar"])
        backup.clock.advance(by: .seconds(11))
        #expect(await responder.answer(Self.paths[0]).status == 200)
        empty()
        backup.clock.advance(by: .seconds(11))
        #expect(await responder.answer(Self.paths[0]).status == 503)
    }

    @Test func `a page of what was there is 503 with the reason`() async throws {
        try await backup.record("com.acme:app:1.0", assets: ["app-1.0.jar": "jar"])
        let responder = responder()
        let path = "/-/packages/releases/com.acme/app"
        #expect(await responder.answer(.get, path, RepositoryResponder.browser).status == 200)
        #expect(await responder.answer(.get, "/-/none", RepositoryResponder.browser).status == 404)
        empty()
        backup.clock.advance(by: .seconds(11))
        for path in [path, "\(path)/1.0", "/-/none"] {
            let answer = await responder.answer(.get, path, RepositoryResponder.browser)
            #expect(answer.status == 503 && answer.text.contains("the backup has no record any more"), "\(path)")
        }
    }

    @Test func `what is not there does not wait for a store that hangs`() async throws {
        try await backup.record("com.acme:app:1.0", assets: ["app-1.0.jar": "jar"])
        let store = TroubledStore(backup.store)
        let responder = responder(of: store)
        // The package's records and the repositories are known from now on.
        #expect(await responder.answer("/releases/com/acme/app/1.0/no.jar").status == 404)
        store.set(.listsNothing)
        backup.clock.advance(by: .seconds(6))
        #expect(await responder.answer("/releases/com/acme/app/1.0/none.jar").status == 404)
    }

    @Test func `what is not there costs one list of the records in five seconds`() async throws {
        try await backup.record("com.acme:app:1.0", assets: ["app-1.0.jar": "jar"])
        let responder = responder()
        for number in 0..<50 { _ = await responder.answer("/releases/com/acme/app/1.0/\(number).jar") }
        // The package, the first page of the records, and the names of repositories.
        #expect(backup.store.conduct.counts["s3.ListObjectsV2"] == 3)
    }
}
