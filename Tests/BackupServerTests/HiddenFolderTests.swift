import BackupServer
import HTTPTypes
import Logging
import ReconcileCore
import TestSupport
import Testing

/// A server of a backup of which one package's records may not be seen.
@Suite struct HiddenFolderTests {
    private typealias Fixture = BackupFixture

    private func responder(
        hiding prefixes: [String] = ["acme/manifests/maven/releases/com.acme/lib/"],
        saysWhy: Bool = false
    ) async throws -> RepositoryResponder {
        let fixture = Fixture()
        try await fixture.record("com.acme:app:1.0", assets: ["app-1.0.jar": "jar"])
        try await fixture.record("com.acme:lib:1.0", assets: ["lib-1.0.jar": "jar"])
        let plugin = RecordedPlugin(name: "Demo", prefix: "demo")
        try await fixture.record("com.acme:demo-maven-plugin:1.0", plugin: plugin)
        let store = HidingStore(fixture.store, hiding: prefixes.map { ObjectKey($0) })
        let backup = Backup(store: store, layout: fixture.layout, hashes: testHashes, clock: fixture.clock)
        return RepositoryResponder(
            view: RepositoryView(store: store, layout: fixture.layout, clock: fixture.clock),
            pages: PageResponder(
                view: PageView(of: backup, clock: fixture.clock, indexLimit: 1 << 20),
                domain: "acme",
                location: store.location,
                program: "reconcile-serve 1"
            ),
            token: nil,
            realm: "acme",
            saysWhy: saysWhy,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test func `a path of the package is 502 with the reason, and the others are served`() async throws {
        let responder = try await responder()
        for name in ["1.0/lib-1.0.jar", "1.0/lib-1.0.jar.sha1", "2.0/lib-2.0.pom", "maven-metadata.xml"] {
            let answer = await responder.answer("/releases/com/acme/lib/\(name)")
            #expect(answer.status == 502)
            #expect(answer.text == "the server may not read this part of the backup; its log says why\n")
        }
        #expect(await responder.answer("/releases/com/acme/app/1.0/app-1.0.jar").status == 200)
        #expect(await responder.answer("/releases/com/acme/app/2.0/app-2.0.jar").status == 404)
        // The package has no plugin's name, so the group's document lacks nothing.
        let group = await responder.answer("/releases/com/acme/maven-metadata.xml")
        #expect(group.status == 200 && group.text.contains("<prefix>demo</prefix>"))
        let local = try await self.responder(saysWhy: true)
        #expect(await local.answer("/releases/com/acme/lib/maven-metadata.xml").text.contains("it may not be seen"))
    }

    @Test func `a group's document is 502 where a plugin of it is not shown`() async throws {
        let responder = try await responder(
            hiding: ["acme/manifests/maven/releases/com.acme/demo-maven-plugin/"]
        )
        #expect(await responder.answer("/releases/com/acme/maven-metadata.xml").status == 502)
        #expect(await responder.answer("/releases/com/acme/lib/maven-metadata.xml").status == 200)
    }

    @Test func `readiness, the gauge and the overview say what is not shown`() async throws {
        let responder = try await responder()
        let ready = await responder.answer("/ready")
        #expect(ready.status == 200)
        #expect(
            ready.text
                == "ready, but 1 folder of records cannot be read: what is in there is answered with 502, and the "
                + "server's log says why\n"
        )
        #expect(await responder.answer("/metrics").text.contains("\nreconcile_serve_hidden_folders 1\n"))
        await responder.catchUp()
        let overview = await responder.answer(.get, "/", RepositoryResponder.browser)
        #expect(overview.status == 200)
        #expect(overview.text.contains("it may not be seen"))
        let page = await responder.answer(.get, "/-/unprotected", RepositoryResponder.browser)
        #expect(page.text.contains("it may not be seen"))
    }

    @Test(arguments: ["verifications", "drills", "checkpoints"])
    func `the overview does not take a folder of evidence that is not shown for an empty one`(
        folder: String
    ) async throws {
        func overview(hiding prefixes: [String]) async throws -> String {
            let responder = try await responder(hiding: prefixes)
            await responder.catchUp()
            return await responder.answer(.get, "/", RepositoryResponder.browser).text
        }
        func count(_ words: String, in text: String) -> Int { text.split(separator: words).count - 1 }
        let whole = try await overview(hiding: [])
        #expect(count("none is recorded", in: whole) == 3)
        let text = try await overview(hiding: ["acme/\(folder)/"])
        #expect(count("none is recorded", in: text) == 2)
        #expect(count("unknown, as their folder is not shown", in: text) == 1)
    }

    @Test func `where nothing is shown at all, the server is not ready`() async throws {
        let responder = try await responder(hiding: ["acme/manifests/maven/releases/"])
        #expect(await responder.answer("/ready").status == 503)
    }
}
