import HTTPTransfer
import Synchronization
import TestSupport
import Testing

/// How transfers end that are paused: cancelled, cut off by the peer, shut down, or with a peer that stalls afterwards.
@Suite(.serialized) struct PausedEndTests {
    /// Time enough for a body to fill its buffer and be paused.
    static let rest = Duration.milliseconds(600)

    /// A script that answers a GET with more than any buffer holds, and reads the first bytes of a PUT.
    private static let script: ScriptedHTTPServer.Script = { request in
        switch (request.method, request.target) {
        case (_, "/small"): .reply(200, text: "abcd")
        case ("GET", _): [.send([ScriptedStep].head(200, length: 1 << 30)), .sendPattern(1 << 30)]
        default: [.readBytes(9), .hold(ScriptedGate())]
        }
    }

    /// Uses of a client that are paused after `rest` and would go on for ever.
    private static func paused(_ server: ScriptedHTTPServer, _ client: HTTPClient)
        -> [@Sendable () async throws -> Void]
    {
        [
            {
                try await client.receive(.get(server.url("/"))) { _, reader in
                    _ = try await reader.next()
                    try await Task.sleep(for: rest)
                    while true {
                        // Buffered bytes are still handed out when the exchange has ended.
                        _ = try await reader.next()
                        try await Task.sleep(for: .seconds(1))
                    }
                }
            },
            {
                _ = try await client.upload(.put(server.url("/")), length: 1 << 20) { writer in
                    try await writer.send(ScriptedStep.pattern(90_000))
                    try await Task.sleep(for: rest)
                    while true {
                        try await writer.send([1])
                        try await Task.sleep(for: .seconds(1))
                    }
                }
            },
            {
                let url = server.url("/")
                _ = try await client.pipe(
                    .get(url),
                    length: 1 << 30,
                    to: { .put(url) },
                    check: RecordingCheck()
                )
            },
        ]
    }

    @Test func `cancelled while paused, a client goes on`() async throws {
        try await withLoopback(seconds: 120, Self.script) { server, client in
            for work in Self.paused(server, client) {
                let error = try await cancelled(work) { try await Task.sleep(for: Self.rest / 2) }
                #expect(error is CancellationError)
                let answer = try await client.send(.get(server.url("/small")))
                #expect(answer.body == Array("abcd".utf8))
            }
        }
    }

    @Test func `shut down while paused, every use ends as closed`() async throws {
        try await withTimeout {
            try await ScriptedHTTPServer.withServer(Self.script) { server in
                try await withThrowingTaskGroup(of: TransferFailure?.self) { group in
                    try await HTTPClient.withClient { client in
                        for work in Self.paused(server, client) { group.addTask { try await failure(of: work) } }
                        _ = await server.requests(atLeast: 4)
                        try await Task.sleep(for: Self.rest / 2)
                    }
                    var count = 0
                    for try await failure in group {
                        count += 1
                        #expect(failure?.kind == .closed)
                    }
                    #expect(count == 3)
                }
            }
        }
    }

    @Test(arguments: [ScriptedStep.close, .reset])
    func `a peer that ends while a reader rests is broken, after what had come`(end: ScriptedStep) async throws {
        let ended = ScriptedGate()
        try await withLoopback { _ in
            [.send([ScriptedStep].head(200, length: 1 << 20)), .sendPattern(200_000), .open(ended), end]
        } _: { server, client in
            let seen = Mutex<[UInt8]>([])
            let failure = try await failure {
                try await client.receive(.get(server.url("/"))) { _, reader in
                    await ended.opened()
                    try await Task.sleep(for: .milliseconds(1200))
                    while let bytes = try await reader.next() { seen.withLock { $0 += bytes } }
                }
            }
            #expect(failure?.kind == .broken)
            #expect(failure?.isTransient == true)
            let bytes = seen.withLock { $0 }
            #expect(bytes == ScriptedStep.pattern(bytes.count))
            // A reset may take with it what the kernel held.
            if case .close = end { #expect(bytes.count == 200_000) }
        }
    }

    @Test(arguments: [ScriptedStep.close, .reset])
    func `a server that ends while a producer rests is found out when more is sent`(end: ScriptedStep) async throws {
        let ended = ScriptedGate()
        try await withLoopback { _ in
            [.readBytes(89_000), .open(ended), end]
        } _: { server, client in
            let failure = try await failure {
                _ = try await client.upload(.put(server.url("/")), length: 1 << 20) { writer in
                    try await writer.send(ScriptedStep.pattern(90_000))
                    await ended.opened()
                    try await Task.sleep(for: .milliseconds(1200))
                    for _ in 0..<9 { try await writer.send(ScriptedStep.pattern(100_000)) }
                }
            }
            #expect(failure?.kind == .broken)
            #expect(failure?.isTransient == true)
        }
    }

    @Test(arguments: [ScriptedStep.close, .reset], [TransferFailure.Side.source, .destination])
    func `a side that ends while the other rests is named`(end: ScriptedStep, side: TransferFailure.Side) async throws {
        let resting = ScriptedGate()
        try await withLoopback { request in
            switch (request.method, side) {
            case ("GET", .source):
                [
                    .send([ScriptedStep].head(200, length: 1 << 20)), .sendPattern(500_000), .hold(resting),
                    .wait(.milliseconds(1200)), end,
                ]
            case ("GET", .destination):
                // An orderly end shows only when more is sent: the peer may have closed its own direction alone.
                [
                    .send([ScriptedStep].head(200, length: 1 << 20)), .sendPattern(100_000), .hold(resting),
                    .wait(.milliseconds(1200)), .send(ScriptedStep.pattern(900_000)), .hold(ScriptedGate()),
                ]
            case (_, .source): [.readBytes(1), .open(resting), .wait(.seconds(2))]
            default: [.readBytes(99_000), .open(resting), end]
            }
        } _: { server, client in
            let failure = try await failure {
                _ = try await client.pipe(
                    .get(server.url("/a")),
                    length: 1 << 20,
                    to: { .put(server.url("/k")) },
                    check: RecordingCheck()
                )
            }
            #expect(failure?.kind == .broken)
            #expect(failure?.side == side)
            #expect(failure?.isTransient == true)
            #expect(server.requests[1].body.count < 1 << 20)
        }
    }

    @Test func `a peer that stalls after our rest passes its deadline`() async throws {
        let deadlines = HTTPDeadlines(firstByte: .milliseconds(500), stall: .milliseconds(500))
        try await withLoopback { request in
            request.method == "GET"
                ? [.send([ScriptedStep].head(200, length: 1 << 20)), .sendPattern(500_000), .hold(ScriptedGate())]
                : [.readBytes(80_000), .hold(ScriptedGate())]
        } _: { server, client in
            let count = Mutex(0)
            let reading = try await failure {
                try await client.receive(.get(server.url("/"), deadlines: deadlines)) { _, reader in
                    try await Task.sleep(for: .milliseconds(1500))
                    while let bytes = try await reader.next() { count.withLock { $0 += bytes.count } }
                }
            }
            #expect(reading?.kind == .timedOut)
            #expect(count.withLock { $0 } == 500_000)
            let length = 64 << 20
            let writing = try await failure {
                _ = try await client.upload(
                    .put(server.url("/"), deadlines: deadlines),
                    length: Int64(length)
                ) { writer in
                    try await writer.send(ScriptedStep.pattern(90_000))
                    try await Task.sleep(for: .milliseconds(1500))
                    while true { try await writer.send([UInt8](repeating: 1, count: 1 << 18)) }
                }
            }
            #expect(writing?.kind == .timedOut)
        }
    }
}
