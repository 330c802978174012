import BackupPages
import BackupServer
import HTTPTypes
import ReconcileCore
import TestSupport
import Testing

/// A search by hash: what it reads of a backup once that was read in the background, and what it finds.
@Suite struct HashSearchTests {
    private static func hash(_ content: String) -> String {
        BackupFixture.checksums(of: Array(content.utf8)).sha256 ?? ""
    }

    /// Packages with a file each, whose text is the package's name.
    private func library(_ count: Int) async throws -> BackupFixture {
        let backup = BackupFixture()
        for number in 0..<count {
            try await backup.record("com.acme:lib\(number):1", assets: ["lib\(number)-1.jar": "lib\(number)"])
        }
        return backup
    }

    /// The names of the files that a search finds, and the manifests that were read for it.
    private func search(
        _ content: String,
        _ responder: RepositoryResponder,
        of backup: BackupFixture
    ) async -> (text: String, reads: Int) {
        await responder.catchUp()
        let before = (backup.store.conduct.counts["s3.GetObject"] ?? 0)
        let text = await responder.answer(
            .get,
            "/-/search?q=\(Self.hash(content))",
            RepositoryResponder.browser
        ).text
        return (text, (backup.store.conduct.counts["s3.GetObject"] ?? 0) - before)
    }

    @Test func `a search reads nothing but what holds the file`() async throws {
        let backup = try await library(20)
        let responder = backup.responder(pages: true)
        for name in ["lib7", "lib11"] {
            let found = await search(name, responder, of: backup)
            #expect(found.text.contains("\(name)-1.jar") && found.text.contains("The newest records of 20 versions"))
            #expect(found.reads == 1)
        }
        let again = await search("lib7", responder, of: backup)
        #expect(again.text.contains("lib7-1.jar") && again.reads == 0)
        let none = await search("nothing", responder, of: backup)
        #expect(none.text.contains("No file found.") && none.reads == 0)
        // Each record once, and the two that were shown.
        #expect(backup.store.conduct.counts["s3.GetObject"] == 22)
    }

    @Test func `of records made since, only those are read`() async throws {
        let backup = try await library(20)
        let responder = backup.responder(pages: true)
        await responder.catchUp()
        try await backup.record("com.acme:lib7:1", at: 1, revision: "bmV3", assets: ["lib7-1.jar": "other"])
        try await backup.record("com.acme:more:1", at: 1, assets: ["more-1.jar": "more"])
        backup.clock.advance(by: .seconds(61))
        backup.store.conduct.resetCounts()
        await responder.catchUp()
        #expect(backup.store.conduct.counts["s3.GetObject"] == 2)
        let found = await search("more", responder, of: backup)
        #expect(found.text.contains("more-1.jar") && found.text.contains("The newest records of 21 versions"))
        #expect(await search("other", responder, of: backup).text.contains("lib7-1.jar"))
        // The newest record of the version names other bytes.
        #expect(await search("lib7", responder, of: backup).text.contains("No file found."))
    }

    @Test func `nothing is read for searches before somebody has asked for a page`() async throws {
        let backup = try await library(20)
        let responder = backup.responder(pages: true)
        await responder.pages?.view.catchUp()
        #expect(backup.store.conduct.counts["s3.GetObject"] == nil)
    }

    @Test func `a search while records are read says how far that is`() async throws {
        let backup = try await library(20)
        let responder = backup.responder(pages: true)
        backup.store.conduct.fail("s3.GetObject", calls: 1...1, with: .unavailable)
        let early = await search("lib7", responder, of: backup)
        #expect(early.text.contains("The records are still being read: 0 of 20 versions so far."))
        #expect(early.text.contains("No file found."))
        #expect(early.text.contains("<a href=\"/-/search?q=\(Self.hash("lib7"))\">Search again</a>"))
        #expect(await search("lib7", responder, of: backup).text.contains("lib7-1.jar"))
    }

    @Test(arguments: [(0, 0), (1_600, 8)])
    func `of a backup whose hashes are too many, some are found, and a page says so`(
        limit: Int,
        looked: Int
    ) async throws {
        let backup = try await library(20)
        let responder = backup.responder(pages: true, indexLimit: limit)
        let found = await search("lib0", responder, of: backup)
        #expect(found.text.contains("Only \(looked) of 20 versions can be found by a hash here."))
        #expect(found.text.contains("lib0-1.jar") == (looked > 0))
        #expect(await search("lib9", responder, of: backup).text.contains("No file found."))
    }

    @Test func `a record of more hashes than there is room for is not searched, and a page says so`() async throws {
        let backup = BackupFixture()
        try await backup.record(
            "com.acme:lib:1",
            assets: ["a.jar": "a", "b.jar": "b", "c.jar": "c", "d.jar": "d", "e.jar": "e", "f.jar": "f"]
        )
        let found = await search("a", backup.responder(pages: true, indexLimit: 200), of: backup)
        #expect(found.text.contains("Only 0 of 1 versions can be found by a hash here."))
    }

    @Test func `a record that cannot be read is passed over`() async throws {
        let backup = try await library(3)
        let record = try await backup.record("com.acme:bad:1", assets: ["bad-1.jar": "bad"]).record
        let nonsense = String(repeating: "nonsense ", count: 100)
        backup.store.place(Array(nonsense.utf8), at: backup.layout.key(of: record).value)
        let found = await search("lib1", backup.responder(pages: true), of: backup)
        #expect(found.text.contains("lib1-1.jar") && found.text.contains("The newest records of 4 versions"))
    }

    @Test func `as of a moment, what was recorded by then is found`() async throws {
        let backup = try await library(1)
        try await backup.record("com.acme:lib0:1", at: 5, revision: "bmV3", assets: ["lib0-1.jar": "other"])
        let responder = backup.responder(asOf: BackupFixture.minute(1), pages: true)
        #expect(await search("lib0", responder, of: backup).text.contains("lib0-1.jar"))
        #expect(await search("other", responder, of: backup).text.contains("No file found."))
    }
}
