import BackupServer
import Cryptography
import HTTPTypes
import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// What clients are answered from a backup.
@Suite struct RepositoryResponderTests {
    private typealias Fixture = BackupFixture

    private static let jar = "/releases/com/acme/lib/1.0/lib-1.0.jar"
    private static let sha256 = Hexadecimal.encode(Digest.of(Array("the jar".utf8), .sha256))

    private func library(keepsVersions: Bool = true) async throws -> Fixture {
        let backup = Fixture(keepsVersions: keepsVersions)
        try await backup.record("com.acme:lib:1.0", assets: ["lib-1.0.jar": "the jar", "lib-1.0.pom": "<project/>"])
        return backup
    }

    // MARK: Files

    @Test func `an asset has its size, type and tag, and HEAD says the same without it`() async throws {
        let responder = try await library().responder()
        let answer = await responder.answer(Self.jar)
        #expect(answer.status == 200)
        #expect(answer.text == "lib-1.0.jar 0..<7")
        #expect(answer.head.headerFields[.contentLength] == "7")
        #expect(answer.head.headerFields[.contentType] == "application/java-archive")
        #expect(answer.head.headerFields[.acceptRanges] == "bytes")
        #expect(answer.head.headerFields[.eTag] == "\"\(Self.sha256)\"")
        let head = await responder.answer(.head, Self.jar)
        #expect(head.head == answer.head)
        #expect(head.text == "")
    }

    @Test(arguments: [("md5", 32), ("sha1", 40), ("sha256", 64), ("sha512", 128)])
    func `checksums are the manifest's`(algorithm: String, length: Int) async throws {
        let backup = try await library()
        let answer = await backup.responder().answer("\(Self.jar).\(algorithm)")
        let checksums = Fixture.checksums(of: Array("the jar".utf8))
        let expected = [
            "md5": checksums.md5, "sha1": checksums.sha1, "sha256": checksums.sha256, "sha512": checksums.sha512,
        ]
        #expect(answer.status == 200)
        #expect(answer.text == expected[algorithm])
        #expect(answer.text.utf8.count == length)
        #expect(answer.head.headerFields[.contentType] == "text/plain")
    }

    @Test func `an asset with the name of a checksum file is itself`() async throws {
        let backup = Fixture()
        try await backup.record("com.acme:lib:1.0", assets: ["a.jar": "jar", "a.jar.sha1": "published sum"])
        #expect(await backup.responder().answer("/releases/com/acme/lib/1.0/a.jar.sha1").text == "a.jar.sha1 0..<13")
    }

    @Test(arguments: [
        "/releases/com/acme/lib/1.0/lib-1.1.jar", "/releases/com/acme/lib/1.1/lib-1.0.jar",
        "/other/com/acme/lib/1.0/lib-1.0.jar", "/releases/com/acme/lib2/1.0/lib-1.0.jar",
        "/releases/com/acme/lib/1.0/lib-1.0.jar.sha3", "/releases/com/acme/lib/1.0/none.jar.sha1", "/",
        "/releases/com/acme/lib/maven-metadata.xml.asc", "/releases/com/acme/none/maven-metadata.xml",
        "/manifests/maven/releases/com.acme/lib/1.0/x",
    ])
    func `what the backup does not hold is a 404`(path: String) async throws {
        #expect(await (try library()).responder().answer(path).status == 404)
    }

    @Test func `a path that tricks is a 400, and asks the store nothing`() async throws {
        let backup = try await library()
        backup.store.conduct.resetCounts()
        #expect(await backup.responder().answer("/releases/%2e%2e/lib/1.0/a.jar").status == 400)
        #expect(backup.store.conduct.counts.isEmpty)
    }

    // MARK: Conditions and ranges

    @Test(arguments: [
        ("\"\(sha256)\"", 304), ("W/\"\(sha256)\"", 304), ("\"other\", \"\(sha256)\"", 304), ("*", 304),
        ("\"other\"", 200), (sha256, 200), ("", 200),
    ])
    func `a client that has the asset is told so`(field: String, status: Int) async throws {
        let responder = try await library().responder()
        for method in [HTTPRequest.Method.get, .head] {
            let answer = await responder.answer(method, Self.jar, [.ifNoneMatch: field])
            #expect(answer.status == status)
            #expect(answer.head.headerFields[.eTag] == "\"\(Self.sha256)\"")
            if status == 304 { #expect(answer.head.headerFields[.contentLength] == nil && answer.text == "") }
        }
    }

    @Test(arguments: [
        ("\"\(sha256)\"", 200), ("\"other\", \"\(sha256)\"", 200), ("*", 200), ("W/\"\(sha256)\"", 412),
        ("\"other\"", 412),
    ])
    func `who asks for another body than there is gets none`(field: String, status: Int) async throws {
        let responder = try await library().responder()
        #expect(await responder.answer(.get, Self.jar, [.ifMatch: field]).status == status)
        let both = await responder.answer(.get, Self.jar, [.ifMatch: field, .ifNoneMatch: "\"\(Self.sha256)\""])
        #expect(both.status == (status == 200 ? 304 : 412))
    }

    @Test(arguments: [
        ("bytes=0-2", 206, "lib-1.0.jar 0..<3", "bytes 0-2/7"), ("bytes=3-", 206, "lib-1.0.jar 3..<7", "bytes 3-6/7"),
        ("bytes=-2", 206, "lib-1.0.jar 5..<7", "bytes 5-6/7"), ("bytes=-99", 206, "lib-1.0.jar 0..<7", "bytes 0-6/7"),
        ("bytes=6-99", 206, "lib-1.0.jar 6..<7", "bytes 6-6/7"), ("Bytes = 1-1", 200, "lib-1.0.jar 0..<7", nil),
        ("BYTES=1-1", 206, "lib-1.0.jar 1..<2", "bytes 1-1/7"),
        ("bytes=7-", 416, "the file has 7 bytes\n", "bytes */7"),
        ("bytes=-0", 416, "the file has 7 bytes\n", "bytes */7"),
        ("bytes=99999999999999999999-", 416, "the file has 7 bytes\n", "bytes */7"),
        ("bytes=0-99999999999999999999", 206, "lib-1.0.jar 0..<7", "bytes 0-6/7"),
        ("bytes=0-1,3-4", 200, "lib-1.0.jar 0..<7", nil), ("bytes=3-1", 200, "lib-1.0.jar 0..<7", nil),
        ("bytes=x-1", 200, "lib-1.0.jar 0..<7", nil), ("bytes=--1", 200, "lib-1.0.jar 0..<7", nil),
        ("bytes=-", 200, "lib-1.0.jar 0..<7", nil), ("lines=0-1", 200, "lib-1.0.jar 0..<7", nil),
        ("bytes", 200, "lib-1.0.jar 0..<7", nil),
    ])
    func `one range is a part, an empty one a 416, and any other the whole`(
        field: String,
        status: Int,
        text: String,
        range: String?
    ) async throws {
        let answer = await (try library()).responder().answer(.get, Self.jar, [.range: field])
        #expect(answer.status == status)
        #expect(answer.text == text)
        #expect(answer.head.headerFields[.contentRange] == range)
    }

    @Test func `a part is given only of bytes that were proved and cannot change`() async throws {
        // The store has no versions: its bytes may be others at each reading, so the whole is given, which is proved.
        let bare = try await library(keepsVersions: false).responder()
        let whole = await bare.answer(.get, Self.jar, [.range: "bytes=0-2"])
        #expect(whole.status == 200 && whole.head.headerFields[.acceptRanges] == nil)

        let backup = try await library()
        let responder = backup.responder()
        func part() async -> Int { await responder.answer(.get, Self.jar, [.range: "bytes=0-2"]).status }
        backup.store.conduct.resetCounts()
        #expect(await part() == 206)
        #expect(await part() == 206)
        // Proved once.
        #expect(backup.store.conduct.counts["s3.HeadObject"] == 1)

        // Replaced under the same version.
        let forged = try await library()
        forged.store.damage(ObjectKey("acme/maven/releases/com/acme/lib/1.0/lib-1.0.jar")) { _ in Array("forged!".utf8)
        }
        #expect(await forged.responder().answer(.get, Self.jar, [.range: "bytes=0-2"]).status == 200)
    }

    @Test func `a range counts only of the body that was meant, and for GET`() async throws {
        let responder = try await library().responder()
        func status(_ method: HTTPRequest.Method = .get, ifRange: String?) async -> Int {
            var fields: HTTPFields = [.range: "bytes=0-2"]
            fields[.ifRange] = ifRange
            return await responder.answer(method, Self.jar, fields).status
        }
        #expect(await status(ifRange: "\"\(Self.sha256)\"") == 206)
        #expect(await status(ifRange: "W/\"\(Self.sha256)\"") == 200)
        #expect(await status(ifRange: "\"other\"") == 200)
        #expect(await status(ifRange: "Wed, 22 Nov 2026 08:00:00 GMT") == 200)
        #expect(await status(.head, ifRange: nil) == 200)
    }

    // MARK: Who may ask what

    @Test(arguments: [HTTPRequest.Method.put, .post, .delete, .options, .patch])
    func `nothing is ever changed`(method: HTTPRequest.Method) async throws {
        let answer = await (try library()).responder().answer(method, Self.jar)
        #expect(answer.status == 405)
        #expect(answer.head.headerFields[.allow] == "GET, HEAD")
    }

    @Test(arguments: [
        (nil, 401), ("Basic YXdzOnMzY3JldA==", 200), ("basic YXdzOnMzY3JldA==", 200), ("Bearer s3cret", 200),
        ("Bearer s3cret2", 401), ("Bearer s3cre", 401), ("Bearer", 401), ("", 401), ("Basic", 401),
        // aws:wrong, root:s3cret, and the token alone
        ("Basic YXdzOndyb25n", 401), ("Basic cm9vdDpzM2NyZXQ=", 401), ("s3cret", 401), ("Digest s3cret", 401),
    ])
    func `with a token, only who carries it is answered`(authorization: String?, status: Int) async throws {
        let responder = try await library().responder(token: "s3cret")
        var fields: HTTPFields = [:]
        fields[.authorization] = authorization
        let answer = await responder.answer(.get, Self.jar, fields)
        #expect(answer.status == status)
        #expect(answer.head.headerFields[.wwwAuthenticate] == (status == 401 ? "Basic realm=\"acme\"" : nil))
        #expect(await responder.answer("/health").status == 200)
    }

    // MARK: A store that fails

    @Test(arguments: [(RemoteFailure.Kind.denied, 502), (.unavailable, 503)])
    func `only a client of the operator's own is told what the store said`(
        kind: RemoteFailure.Kind,
        status: Int
    ) async throws {
        let backup = try await library()
        backup.store.conduct.fail("s3.ListObjectsV2", with: kind)
        let (own, other) = (
            await backup.responder(saysWhy: true).answer(Self.jar), await backup.responder().answer(Self.jar)
        )
        #expect(own.status == status && own.text.contains(": s3.ListObjectsV2 ") && own.text.contains("told to fail"))
        #expect(other.status == status && !other.text.contains("told to fail"))
    }

    @Test(arguments: [
        (RemoteFailure.Kind.unavailable, 503), (.throttled, 503), (.unreachable, 503), (.denied, 502),
        (.malformed, 502), (.credentials, 502),
    ])
    func `a store that fails is a 502 or 503 without its words`(kind: RemoteFailure.Kind, status: Int) async throws {
        let backup = try await library()
        backup.store.conduct.fail("s3.ListObjectsV2", with: kind)
        let answer = await backup.responder().answer(Self.jar)
        #expect(answer.status == status)
        #expect(!answer.text.contains("s3."))
    }

    @Test func `what was right is given with a warning while the store is out, for an hour`() async throws {
        let backup = try await library()
        let responder = backup.responder()
        let metadata = "/releases/com/acme/lib/maven-metadata.xml"
        let field = try #require(HTTPField.Name("Warning"))
        func answers() async -> [String] {
            var answers: [String] = []
            for path in [Self.jar, metadata, "/releases/com/acme/none/1.0/none-1.0.jar"] {
                let answer = await responder.answer(path)
                answers.append("\(answer.status) \(answer.head.headerFields[field]?.prefix(5) ?? "-")")
            }
            return answers
        }
        #expect(await answers() == ["200 -", "200 -", "404 -"])
        let isOut = Mutex(true)
        backup.store.conduct.before("s3.ListObjectsV2") { _ in
            if isOut.withLock({ $0 }) {
                throw RemoteFailure(.unavailable, operation: .serve, target: "", message: "out")
            }
        }
        backup.clock.advance(by: .seconds(10))
        #expect(await answers() == ["200 110 -", "200 110 -", "404 110 -"])
        backup.store.conduct.resetCounts()
        #expect(await answers() == ["200 110 -", "200 110 -", "404 110 -"])
        #expect(backup.store.conduct.counts["s3.ListObjectsV2"] == nil)
        isOut.withLock { $0 = false }
        backup.clock.advance(by: .seconds(5))
        #expect(await answers() == ["200 -", "200 -", "404 -"])
        isOut.withLock { $0 = true }
        backup.clock.advance(by: .seconds(3_600))
        #expect(await answers() == ["503 -", "503 -", "503 -"])
    }

    @Test func `a store that never answers keeps nobody waiting for what was right, nor for whether it can be read`()
        async throws
    {
        let backup = try await library()
        let responder = backup.responder()
        let metadata = "/releases/com/acme/lib/maven-metadata.xml"
        let field = try #require(HTTPField.Name("Warning"))
        let isOver = Monitor(false)
        func warning(of path: String) async -> String {
            let answer = await responder.answer(path)
            return "\(answer.status) \(answer.head.headerFields[field]?.prefix(3) ?? "-")"
        }
        for path in [Self.jar, metadata] { #expect(await warning(of: path) == "200 -") }
        #expect(await responder.answer("/ready").status == 200)
        backup.store.conduct.before("s3.ListObjectsV2") { _ in try await isOver.wait { $0 } }
        backup.clock.advance(by: .seconds(10))
        for _ in 0..<3 {
            for path in [Self.jar, metadata] { #expect(await warning(of: path) == "200 110") }
            #expect(await responder.answer("/ready").status == 503)
            #expect(await responder.answer("/health").status == 200)
        }
        isOver.change { $0 = true }
        while await responder.answer("/ready").status == 503 { await Task.yield() }
        backup.clock.advance(by: .seconds(10))
        for path in [Self.jar, metadata] { #expect(await warning(of: path) == "200 -") }
    }

    @Test func `what is not there is remembered`() async throws {
        let backup = try await library()
        let responder = backup.responder()
        backup.store.conduct.resetCounts()
        for _ in 0..<100 { #expect(await responder.answer("/releases/com/acme/none/1.0/none-1.0.jar").status == 404) }
        // One of the package's records, one of the first of all, one of the repositories.
        #expect(backup.store.conduct.counts == ["s3.ListObjectsV2": 3])
    }

    @Test(arguments: [
        ("relases", ", and no repository of this name; nearest: releases"),
        ("Releases", ", and no repository of this name; nearest: releases"), ("releases", ""), ("entirely-else", ""),
        (String(repeating: "releases", count: 100), ""),
    ])
    func `where a repository's name is mistyped, the nearest is named`(name: String, hint: String) async throws {
        let backup = try await library()
        let responder = backup.responder()
        backup.store.conduct.resetCounts()
        for path in ["com/acme/none/1.0/none-1.0.jar", "com/acme/none/maven-metadata.xml", "none", ""] {
            let answer = await responder.answer("/\(name)/\(path)")
            #expect(answer.status == 404)
            #expect(answer.text == "the backup holds no such file\(hint)\n", "\(path)")
        }
        #expect(backup.store.conduct.counts["s3.ListObjectsV2"] ?? 0 <= 5)
    }

    @Test func `a store that does not give its repositories is a 404 all the same`() async throws {
        let backup = try await library()
        backup.store.conduct.fail("s3.ListObjectsV2", with: .unavailable)
        let answer = await backup.responder().answer("/relases/none")
        #expect(answer.status == 404 && answer.text == "the backup holds no such file\n")
    }
}
