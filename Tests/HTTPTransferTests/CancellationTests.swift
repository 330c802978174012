import HTTPTransfer
import TestSupport
import Testing

@Suite(.serialized) struct CancellationTests {
    @Test func `a task that is cancelled before sends nothing`() async throws {
        try await withLoopback { _ in
            .reply(200, text: "abcd")
        } _: { server, client in
            let start = ScriptedGate()
            let calls: [@Sendable () async throws -> Void] = [
                { _ = try await client.send(.get(server.url("/"))) },
                { try await client.receive(.get(server.url("/"))) { _, _ in } },
                { _ = try await client.upload(.put(server.url("/")), length: 0) { _ in } },
                {
                    let put = HTTPRequest.put(server.url("/"))
                    _ = try await client.pipe(.get(put.url), length: 4, to: { put }, check: RecordingCheck())
                },
            ]
            for call in calls {
                let error = try await cancelled {
                    await start.opened()
                    while !Task.isCancelled { await Task.yield() }
                    try await call()
                } when: {
                    start.open()
                }
                #expect(error is CancellationError)
            }
            #expect(server.connections == 0)
        }
    }

    @Test func `cancelled before the head`() async throws {
        try await withLoopback { _ in
            [.hold(ScriptedGate())]
        } _: { server, client in
            var count = 0
            for call in [
                { _ = try await client.send(.get(server.url("/"))) },
                { try await client.receive(.get(server.url("/"))) { _, _ in } },
                { _ = try await client.upload(.put(server.url("/")), length: 0) { _ in } },
            ] as [@Sendable () async throws -> Void] {
                count += 1
                let expected = count
                let error = try await cancelled(call) { _ = await server.requests(atLeast: expected) }
                #expect(error is CancellationError)
            }
        }
    }

    @Test func `cancelled in the middle of a body`() async throws {
        let sent = ScriptedGate()
        try await withLoopback { _ in
            [
                .send([ScriptedStep].head(200, length: 9)), .send("abc"), .open(sent), .hold(ScriptedGate()),
            ]
        } _: { server, client in
            let error = try await cancelled {
                try await client.receive(.get(server.url("/"))) { _, reader in
                    while try await reader.next() != nil {}
                }
            } when: {
                await sent.opened()
            }
            #expect(error is CancellationError)
            let whole = try await cancelled {
                _ = try await client.send(.get(server.url("/")))
            } when: {
                _ = await server.requests(atLeast: 2)
            }
            #expect(whole is CancellationError)
        }
    }

    @Test func `cancelled while the server does not read`() async throws {
        let begun = ScriptedGate()
        try await withLoopback { _ in
            [.readBytes(9), .open(begun), .hold(ScriptedGate())]
        } _: { server, client in
            let error = try await cancelled {
                _ = try await client.upload(.put(server.url("/")), length: 64 << 20) { writer in
                    for _ in 0..<64 { try await writer.send([UInt8](repeating: 1, count: 1 << 20)) }
                }
            } when: {
                await begun.opened()
            }
            #expect(error is CancellationError)
        }
    }

    @Test(arguments: ["GET", "body", "PUT"])
    func `cancelled in the middle of a pipe`(moment: String) async throws {
        let (asked, begun) = (ScriptedGate(), ScriptedGate())
        try await withLoopback { request in
            switch (request.method, moment) {
            case ("GET", "GET"): [.open(asked), .hold(ScriptedGate())]
            case ("GET", "body"):
                [
                    .send([ScriptedStep].head(200, length: 1 << 20)), .sendPattern(1000), .open(asked),
                    .hold(ScriptedGate()),
                ]
            case ("GET", _): [.send([ScriptedStep].head(200, length: 1 << 20)), .sendPattern(1 << 20)]
            default: [.readBytes(70_000), .open(begun), .hold(ScriptedGate())]
            }
        } _: { server, client in
            let error = try await cancelled {
                _ = try await client.pipe(
                    .get(server.url("/a")),
                    length: 1 << 20,
                    to: { .put(server.url("/k")) },
                    check: RecordingCheck()
                )
            } when: {
                await (moment == "PUT" ? begun : asked).opened()
            }
            #expect(error is CancellationError)
            #expect(server.requests.dropFirst().allSatisfy { $0.body.count < 1 << 20 })
        }
    }

    @Test func `a storm of cancellations leaves a client that works`() async throws {
        try await withLoopback(seconds: 60) { request in
            request.method == "GET"
                ? [.send([ScriptedStep].head(200, length: 100_000)), .sendPattern(100_000)] : .reply(200)
        } _: { server, client in
            for round in 0..<20 {
                await withTaskGroup(of: Void.self) { group in
                    for number in 0..<32 {
                        group.addTask {
                            _ = try? await client.pipe(
                                .get(server.url("/\(number)")),
                                length: 100_000,
                                to: { .put(server.url("/\(number)")) },
                                check: RecordingCheck()
                            )
                        }
                    }
                    for _ in 0..<round { await group.next() }
                    group.cancelAll()
                }
            }
            let answer = try await client.send(.put(server.url("/")))
            #expect(answer.status == 200)
        }
    }

    @Test func `a client that is shut down fails what is in flight`() async throws {
        try await withTimeout {
            try await ScriptedHTTPServer.withServer({ request in
                request.target == "/head"
                    ? [.hold(ScriptedGate())]
                    : [.send([ScriptedStep].head(200, length: 1 << 20)), .sendPattern(100_000), .hold(ScriptedGate())]
            }) { server in
                try await withThrowingTaskGroup(of: TransferFailure?.self) { group in
                    let kept = try await HTTPClient.withClient { client in
                        group.addTask { try await failure { _ = try await client.send(.get(server.url("/head"))) } }
                        group.addTask {
                            try await failure {
                                try await client.receive(.get(server.url("/body"))) { _, reader in
                                    while try await reader.next() != nil {}
                                }
                            }
                        }
                        group.addTask {
                            try await failure {
                                _ = try await client.pipe(
                                    .get(server.url("/body")),
                                    length: 1 << 20,
                                    to: { .put(server.url("/head")) },
                                    check: RecordingCheck()
                                )
                            }
                        }
                        _ = await server.requests(atLeast: 4)
                        return client
                    }
                    for try await failure in group { #expect(failure?.kind == .closed) }
                    for _ in 0..<3 {
                        let late = try await failure { _ = try await kept.send(.get(server.url("/"))) }
                        #expect(late?.kind == .closed)
                    }
                }
            }
        }
    }

    /// Of worth under the address sanitizer: the call that answers may be the last to know the client.
    @Test func `a client that was kept may go away with its last answer`() async throws {
        try await withTimeout {
            for _ in 0..<300 {
                let kept = try await HTTPClient.withClient { $0 }
                let late = try await failure { _ = try await kept.send(.get("http://127.0.0.1/")) }
                #expect(late?.kind == .closed)
            }
        }
    }

    @Test func `many clients come and go`() async throws {
        try await withTimeout {
            try await ScriptedHTTPServer.withServer({ _ in .reply(200, text: "x") }) { server in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<40 {
                        group.addTask {
                            try await HTTPClient.withClient { client in
                                try await client.send(.get(server.url("/"))).status
                            }
                        }
                    }
                    for try await status in group { #expect(status == 200) }
                }
            }
        }
    }
}
