import HTTPTransfer
import TestSupport
import Testing

@Suite(.serialized) struct PipeFaultTests {
    /// The script of a source that sends `sent` pattern bytes of `announced`, and of a destination that takes all.
    private func script(announced: Int, sent: Int, then end: [ScriptedStep] = []) -> ScriptedHTTPServer.Script {
        { request in
            request.method == "GET"
                ? [.send([ScriptedStep].head(200, length: announced)), .sendPattern(sent)] + end : .reply(200)
        }
    }

    @Test(arguments: [
        (0, 1, "The body has 0 bytes instead of the expected 1."),
        (1, 0, "The body is longer than the expected 0 bytes."),
        (4096, 4097, "The body has 4096 bytes instead of the expected 4097."),
        (4096, 4095, "The body is longer than the expected 4095 bytes."),
        (1 << 20, (1 << 20) + 1, "The body has 1048576 bytes instead of the expected 1048577."),
        (1 << 20, (1 << 20) - 1, "The body is longer than the expected 1048575 bytes."),
    ])
    func `a body of another length never becomes an object`(sent: Int, expected: Int, said: String) async throws {
        try await withLoopback(script(announced: sent, sent: sent)) { server, client in
            let outcome = try await client.pipe(
                .get(server.url("/a")),
                length: Int64(expected),
                to: { .put(server.url("/k")) },
                check: RecordingCheck()
            )
            #expect(outcome == .mismatch(said))
            #expect(server.requests.dropFirst().allSatisfy { $0.body.count < expected })
            if expected <= 65_536 { #expect(server.requests.count == 1) }
        }
    }

    @Test(arguments: [0, 1, 4096, 1 << 20])
    func `a body that the check refuses never becomes an object`(length: Int) async throws {
        try await withLoopback(script(announced: length, sent: length)) { server, client in
            let outcome = try await client.pipe(
                .get(server.url("/a")),
                length: Int64(length),
                to: { .put(server.url("/k")) },
                check: RecordingCheck(wrong: "other bytes")
            )
            #expect(outcome == .mismatch("other bytes"))
            #expect(server.requests.dropFirst().allSatisfy { $0.body.count < length })
            if length <= 65_536 { #expect(server.requests.count == 1) }
        }
    }

    @Test(arguments: [4096, 1 << 20], [ScriptedStep.close, .reset])
    func `a source that is cut off is a transient failure of the source`(length: Int, end: ScriptedStep) async throws {
        try await withLoopback(script(announced: length, sent: length - 1, then: [end])) { server, client in
            let failure = try await failure {
                _ = try await client.pipe(
                    .get(server.url("/a")),
                    length: Int64(length),
                    to: { .put(server.url("/k")) },
                    check: RecordingCheck()
                )
            }
            #expect(failure?.kind == .broken)
            #expect(failure?.side == .source)
            #expect(failure?.isTransient == true)
            #expect(server.requests.dropFirst().allSatisfy { $0.body.count < length })
        }
    }

    @Test(arguments: [ScriptedStep.close, .reset])
    func `a destination that is cut off is a transient failure of the destination`(end: ScriptedStep) async throws {
        try await withLoopback { request in
            request.method == "GET"
                ? [.send([ScriptedStep].head(200, length: 1 << 20)), .sendPattern(1 << 20)] : [.readBytes(9), end]
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
            #expect(failure?.side == .destination)
            #expect(failure?.isTransient == true)
        }
    }

    @Test func `a side where nobody listens is named`() async throws {
        let port = try ScriptedHTTPServer.unusedPort()
        try await withLoopback { _ in
            .reply(200, text: "abcd")
        } _: { server, client in
            let nowhere = "http://127.0.0.1:\(port)/"
            for (get, put, side) in [
                (nowhere, server.url("/k"), TransferFailure.Side.source), (server.url("/a"), nowhere, .destination),
            ] {
                let failure = try await failure {
                    _ = try await client.pipe(.get(get), length: 4, to: { .put(put) }, check: RecordingCheck())
                }
                #expect(failure?.kind == .unreachable)
                #expect(failure?.side == side)
            }
        }
    }

    @Test(arguments: [500_000, 20 << 20])
    func `an early answer of the destination stops both and is returned`(length: Int) async throws {
        // The source keeps back its second half, or the whole body might be sent before the answer is heard.
        let over = ScriptedGate()
        defer { over.open() }
        try await withLoopback { request in
            request.method == "GET"
                ? [.send([ScriptedStep].head(200, length: length)), .sendPattern(length / 2), .hold(over)]
                : (length > 1 << 20 ? [] : [.readBytes(100_000)])
                    + [.send([ScriptedStep].head(403, length: 6) + "denied")]
        } _: { server, client in
            let outcome = try await client.pipe(
                .get(server.url("/a")),
                length: Int64(length),
                to: { .put(server.url("/k")) },
                check: RecordingCheck()
            )
            guard case .destinationAnswered(let response) = outcome else {
                throw PipeTests.Unexpected(outcome: outcome)
            }
            #expect(response.status == 403)
            #expect(response.body == Array("denied".utf8))
            #expect(server.requests[1].body.count < length)
        }
    }

    @Test func `an early answer is heard while the source rests`() async throws {
        let gate = ScriptedGate()
        try await withLoopback { request in
            request.method == "GET"
                ? [.send([ScriptedStep].head(200, length: 500_000)), .sendPattern(100_000), .hold(gate)]
                : [.readBytes(99_000), .wait(.milliseconds(300)), .send([ScriptedStep].head(403, length: 0))]
        } _: { server, client in
            let outcome = try await client.pipe(
                .get(server.url("/a")),
                length: 500_000,
                to: { .put(server.url("/k")) },
                check: RecordingCheck()
            )
            guard case .destinationAnswered(let response) = outcome else {
                throw PipeTests.Unexpected(outcome: outcome)
            }
            #expect(response.status == 403)
        }
    }

    @Test func `an early success is no success`() async throws {
        try await withLoopback { request in
            request.method == "GET"
                ? [.send([ScriptedStep].head(200, length: 500_000)), .sendPattern(100_000), .hold(ScriptedGate())]
                : [.readBytes(99_000), .send([ScriptedStep].head(200, length: 0)), .close]
        } _: { server, client in
            let failure = try await failure {
                _ = try await client.pipe(
                    .get(server.url("/a")),
                    length: 500_000,
                    to: { .put(server.url("/k")) },
                    check: RecordingCheck()
                )
            }
            #expect(failure?.side == .destination)
            #expect(failure?.isTransient == true)
        }
    }

    @Test func `a resting source passes its own deadline, a resting destination its own`() async throws {
        let short = HTTPDeadlines(firstByte: .milliseconds(300), stall: .milliseconds(300))
        let length = 64 << 20
        try await withLoopback { request in
            switch (request.method, request.target) {
            case ("GET", "/rests"):
                [.send([ScriptedStep].head(200, length: length)), .sendPattern(100_000), .hold(ScriptedGate())]
            case ("GET", _): [.send([ScriptedStep].head(200, length: length)), .sendPattern(length)]
            case (_, "/rests"): [.readBytes(9), .hold(ScriptedGate())]
            default: .reply(200)
            }
        } _: { server, client in
            for (get, put, side) in [("/rests", "/k", TransferFailure.Side.source), ("/a", "/rests", .destination)] {
                let failure = try await failure {
                    _ = try await client.pipe(
                        .get(server.url(get), deadlines: short),
                        length: Int64(length),
                        to: { .put(server.url(put), deadlines: short) },
                        check: RecordingCheck()
                    )
                }
                #expect(failure?.kind == .timedOut)
                #expect(failure?.side == side)
            }
        }
    }

    @Test func `a source that rests before the destination was begun passes its deadline`() async throws {
        try await withLoopback(script(announced: 4096, sent: 100, then: [.hold(ScriptedGate())])) { server, client in
            let failure = try await failure {
                _ = try await client.pipe(
                    .get(server.url("/a"), deadlines: HTTPDeadlines(stall: .milliseconds(300))),
                    length: 4096,
                    to: { .put(server.url("/k")) },
                    check: RecordingCheck()
                )
            }
            #expect(failure?.kind == .timedOut)
            #expect(failure?.side == .source)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `what the closures throw is thrown on, and nothing is sent`() async throws {
        struct Own: Error {}
        try await withLoopback { request in
            request.target == "/a" ? .reply(302) : .reply(200, text: "abcd")
        } _: { server, client in
            for target in ["/a", "/b"] {
                await #expect(throws: Own.self) {
                    _ = try await client.pipe(
                        .get(server.url(target)),
                        length: 4,
                        redirect: { _ in throw Own() },
                        to: { throw Own() },
                        check: RecordingCheck()
                    )
                }
            }
            #expect(server.requests.map(\.target) == ["/a", "/b"])
        }
    }
}
