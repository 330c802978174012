import HTTPTransfer
import Synchronization
import TestSupport
import Testing

@Suite(.serialized) struct ReceiveTests {
    /// Where a reader rests.
    enum Rest: CaseIterable { case never, beforeFirst, afterFirst, beforeLast, each }

    static let highMark = 64 << 10

    @Test(
        arguments: [
            0, 1, 4096, highMark - 1, highMark, highMark + 1, highMark + 100, highMark + (16 << 10), 1 << 20, 5 << 20,
        ],
        Rest.allCases
    )
    func `the body is whole wherever its reader rests`(length: Int, rest: Rest) async throws {
        try await withLoopback { _ in
            [.send([ScriptedStep].head(200, length: length)), .sendPattern(length)]
        } _: { server, client in
            let body = try await client.receive(.get(server.url("/"))) { head, reader in
                #expect(head.status == 200)
                var body: [UInt8] = []
                if rest == .beforeFirst { try await Task.sleep(for: .milliseconds(150)) }
                while let bytes = try await reader.next() {
                    #expect(!bytes.isEmpty && bytes.count <= Self.highMark + (16 << 10))
                    let isFirst = body.isEmpty
                    body += bytes
                    if rest == .afterFirst && isFirst { try await Task.sleep(for: .milliseconds(150)) }
                    if rest == .beforeLast && body.count > length - Self.highMark {
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    if rest == .each { try await Task.sleep(for: .milliseconds(2)) }
                }
                let past = try await reader.next()
                #expect(past == nil)
                return body
            }
            #expect(body == ScriptedStep.pattern(length))
        }
    }

    @Test func `a reader that rests for seconds holds the server back and passes no deadline`() async throws {
        let length = 64 << 20
        try await withLoopback { _ in
            [.send([ScriptedStep].head(200, length: length)), .sendPattern(length)]
        } _: { server, client in
            let deadlines = HTTPDeadlines(firstByte: .milliseconds(500), stall: .milliseconds(500))
            let count = try await client.receive(.get(server.url("/"), deadlines: deadlines)) { _, reader in
                var count = try await reader.next()?.count ?? 0
                try await Task.sleep(for: .seconds(2))
                // What the kernel holds between the two is not ours: at most some 6 MiB on loopback.
                #expect(server.sentBytes - count < 12 << 20)
                while let bytes = try await reader.next() { count += bytes.count }
                return count
            }
            #expect(count == length)
        }
    }

    @Test func `an error answer has its body too`() async throws {
        try await withLoopback { _ in
            .reply(404, text: "absent")
        } _: { server, client in
            let text = try await client.receive(.get(server.url("/"))) { head, reader in
                #expect(head.status == 404)
                return try await reader.next()
            }
            #expect(text == Array("absent".utf8))
        }
    }

    @Test func `a body that is cut off throws after its last bytes`() async throws {
        try await withLoopback { _ in
            [.send([ScriptedStep].head(200, length: 100_000)), .sendPattern(99_999), .close]
        } _: { server, client in
            let count = Mutex(0)
            let failure = try await failure {
                try await client.receive(.get(server.url("/"))) { _, reader in
                    while let bytes = try await reader.next() { count.withLock { $0 += bytes.count } }
                }
            }
            #expect(failure?.kind == .broken)
            #expect(failure?.isTransient == true)
            #expect(count.withLock { $0 } == 99_999)
        }
    }

    @Test func `a connection that ends before the head throws`() async throws {
        try await withLoopback { _ in
            [.close]
        } _: { server, client in
            let failure = try await failure { try await client.receive(.get(server.url("/"))) { _, _ in } }
            #expect(failure?.kind == .broken)
        }
    }

    @Test func `a scope that is left early cuts the answer off, and its reader is over`() async throws {
        try await withLoopback { request in
            request.target == "/long"
                ? [.send([ScriptedStep].head(200, length: 1 << 30)), .sendPattern(1 << 30)] : .reply(200, text: "x")
        } _: { server, client in
            let reader = try await client.receive(.get(server.url("/long"))) { _, reader in
                _ = try await reader.next()
                return reader
            }
            let failure = try await failure { _ = try await reader.next() }
            #expect(failure?.kind == .closed)
            let answer = try await client.send(.get(server.url("/")))
            #expect(answer.status == 200)
            #expect(server.connections == 2)
        }
    }

    @Test func `what the scope throws is thrown on`() async throws {
        struct Own: Error {}
        try await withLoopback { _ in
            .reply(200, text: "x")
        } _: { server, client in
            await #expect(throws: Own.self) {
                try await client.receive(.get(server.url("/"))) { _, _ in throw Own() }
            }
        }
    }
}
