import HTTPTransfer
import TestSupport
import Testing

/// A process that may open few files: exchanges wait for each other, and all of them end.
@Suite struct PlacesTests {
    /// So few that two exchanges of each kind have places.
    private static let few = HTTPClientSettings(openFiles: 16)

    @Test(arguments: [
        (8, 1, 2), (16, 2, 4), (64, 8, 16), (256, 32, 64), (1_024, 224, 448), (1_800, 384, 904), (20_000, 384, 1_152),
    ])
    func `pieces that a limit allows, and their connections beside two files for each`(
        limit: Int,
        pieces: Int,
        connections: Int
    ) {
        #expect(DescriptorLimit.pieces(within: limit) == pieces)
        #expect(DescriptorLimit.connections(within: limit) == connections)
        #expect(2 * pieces + connections <= limit - min(128, limit / 2))
    }

    @Test(arguments: [(8, 2), (64, 16), (1024, 448), (4096, 1_984), (20_000, 2_000)])
    func `clients that a limit allows`(limit: Int, clients: Int) {
        #expect(DescriptorLimit.clients(within: limit) == clients)
    }

    private static let calls: [@Sendable (String, HTTPClient) async throws -> Void] = [
        { url, client in _ = try await client.send(.get(url)) },
        { url, client in
            try await client.receive(.get(url)) { _, reader in while try await reader.next() != nil {} }
        },
        { url, client in
            _ = try await client.upload(.put(url), length: 3) { try await $0.send([1, 2, 3]) }
        },
        { url, client in
            let outcome = try await client.pipe(.get(url), length: 3, to: { .put(url) }, check: RecordingCheck())
            guard case .destinationAnswered = outcome else { throw TransferFailure(.internal, message: "\(outcome)") }
        },
    ]

    @Test(arguments: 0..<4)
    func `more than there are places for wait, and all end`(kind: Int) async throws {
        let gate = ScriptedGate()
        try await withLoopback(settings: Self.few) { _ in
            [.hold(gate)] + .reply(200, text: "abc")
        } _: { server, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    group.addTask { try await Self.calls[kind](server.url("/a"), client) }
                }
                #expect(await server.requests(atLeast: 2).count == 2)
                try await Task.sleep(for: .milliseconds(50))
                #expect(server.requests.count == 2)
                gate.open()
                try await group.waitForAll()
            }
            #expect(server.requests.count == (kind == 3 ? 20 : 10))
        }
    }

    @Test func `requests are not held up by streams, so the scope of one may send them`() async throws {
        try await withLoopback(settings: Self.few) { _ in
            .reply(200, text: "abc")
        } _: { server, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await client.receive(.get(server.url("/a"))) { _, _ in
                            _ = try await client.send(.get(server.url("/b")))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `a wait ends by cancellation, and takes no place from the others`() async throws {
        let gate = ScriptedGate()
        try await withLoopback(settings: Self.few) { _ in
            [.hold(gate)] + .reply(200, text: "abc")
        } _: { server, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask { _ = try await client.send(.get(server.url("/a"))) }
                }
                _ = await server.requests(atLeast: 2)
                for _ in 0..<3 {
                    let error = try await cancelled {
                        _ = try await client.send(.get(server.url("/b")))
                    } when: {
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    #expect(error is CancellationError)
                }
                gate.open()
                try await group.waitForAll()
            }
            for _ in 0..<3 { _ = try await client.send(.get(server.url("/c"))) }
            #expect(server.requests.count == 5)
        }
    }

    @Test func `a wait ends with its client`() async throws {
        try await withTimeout {
            try await ScriptedHTTPServer.withServer({ _ in [.hold(ScriptedGate())] }) { server in
                try await withThrowingTaskGroup(of: TransferFailure.Kind?.self) { group in
                    try await HTTPClient.withClient(Self.few) { client in
                        for _ in 0..<5 {
                            group.addTask {
                                try await failure { _ = try await client.send(.get(server.url("/a"))) }?.kind
                            }
                        }
                        _ = await server.requests(atLeast: 2)
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    for try await kind in group { #expect(kind == .closed) }
                }
            }
        }
    }

    @Test func `a kept connection is closed for one to another host`() async throws {
        try await withLoopback(settings: Self.few) { _ in
            .reply(200, text: "abc")
        } _: { first, client in
            for _ in 0..<2 { _ = try await client.send(.get(first.url("/a"))) }
            #expect(first.connections == 1)
            // curl closes the one that has been idle longest, in whole milliseconds.
            try await Task.sleep(for: .milliseconds(10))
            try await Self.ask(hosts: 6, client)
            _ = try await client.send(.get(first.url("/a")))
            #expect(first.connections == 2)
        }
    }

    /// Asks so many servers, all of which live until the last has answered.
    private static func ask(hosts: Int, _ client: HTTPClient) async throws {
        guard hosts > 0 else { return }
        try await ScriptedHTTPServer.withServer({ _ in .reply(200) }) { server in
            _ = try await client.send(.get(server.url("/b")))
            try await ask(hosts: hosts - 1, client)
        }
    }
}
