import BackupServer
import HTTPListening
import HTTPTransfer
import Logging
import ReconcileCore
import TestSupport
import Testing

/// What goes over the wire, asked for by the project's own client.
@Suite struct RepositoryServerTests {
    private typealias Fixture = BackupFixture

    private static let jar = "/releases/com/acme/lib/1.0/lib-1.0.jar"

    /// Serves a backup for as long as `body` runs, and pages as they are once it was read.
    private func serving(
        _ backup: Fixture,
        token: String? = nil,
        pages: Bool = false,
        store: (any ObjectStore)? = nil,
        grace: Duration = .seconds(20),
        firstByteLimit: Duration = .seconds(60),
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        stop: StopBell = StopBell(),
        _ body: @escaping @Sendable (_ address: String, HTTPClient) async throws -> Void
    ) async throws {
        let responder = backup.responder(token: token, pages: pages)
        await responder.pages?.view.catchUp()
        try await serving(
            responder,
            of: backup,
            store: store,
            grace: grace,
            firstByteLimit: firstByteLimit,
            logger: logger,
            stop: stop,
            body
        )
    }

    private func serving(
        _ responder: RepositoryResponder,
        of backup: Fixture,
        store: (any ObjectStore)? = nil,
        grace: Duration = .seconds(20),
        firstByteLimit: Duration = .seconds(60),
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        stop: StopBell = StopBell(),
        _ body: @escaping @Sendable (_ address: String, HTTPClient) async throws -> Void
    ) async throws {
        let server = RepositoryServer(
            responder: responder,
            store: store ?? backup.store,
            clock: SystemClock(),
            logger: logger,
            connections: 100,
            firstByteLimit: firstByteLimit
        )
        let (ports, bound) = AsyncStream<Int>.makeStream()
        try await withTimeout {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await server.run(host: "127.0.0.1", port: 0, grace: grace) { port in
                        bound.yield(port)
                        bound.finish()
                    } until: {
                        await stop.wait()
                    }
                }
                var port: Int?
                for await bound in ports { port = bound }
                let address = "http://127.0.0.1:\(port ?? 0)"
                try await HTTPClient.withClient { try await body(address, $0) }
                stop.ring()
                try await group.waitForAll()
            }
        }
    }

    private func library(_ bytes: String = "the jar") async throws -> Fixture {
        let backup = Fixture(keepsVersions: true)
        try await backup.record("com.acme:lib:1.0", assets: ["lib-1.0.jar": bytes, "empty.txt": ""])
        return backup
    }

    @Test func `files, parts of them and heads come as HTTP says`() async throws {
        let content = String(repeating: "0123456789abcdef", count: 40_000)
        try await serving(try await library(content)) { address, client in
            func ask(_ method: HTTPMethod = .get, _ path: String = Self.jar, _ headers: HTTPHeaders = [:]) async throws
                -> HTTPResponse
            {
                try await client.send(HTTPRequest(method: method, url: address + path, headers: headers))
            }
            let whole = try await ask()
            #expect(whole.status == 200)
            #expect(whole.body == Array(content.utf8))
            #expect(whole.head.headers["content-length"] == "640000")
            #expect(whole.head.headers["date"]?.hasSuffix(" GMT") == true)
            let head = try await ask(.head)
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head.head.headers["content-length"] == "640000")
            let part = try await ask(.get, Self.jar, ["Range": "bytes=16-31"])
            #expect(part.status == 206 && part.body == Array("0123456789abcdef".utf8))
            let tag = try #require(whole.head.headers["etag"])
            let known = try await ask(.get, Self.jar, ["If-None-Match": tag])
            #expect(known.status == 304 && known.body.isEmpty)
            let empty = try await ask(.get, "/releases/com/acme/lib/1.0/empty.txt")
            #expect(empty.status == 200 && empty.body.isEmpty)
            let sum = try await ask(.get, "\(Self.jar).sha256")
            #expect(sum.body.count == 64)
            let document = try await ask(.get, "/releases/com/acme/lib/maven-metadata.xml")
            #expect(document.status == 200)
            let refused = try await ask(.post)
            #expect(refused.status == 405)
        }
    }

    @Test func `what was answered is counted by its kind`() async throws {
        try await serving(try await library()) { address, client in
            for path in [Self.jar, "/releases/none", "/-/packages", "/health"] {
                _ = try await client.send(HTTPRequest(method: .get, url: address + path))
            }
            let metrics = try await client.send(HTTPRequest(method: .get, url: address + "/metrics"))
            let text = String(decoding: metrics.body, as: UTF8.self)
            for line in [
                "requests_total{kind=\"repository\",code=\"200\"} 1",
                "requests_total{kind=\"repository\",code=\"404\"} 1",
                "requests_total{kind=\"page\",code=\"404\"} 1", "requests_total{kind=\"probe\",code=\"200\"} 1",
                "sent_bytes_total{kind=\"probe\"} 3", "cut_off_total 0",
                "request_seconds_bucket{kind=\"repository\",le=\"+Inf\"} 2", "request_seconds_count{kind=\"page\"} 1",
            ] {
                #expect(text.contains("\nreconcile_serve_\(line)\n"), "\(line)")
            }
        }
    }

    @Test(arguments: [
        "/releases/../../etc/passwd", "/releases/%2e%2e/%2e%2e/etc/passwd", "/releases/%252e%252e/x/1/y",
        "/releases/com/acme/lib%2F1.0/1.0/lib-1.0.jar", "/releases/com/acme/lib/1.0/lib-1.0.jar%00",
        "/releases/com/acme/lib/1.0/..%5clib-1.0.jar", "//etc/passwd", "/%2fetc/passwd",
    ])
    func `tricks with paths get 400 or 404`(path: String) async throws {
        try await serving(try await library()) { address, client in
            let answer = try await client.send(HTTPRequest(method: .get, url: address + path))
            #expect([400, 404].contains(answer.status), "\(answer.status)")
        }
    }

    @Test(arguments: [
        "/-/packages/%2e%2e/%2e%2e/etc/passwd", "/-/packages/..%2f..%2fetc", "/-/../../etc/passwd", "/-/packages/%00",
        "/-/packages/releases/com.acme/lib/%ff", "/-/runs/..%2F..%2Fmanifests", "/-/runs/%0d%0aX-Evil:%201", "/-//",
        "//-/",
        "/-/search/../../..", "/-/packages/\(String(repeating: "%41", count: 2_500))",
    ])
    func `tricks with the paths of pages find nothing, and answer in one piece`(path: String) async throws {
        try await serving(try await library(), pages: true) { address, client in
            let answer = try await client.send(HTTPRequest(method: .get, url: address + path))
            #expect([400, 404].contains(answer.status), "\(answer.status)")
            #expect(answer.head.headers["x-evil"] == nil)
            #expect(answer.head.headers["content-length"] == "\(answer.body.count)")
            let next = try await client.send(HTTPRequest(method: .get, url: address + "/-/packages"))
            #expect(next.status == 200)
        }
    }

    @Test func `the server reads what pages need before anybody asks for one`() async throws {
        let backup = try await library()
        let (lists, listed) = AsyncStream<Void>.makeStream()
        let responder = backup.responder(pages: true)
        backup.store.conduct.before("s3.ListObjectsV2") { _ in listed.yield() }
        try await serving(responder, of: backup) { _, _ in for await _ in lists { return } }
    }

    @Test func `a search takes any text and stays a page`() async throws {
        try await serving(try await library(), pages: true) { address, client in
            for query in [
                "%00%01", "%E2%80%AE", "%ff", "a%0d%0ab", "*", "*:*", ":::", "%25%25",
                "\(String(repeating: "x", count: 7_000))",
            ] {
                let answer = try await client.send(
                    HTTPRequest(method: .get, url: address + "/-/search?q=\(query)&page=0")
                )
                #expect(answer.status == 200, "\(query)")
                #expect(answer.head.headers["content-type"] == "text/html; charset=utf-8")
            }
        }
    }

    @Test func `a client is asked for the token, and an upload is refused without its body`() async throws {
        try await serving(try await library(), token: "s3cret") { address, client in
            let bare = try await client.send(HTTPRequest(method: .get, url: address + Self.jar))
            #expect(bare.status == 401)
            #expect(bare.head.headers["www-authenticate"] == "Basic realm=\"acme\"")
            let headers: HTTPHeaders = ["Authorization": "Basic YXdzOnMzY3JldA=="]
            let known = try await client.send(HTTPRequest(method: .get, url: address + Self.jar, headers: headers))
            #expect(known.status == 200)
            let upload = HTTPRequest(method: .put, url: address + Self.jar, headers: headers, body: [1, 2, 3])
            let refused = try await client.send(upload)
            #expect(refused.status == 405)
        }
    }

    // MARK: A store that fails

    @Test func `what the store cannot give is a 503 or 502, or an answer that visibly breaks off`() async throws {
        let backup = try await library(String(repeating: "x", count: 300_000))
        let store = TroubledStore(backup.store)
        try await serving(backup, store: store) { address, client in
            let request = HTTPRequest(method: .get, url: address + Self.jar)
            store.set(.flips)
            await #expect(throws: TransferFailure.self) { try await client.send(request) }
            for (trouble, status) in [(TroubledStore.Trouble.failsAt(0), 503), (.isAbsent, 502), (.none, 200)] {
                store.set(trouble)
                let answer = try await client.send(request)
                #expect(answer.status == status)
            }
        }
    }

    @Test func `whatever waits for a store that does not answer is a 503 with its reason in time`() async throws {
        let backup = try await library()
        let responder = backup.responder(pages: true)
        await responder.catchUp()
        backup.store.conduct.before("s3.ListObjectsV2") { _ in try await Task.sleep(for: .seconds(600)) }
        try await serving(responder, of: backup, firstByteLimit: .milliseconds(200)) { address, client in
            for (method, path) in [
                (HTTPMethod.get, Self.jar), (.head, Self.jar), (.get, "\(Self.jar).sha1"),
                (.get, "/releases/com/acme/lib/maven-metadata.xml"), (.get, "/releases/com/acme/none/1/none-1.jar"),
                (.get, "/-/packages/releases/com.acme/lib/1.0"), (.get, "/-/runs"),
            ] {
                let answer = try await client.send(HTTPRequest(method: method, url: address + path))
                let text = String(decoding: answer.body, as: UTF8.self)
                #expect(answer.status == 503 && answer.head.headers["retry-after"] == "5", "\(path)")
                let isPage = answer.head.headers["content-type"]?.hasPrefix("text/html") == true
                #expect(isPage == path.hasPrefix("/-/"), "\(path)")
                #expect(
                    text.contains("the store of the backup has not answered") == (method == .get),
                    "\(path): \(text)"
                )
            }
            let health = try await client.send(HTTPRequest(method: .get, url: address + "/health"))
            #expect(health.status == 200)
        }
    }

    @Test func `a file that does not begin in time is a 503, and one that has begun is no more hurried`() async throws {
        let backup = try await library(String(repeating: "x", count: 300_000))
        let store = TroubledStore(backup.store)
        let grace = Duration.milliseconds(100)
        try await serving(backup, store: store, grace: grace, firstByteLimit: .milliseconds(300)) { address, client in
            let request = HTTPRequest(method: .get, url: address + Self.jar)
            // The first piece is held back until the second one has come.
            for limit in [0, 64 << 10] {
                store.set(.hangsAt(limit))
                let answer = try await client.send(request)
                #expect(answer.status == 503 && answer.head.headers["retry-after"] == "5")
            }
            store.set(.hangsAt(192 << 10))
            try await client.receive(request) { head, body in
                #expect(head.status == 200)
                var count = 0
                while count < 128 << 10, let piece = try await body.next() { count += piece.count }
                #expect(count == 128 << 10)
                try await Task.sleep(for: .milliseconds(600))
            }
        }
    }

    @Test func `a client that goes away ends the reading of the store`() async throws {
        let backup = try await library(String(repeating: "x", count: 64 << 20))
        let store = TroubledStore(backup.store)
        try await serving(backup, store: store) { address, client in
            let request = HTTPRequest(method: .get, url: address + Self.jar)
            try await client.receive(request) { head, body in
                #expect(head.status == 200)
                _ = try await body.next()
            }
            // The reading ends as soon as a piece cannot be sent.
            for await _ in store.ends { break }
            #expect(store.sentBytes < 32 << 20)
        }
    }

    // MARK: The end

    @Test func `told to stop, it lets an answer end and takes no more`() async throws {
        let content = String(repeating: "x", count: 16 << 20)
        let backup = try await library(content)
        let stop = StopBell()
        try await serving(backup, grace: .seconds(300), stop: stop) { address, client in
            let request = HTTPRequest(method: .get, url: address + Self.jar)
            let count = try await client.receive(request) { _, body in
                var count = try await body.next()?.count ?? 0
                stop.ring()
                while let piece = try await body.next() { count += piece.count }
                return count
            }
            #expect(count == content.utf8.count)
        }
    }

    @Test func `an answer that outlives the grace is cut off`() async throws {
        let backup = try await library(String(repeating: "x", count: 64 << 20))
        let stop = StopBell()
        try await serving(backup, grace: .milliseconds(50), stop: stop) { address, client in
            let request = HTTPRequest(method: .get, url: address + Self.jar)
            await #expect(throws: TransferFailure.self) {
                try await client.receive(request) { _, body in
                    _ = try await body.next()
                    stop.ring()
                    try await Task.sleep(for: .milliseconds(500))
                    while try await body.next() != nil {}
                }
            }
        }
    }

    @Test func `an address that is taken is named`() async throws {
        try await serving(try await library()) { address, _ in
            let backup = Fixture()
            let server = RepositoryServer(
                responder: backup.responder(),
                store: backup.store,
                clock: SystemClock(),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                connections: 100
            )
            let port = Int(address.split(separator: ":")[2]) ?? 0
            let failure = await #expect(throws: ListenFailure.self) {
                try await server.run(host: "127.0.0.1", port: port, grace: .zero, ready: { _ in }) {
                    await StopBell().wait()
                }
            }
            #expect(failure?.description.hasPrefix("cannot listen on 127.0.0.1:\(port): ") == true)
        }
    }

    // MARK: The access log

    @Test func `each request is one line, without its token and its query`() async throws {
        let lines = LogRecorder()
        let logger = Logger(label: "test") { _ in lines }
        try await serving(try await library(), token: "s3cret", logger: logger) { address, client in
            let headers: HTTPHeaders = ["Authorization": "Bearer s3cret"]
            for path in ["\(Self.jar)?token=s3cret", "/a%0Ab/c/d/1/e"] {
                _ = try await client.send(HTTPRequest(method: .get, url: address + path, headers: headers))
            }
            _ = try await client.send(HTTPRequest(method: .head, url: address + Self.jar))
        }
        #expect(
            lines.texts.filter { $0.hasPrefix("request") } == [
                "request bytes=7 method=GET path=\(Self.jar) status=200",
                "request bytes=44 method=GET path=/a%0Ab/c/d/1/e status=400",
                "request bytes=0 method=HEAD path=\(Self.jar) status=401",
            ]
        )
    }
}

/// Rung once, heard by whoever waits or comes later.
final class StopBell: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() {
        (stream, continuation) = AsyncStream<Never>.makeStream()
    }

    func ring() { continuation.finish() }

    func wait() async {
        for await _ in stream {}
    }
}
