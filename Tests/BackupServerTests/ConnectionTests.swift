import BackupServer
import HTTPTransfer
import Logging
import ReconcileCore
import TestSupport
import Testing

/// How many connections there may be, and what is not HTTP/1.1.
@Suite struct ConnectionTests {
    private static let jar = "/releases/com/acme/lib/1.0/lib-1.0.jar"
    private static let health = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func `idle connections make room for new ones, the oldest first`() async throws {
        try await serving(connections: 4) { address in
            var idle: [RawClient] = []
            for _ in 0..<4 {
                idle.append(try RawClient(address))
                // Its turn comes with its place, in the order of the connections.
                idle.last?.send(Self.health)
                #expect(try await idle.last?.answer(until: "ok\n").hasPrefix("HTTP/1.1 200 ") == true)
            }
            let new = try RawClient(address)
            new.send(Self.health)
            #expect(try await new.answer(until: "ok\n").hasPrefix("HTTP/1.1 200 "))
            #expect(try await idle[0].answer() == "")
            idle[3].send(Self.health)
            #expect(try await idle[3].answer(until: "ok\n").hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func `where each connection has a request a new one is answered 503 at once`() async throws {
        let gate = AsyncStream<Void>.makeStream()
        try await serving(connections: 2, before: { for await _ in gate.stream { return } }) { address in
            let busy = try (0..<2).map { _ in try RawClient(address) }
            for client in busy { client.send("GET \(Self.jar) HTTP/1.1\r\nHost: x\r\n\r\n") }
            try await Task.sleep(for: .milliseconds(300))
            let new = try RawClient(address)
            new.send(Self.health)
            let answer = try await new.answer()
            #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
            #expect(answer.contains("\r\nRetry-After: 5\r\n"))
            gate.continuation.finish()
            #expect(try await busy[0].answer(until: "the jar").hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test(arguments: ["", "GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "])
    func `a connection without a whole head is closed in time`(sent: String) async throws {
        try await serving(headDeadline: .milliseconds(200)) { address in
            let client = try RawClient(address)
            client.send(sent)
            #expect(try await client.answer() == "")
        }
    }

    @Test(arguments: [
        ("GET /health HTTP/1.1\r\n\r\n", 400), ("GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400), ("GET /health HTTP/1.0\r\n\r\n", 200),
        ("GET /health HTTP/1.1\r\nHost: a b\r\n\r\n", 400), ("GET /health HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a,b\r\n\r\n", 400), ("GET /health HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: \r\n\r\n", 200), ("GET /health HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", 200),
        ("GET /health HTTP/1.1\r\nHost: b-1.example.org:80 \r\n\r\n", 200),
        ("GET /health HTTP/1.1\r\nHost: a:b:1\r\n\r\n", 400), ("GET /health HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a:1x\r\n\r\n", 400), ("GET /health HTTP/1.1\r\nHost: [::1]8\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a.b:\r\n\r\n", 200), ("GET /health HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200),
        ("GET /health HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", 200),
    ])
    func `a head that is not HTTP's is refused`(sent: String, status: Int) async throws {
        try await serving { address in
            let client = try RawClient(address)
            client.send(sent)
            #expect(try await client.answer(until: "\r\n\r\n").split(separator: " ").dropFirst().first == "\(status)")
        }
    }

    @Test func `a path that no file has is a 414, and a line of bounded length`() async throws {
        let lines = LogRecorder()
        try await serving(logger: Logger(label: "test") { _ in lines }) { address in
            let client = try RawClient(address)
            client.send("GET /\(String(repeating: "x", count: 60_000)) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.answer(until: "\r\n\r\n").hasPrefix("HTTP/1.1 414 "))
        }
        let line = try #require(lines.texts.first { $0.hasPrefix("request") })
        #expect(line.utf8.count < 2_200)
        #expect(line.contains("… (60001 bytes)"))
    }

    /// Serves one version for as long as `body` runs.
    ///
    /// - Parameter before: waited for before each list of the store.
    private func serving(
        connections: Int = 100,
        headDeadline: Duration = .seconds(60),
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        before: (@Sendable () async -> Void)? = nil,
        _ body: @escaping @Sendable (_ address: String) async throws -> Void
    ) async throws {
        let backup = BackupFixture()
        try await backup.record("com.acme:lib:1.0", assets: ["lib-1.0.jar": "the jar"])
        if let before { backup.store.conduct.before("s3.ListObjectsV2") { _ in await before() } }
        let server = RepositoryServer(
            responder: backup.responder(),
            store: backup.store,
            clock: SystemClock(),
            logger: logger,
            connections: connections,
            headDeadline: headDeadline
        )
        let (ports, bound) = AsyncStream<Int>.makeStream()
        try await withTimeout {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let ends = AsyncStream<Never>.makeStream()
                    try await server.run(host: "127.0.0.1", port: 0, grace: .zero) { port in
                        bound.yield(port)
                        bound.finish()
                    } until: {
                        for await _ in ends.stream {}
                    }
                }
                var port = 0
                for await bound in ports { port = bound }
                try await body("http://127.0.0.1:\(port)")
                group.cancelAll()
            }
        }
    }
}
