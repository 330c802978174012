import BackupServer
import HTTPTypes
import ReconcileCore
import TestSupport
import Testing

/// A search by a file's name: what it asks of the store once the names of the records are known, and what it finds.
@Suite struct FileSearchTests {
    /// What a search for a file shows, and the lists and reads that it takes.
    private func search(
        _ name: String,
        page: Int = 1,
        _ responder: RepositoryResponder,
        of backup: BackupFixture
    ) async -> (text: String, lists: Int, reads: Int) {
        await responder.catchUp()
        backup.store.conduct.resetCounts()
        let answer = await responder.answer(.get, "/-/search?q=\(name)&page=\(page)", RepositoryResponder.browser)
        let counts = backup.store.conduct.counts
        return (answer.text, counts["s3.ListObjectsV2"] ?? 0, counts["s3.GetObject"] ?? 0)
    }

    private func backup(of versions: [String], group: String = "com.acme") async throws -> BackupFixture {
        let backup = BackupFixture()
        for version in versions {
            try await backup.record("\(group):lib:\(version)", assets: ["lib-\(version).jar": version])
        }
        return backup
    }

    @Test func `of many versions of a package, only those are read that the name fits, and nothing is listed`()
        async throws
    {
        let backup = try await backup(of: (0..<300).map { "1.\($0)" })
        let responder = backup.responder(pages: true)
        let found = await search("lib-1.299.jar", responder, of: backup)
        #expect(found.text.contains("<bdi>lib-1.299.jar</bdi></div></th>"))
        #expect(found.text.contains("Versions that may have it by their names: 3."))
        // 1.299, 1.29 and 1.2.
        #expect((found.lists, found.reads) == (0, 3))
        #expect(await search("lib-1.299.jar", responder, of: backup).reads == 0)
        let none = await search("lib-2.0.jar", responder, of: backup)
        #expect(none.text.contains("No file found.") && (none.lists, none.reads) == (0, 0))
    }

    @Test func `of a snapshot's builds, only the named one is read, and the snapshot`() async throws {
        let builds = (1...40).map { "1.0-20260101.1010\($0 + 10)-\($0)" }
        let backup = try await backup(of: builds + ["1.0-SNAPSHOT"])
        let responder = backup.responder(pages: true)
        let found = await search("lib-\(builds[6]).jar", responder, of: backup)
        #expect(found.text.contains("/-/packages/releases/com.acme/lib/\(builds[6])\""))
        #expect((found.lists, found.reads) == (0, 2))
        // Without a build's time in the name, all builds may have it; a page reads 32.
        let all = await search("lib-1.0", responder, of: backup)
        #expect(all.text.contains("1–32 of 41") && (all.lists, all.reads) == (0, 31))
    }

    @Test func `a page reads the records of 32 versions, and the likeliest come first`() async throws {
        let backup = BackupFixture()
        for number in 10..<80 {
            try await backup.record("com.acme.team\(number):lib:1.0.1", assets: ["lib-1.0.1.jar": "\(number)"])
        }
        try await backup.record("com.acme:lib:1.0", assets: ["lib-1.0.jar": "older"])
        let responder = backup.responder(pages: true)
        for (page, range, reads) in [(1, "1–32 of 71", 32), (2, "33–64 of 71", 32), (3, "65–71 of 71", 7)] {
            let found = await search("lib-1.0.1.jar", page: page, responder, of: backup)
            #expect(found.text.contains(range) && (found.lists, found.reads) == (0, reads))
            #expect(found.text.contains("/com.acme.team\(page * 32 - 22)/"))
        }
    }

    @Test func `a hash that many versions have is shown in pages too`() async throws {
        let backup = BackupFixture()
        for number in 10..<80 {
            try await backup.record("com.acme:lib\(number):1", assets: ["lib\(number)-1.jar": "the same"])
        }
        let hash = try #require(BackupFixture.checksums(of: Array("the same".utf8)).sha256)
        let responder = backup.responder(pages: true)
        for (page, range, reads) in [(1, "1–32 of 70", 32), (3, "65–70 of 70", 6)] {
            let found = await search(hash, page: page, responder, of: backup)
            #expect(found.text.contains(range) && (found.lists, found.reads) == (0, reads))
        }
    }

    @Test func `where the records' names are too many to be known, the package is listed`() async throws {
        let backup = try await backup(of: ["1.0", "1.1", "1.1.1"])
        try await backup.record("org.other:tool:1.1", assets: ["tool-1.1.jar": "tool"])
        let responder = backup.responder(pages: true, indexLimit: 200)
        let found = await search("lib-1.1.jar", responder, of: backup)
        #expect(found.text.contains("<bdi>lib-1.1.jar</bdi></div></th>"))
        #expect((found.lists, found.reads) == (1, 1))
    }

    @Test func `of too many packages of a name, the first are listed, and the page says so`() async throws {
        let backup = BackupFixture()
        for number in 10..<50 {
            try await backup.record("com.acme.team\(number):lib:1.0", assets: ["lib-1.0.jar": "\(number)"])
        }
        let responder = backup.responder(pages: true, indexLimit: 200)
        let found = await search("lib-1.0.jar", responder, of: backup)
        #expect(found.text.contains("Only the first 32 versions that may have it were looked at."))
        #expect((found.lists, found.reads) == (32, 32))
    }

    @Test func `a store that lists in no order is searched alike`() async throws {
        let backup = BackupFixture(order: .reversed)
        for number in 0..<20 {
            try await backup.record("com.acme:lib\(number):1", assets: ["lib\(number)-1.jar": "\(number)"])
        }
        let responder = backup.responder(pages: true)
        for number in 0..<20 {
            let found = await search("lib\(number)-1.jar", responder, of: backup)
            #expect(
                found.text.contains("<bdi>lib\(number)-1.jar</bdi></div></th>") && (found.lists, found.reads) == (0, 1)
            )
        }
    }

    @Test func `the newest record of a version says which files it has`() async throws {
        let backup = try await backup(of: ["1.0"])
        try await backup.record("com.acme:lib:1.0", at: 1, revision: "bmV3", assets: ["lib-1.0.pom": "pom"])
        let responder = backup.responder(pages: true)
        #expect(await search("lib-1.0.pom", responder, of: backup).text.contains("<bdi>lib-1.0.pom</bdi>"))
        #expect(await search("lib-1.0.jar", responder, of: backup).text.contains("No file found."))
    }
}
