import HTTPTransfer
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// `reconcile-serve` with clients that ask and do not read, and with more idle ones than it has places for.
@Suite(.serialized) struct ServeSlowReaderTests {
    /// More than the system takes in a client's stead, so that the server has to wait.
    private static let bytes = patternBytes(16 << 20)
    private static let path = "/releases/com/acme/lib/1.0/lib-1.0.jar"

    /// 152 to 173 MiB were measured.
    private static let most = 224 << 20

    private func serve(
        openFiles: Int? = nil,
        _ body: @escaping @Sendable (_ address: String, _ process: ServedProcess) async throws -> Void
    ) async throws {
        DescriptorLimit.raise()
        try #require(DescriptorLimit.current > 2_000, "the tests may open too few connections: raise ulimit -n")
        try await withScratchDirectory { scratch in
            try await LocalCodeArtifact.with { server in
                server.publish(try version("com.acme:lib:1.0"), assets: ["lib-1.0.jar": Self.bytes])
                let saved = try await server.reconcile(to: "file://\(scratch)/backup")
                #expect(saved.status == 0, "\(saved.errors)")
            }
            let backup = "file://\(scratch)/backup"
            let quiet = ["--log-level", "notice"]
            try await serving(backup, domain: "my-domain", quiet, openFiles: openFiles) { address in
                let port = try #require(Int(address.split(separator: ":")[2]))
                try await body(address, try #require(try ServedProcess(port: port)))
            }
        }
    }

    /// Others are answered, and do not wait for those who read nothing to go, which they never do.
    private func isWell(_ address: String, paths: [String] = ["/health", path]) async throws {
        var settings = HTTPClientSettings()
        settings.keptConnections = 1
        try await HTTPClient.withClient(settings) { client in
            for path in paths {
                let expected = path == Self.path ? Self.bytes : Array("ok\n".utf8)
                let begun = ContinuousClock.now
                let answer = try await client.send(HTTPRequest(method: .get, url: address + path))
                #expect(answer.status == 200 && answer.body == expected, "\(path): \(answer.status)")
                #expect(ContinuousClock.now - begun < .seconds(30), "\(path): \(ContinuousClock.now - begun)")
            }
        }
    }

    @Test func `four hundred clients that ask for a large file and read nothing take little memory`() async throws {
        try await serve { address, process in
            try await isWell(address)
            let before = try process.residentBytes()
            let clients = try (0..<400).map { _ in try RawClient(address) }
            for client in clients { client.send("GET \(Self.path) HTTP/1.1\r\nHost: x\r\n\r\n") }
            // Until each has as much under way as it ever will, and what that took to begin is given back.
            var (last, rests) = (before, 0)
            for _ in 0..<20 where rests < 2 {
                try await Task.sleep(for: .milliseconds(500))
                let now = try process.residentBytes()
                let isStill = abs(now - last) < 1 << 20 && now > before
                rests = try isStill && process.openSockets() >= clients.count ? rests + 1 : 0
                last = now
            }
            #expect(try process.openSockets() >= clients.count)
            let grown = try process.residentBytes() - before
            print("400 slow readers: \(before >> 10) KiB, then \(grown >> 10) KiB more")
            #expect(grown < Self.most, "\(grown) bytes")
            try await isWell(address)
            withExtendedLifetime(clients) {}
        }
    }

    @Test func `of 1,024 files, 1,500 idle connections leave enough for those who ask`() async throws {
        try await serve(openFiles: 1_024) { address, process in
            var idle: [RawClient] = []
            for number in 0..<1_500 {
                idle.append(try RawClient(address))
                // Some begin to ask.
                if number % 3 == 0 { idle.last?.send("GET /health HTTP/1.1\r\n") }
                if number % 500 == 499 { try await isWell(address, paths: ["/health"]) }
            }
            try await isWell(address)
            print("1500 idle: \(try process.openSockets()) sockets")
            #expect(try process.openSockets() < 500)
            withExtendedLifetime(idle) {}
        }
    }
}
