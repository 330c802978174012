import BackupPages
import BackupServer
import HTTPTypes
import ReconcileCore
import TestSupport
import Testing

/// What a page costs the store, and what is shown while the backup is being read for it.
@Suite struct PageReadingTests {
    private func library() async throws -> BackupFixture {
        let backup = BackupFixture()
        for number in 0..<20 {
            try await backup.record("com.acme:lib\(number):1", assets: ["lib\(number)-1.jar": "lib\(number)"])
        }
        return backup
    }

    private func page(_ responder: RepositoryResponder, _ path: String) async -> RepositoryAnswer {
        await responder.answer(.get, path, RepositoryResponder.browser)
    }

    @Test(arguments: [
        "/", "/-/packages", "/-/packages/releases/com.acme", "/-/search?q=lib7", "/-/unprotected", "/-/state",
    ])
    func `before the backup was read, a page says so at once and reads nothing`(path: String) async throws {
        let backup = try await library()
        backup.store.conduct.resetCounts()
        let answer = await page(backup.responder(pages: true), path)
        #expect(answer.status == 503)
        #expect(answer.head.headerFields[.retryAfter] == "2")
        #expect(answer.text.contains("<h1>The backup is being read</h1>"))
        #expect(answer.text.contains("<a href=\"\(path)\">Try again</a>"))
        #expect(backup.store.conduct.counts == [:])
    }

    @Test func `how many records were read is on that page`() {
        let frame = Frame(
            domain: "acme",
            location: "s3://b",
            program: "reconcile-serve 1",
            asOf: nil,
            now: BackupFixture.minute(0)
        )
        let text = ReadingPage(records: 12_000, frame, .overview, PageQuery()).html.text
        #expect(text.contains("they are being read. 12,000 so far. Builds are served"))
    }

    @Test(arguments: [
        ("/", 0, 0), ("/-/packages", 0, 0), ("/-/packages/releases/com.acme", 0, 0), ("/-/search?q=acme:lib", 0, 0),
        ("/-/state", 0, 0), ("/-/packages/releases/com.acme/lib7", 1, 0),
        ("/-/packages/releases/com.acme/lib7/1", 1, 1),
        ("/-/search?q=lib7-1.jar", 0, 1), ("/-/runs", 1, 0),
    ])
    func `what each page costs once the backup was read, and the second time`(path: String, lists: Int, reads: Int)
        async throws
    {
        let backup = try await library()
        let responder = backup.responder(pages: true)
        await responder.catchUp()
        for (lists, reads) in [(lists, reads), (0, 0)] {
            backup.store.conduct.resetCounts()
            #expect(await page(responder, path).status == 200)
            #expect(backup.store.conduct.counts["s3.ListObjectsV2"] ?? 0 == lists)
            #expect(backup.store.conduct.counts["s3.GetObject"] ?? 0 == reads)
        }
    }

    @Test func `a package of more than a thousand versions is shown as it was walked over, and not listed`()
        async throws
    {
        let backup = BackupFixture()
        for number in 0..<1_001 { try await backup.record("com.acme:lib:1.\(number)") }
        try await backup.record("com.acme:lib:1.1000", at: 5, revision: "bmV3")
        let responder = backup.responder(pages: true)
        let path = "/-/packages/releases/com.acme/lib"
        func table(_ page: RepositoryAnswer) -> Substring {
            page.text.firstRange(of: "<tbody>").map { page.text[$0.lowerBound...].prefix { $0 != "–" } } ?? ""
        }
        // Before the walk there is nothing else.
        let listed = await page(responder, path)
        #expect(listed.text.contains("1–100 of 1,001") && table(listed).contains(">1.1000<"))
        #expect(backup.store.conduct.counts["s3.ListObjectsV2"] == 2)
        await responder.catchUp()
        backup.clock.advance(by: .seconds(11))
        backup.store.conduct.resetCounts()
        let walked = await page(responder, path)
        #expect(walked.text.contains("1–100 of 1,001") && table(walked) == table(listed))
        #expect(backup.store.conduct.counts == [:])
        // What the walk saw counts for a minute; then it is marked until there is a new one.
        try await backup.record("com.acme:lib:1.1001", at: 6)
        backup.clock.advance(by: .seconds(60))
        #expect(await page(responder, path).text.contains("This is how the backup was at"))
        await responder.catchUp()
        backup.clock.advance(by: .seconds(11))
        #expect(await page(responder, path).text.contains(">1.1001<"))
    }

    @Test func `while the backup is read anew, a page shows it as it was, and the state for the files waits`()
        async throws
    {
        let backup = try await library()
        let responder = backup.responder(pages: true)
        await responder.catchUp()
        #expect(!(await page(responder, "/")).text.contains("This is how the backup was"))
        try await backup.record("org.other:new:1")
        backup.clock.advance(by: .seconds(61))
        backup.store.conduct.resetCounts()
        let older = await page(responder, "/-/packages/releases")
        #expect(
            older.status == 200 && older.text.contains("This is how the backup was at")
                && !older.text.contains("org.other")
        )
        #expect(await page(responder, "/-/state").status == 503)
        #expect(backup.store.conduct.counts == [:])
        await responder.catchUp()
        let newer = await page(responder, "/-/packages/releases")
        #expect(newer.text.contains("org.other") && !newer.text.contains("This is how the backup was"))
        backup.clock.advance(by: .seconds(3_661))
        #expect(await page(responder, "/").status == 503)
    }

    @Test func `a walk that fails is an error once it is over, and is tried again`() async throws {
        let backup = try await library()
        let responder = backup.responder(pages: true)
        backup.store.conduct.fail("s3.ListObjectsV2", calls: 1...1, with: .unavailable)
        await responder.catchUp()
        #expect(await page(responder, "/").text.contains("The backup cannot be read"))
        await responder.catchUp()
        #expect(await page(responder, "/").status == 200)
    }

    @Test func `reading ahead begins unasked, and ends with its task`() async throws {
        let backup = try await library()
        let responder = backup.responder(pages: true)
        let (lists, listed) = AsyncStream<Void>.makeStream()
        backup.store.conduct.before("s3.ListObjectsV2") { _ in listed.yield() }
        await withTaskGroup { group in
            group.addTask { await responder.pages?.view.readAhead() }
            for await _ in lists { break }
            group.cancelAll()
        }
    }
}
