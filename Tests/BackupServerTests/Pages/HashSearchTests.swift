import BackupPages
import BackupServer
import HTTPTypes
import ReconcileCore
import TestSupport
import Testing

/// A search by hash: what it reads of a backup, when it reads it again, and what it finds.
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
        let before = (backup.store.conduct.counts["s3.GetObject"] ?? 0)
        let text = await responder.answer(
            .get,
            "/-/search?q=\(Self.hash(content))",
            [.accept: "text/html", .userAgent: "Mozilla/5.0"]
        ).text
        return (text, (backup.store.conduct.counts["s3.GetObject"] ?? 0) - before)
    }

    @Test func `records are read once, and then only what holds the file`() async throws {
        let backup = try await library(20)
        let responder = backup.responder(pages: true)
        let first = await search("lib7", responder, of: backup)
        #expect(first.text.contains("lib7-1.jar") && first.text.contains("The newest records of 20 versions"))
        #expect(first.reads == 21)
        let second = await search("lib11", responder, of: backup)
        #expect(second.text.contains("lib11-1.jar") && second.reads == 1)
        let again = await search("lib7", responder, of: backup)
        #expect(again.text.contains("lib7-1.jar") && again.reads == 0)
        let none = await search("nothing", responder, of: backup)
        #expect(none.text.contains("No file found.") && none.reads == 0)
    }

    @Test func `of records made since, only those are read`() async throws {
        let backup = try await library(20)
        let responder = backup.responder(pages: true)
        _ = await search("lib7", responder, of: backup)
        try await backup.record("com.acme:lib7:1", at: 1, revision: "bmV3", assets: ["lib7-1.jar": "other"])
        try await backup.record("com.acme:more:1", at: 1, assets: ["more-1.jar": "more"])
        backup.clock.advance(by: .seconds(61))
        let found = await search("more", responder, of: backup)
        #expect(found.text.contains("more-1.jar") && found.text.contains("The newest records of 21 versions"))
        #expect(found.reads == 3)
        #expect(await search("other", responder, of: backup).text.contains("lib7-1.jar"))
        // The newest record of the version names other bytes.
        #expect(await search("lib7", responder, of: backup).text.contains("No file found."))
    }

    @Test(arguments: [0, 2_000])
    func `a backup whose hashes are too many is read anew for each search`(limit: Int) async throws {
        let backup = try await library(20)
        let responder = backup.responder(pages: true, hashLimit: limit)
        for _ in 0..<2 {
            let found = await search("lib7", responder, of: backup)
            #expect(found.text.contains("lib7-1.jar") && found.text.contains("The newest records of 20 versions"))
            #expect(found.reads >= 20)
        }
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
