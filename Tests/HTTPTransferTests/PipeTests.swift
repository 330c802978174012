import HTTPTransfer
import Synchronization
import TestSupport
import Testing

@Suite(.serialized) struct PipeTests {
    @Test(arguments: [0, 1, 4096, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 1 << 20, 20 << 20])
    func `a body arrives whole, with its length, and every byte was checked`(length: Int) async throws {
        try await withLoopback(seconds: 60) { request in
            request.method == "GET"
                ? [.send([ScriptedStep].head(200, length: length)), .sendPattern(length)]
                : .reply(200, headers: [("ETag", "e")], text: "stored")
        } _: { server, client in
            let check = RecordingCheck()
            let outcome = try await client.pipe(
                .get(server.url("/asset")),
                length: Int64(length),
                to: { .put(server.url("/key")) },
                check: check
            )
            #expect(
                outcome
                    == .destinationAnswered(
                        HTTPResponse(
                            head: HTTPResponseHead(status: 200, headers: ["ETag": "e", "Content-Length": "6"]),
                            body: Array("stored".utf8)
                        )
                    )
            )
            #expect(check.bytes == length)
            let put = server.requests[1]
            #expect(put.target == "/key")
            #expect(put["content-length"] == "\(length)")
            #expect(put["transfer-encoding"] == nil)
            #expect(put["expect"] == (length > 1 << 20 ? "100-continue" : nil))
            #expect(put.body == ScriptedStep.pattern(length))
        }
    }

    @Test func `pipes one after the other share two connections`() async throws {
        try await withLoopback { request in
            request.method == "GET" ? .reply(200, text: "abcd") : .reply(200)
        } _: { server, client in
            for _ in 0..<50 {
                let outcome = try await client.pipe(
                    .get(server.url("/a")),
                    length: 4,
                    to: { .put(server.url("/k")) },
                    check: RecordingCheck()
                )
                guard case .destinationAnswered = outcome else { throw Unexpected(outcome: outcome) }
            }
            #expect(server.requests.count == 100)
            #expect(server.connections <= 2)
        }
    }

    @Test func `sixty-four pipes at a time come through`() async throws {
        let lengths = [0, 1, 4096, 70_000, 300_000]
        try await withLoopback(seconds: 60) { request in
            let number = Int(request.target.dropFirst()) ?? 0
            let length = lengths[number % lengths.count]
            return request.method == "GET"
                ? [.send([ScriptedStep].head(200, length: length)), .sendPattern(length)] : .reply(200)
        } _: { server, client in
            try await withThrowingTaskGroup(of: PipeOutcome.self) { group in
                for number in 0..<64 {
                    group.addTask {
                        try await client.pipe(
                            .get(server.url("/\(number)")),
                            length: Int64(lengths[number % lengths.count]),
                            to: { .put(server.url("/\(number)")) },
                            check: RecordingCheck()
                        )
                    }
                }
                for try await outcome in group {
                    guard case .destinationAnswered(let response) = outcome, response.status == 200
                    else { throw Unexpected(outcome: outcome) }
                }
            }
            let puts = server.requests.filter { $0.method == "PUT" }
            #expect(puts.count == 64)
            for put in puts {
                let number = Int(put.target.dropFirst()) ?? 0
                #expect(put.body == ScriptedStep.pattern(lengths[number % lengths.count]))
            }
        }
    }

    @Test func `a thousand small pipes, sixteen at a time, all end`() async throws {
        try await withLoopback(seconds: 60) { request in
            request.method == "GET" ? .reply(200, text: "abcd") : .reply(200)
        } _: { server, client in
            try await withThrowingTaskGroup(of: PipeOutcome.self) { group in
                for number in 0..<1000 {
                    if number >= 16 { _ = try await group.next() }
                    group.addTask {
                        try await client.pipe(
                            .get(server.url("/a")),
                            length: 4,
                            to: { .put(server.url("/k")) },
                            check: RecordingCheck()
                        )
                    }
                }
                try await group.waitForAll()
            }
            #expect(server.requests.count == 2000)
            #expect(server.connections <= 32)
        }
    }

    @Test func `a slow destination holds the source back`() async throws {
        let length = 64 << 20
        let gate = ScriptedGate()
        try await withLoopback(seconds: 60) { request in
            request.method == "GET"
                ? [.send([ScriptedStep].head(200, length: length)), .sendPattern(length)]
                : [.readBytes(1), .wait(.seconds(1)), .open(gate)] + .reply(200)
        } _: { server, client in
            async let outcome = client.pipe(
                .get(server.url("/a"), deadlines: HTTPDeadlines(stall: .milliseconds(500))),
                length: Int64(length),
                to: { .put(server.url("/k")) },
                check: RecordingCheck()
            )
            await gate.opened()
            // Beside our 256 KiB, what the kernel holds of two connections on loopback.
            #expect(server.sentBytes < 24 << 20)
            guard case .destinationAnswered = try await outcome else { throw Unexpected(outcome: try await outcome) }
            #expect(server.requests[1].body == ScriptedStep.pattern(length))
        }
    }

    @Test func `what a resting source has sent goes on, but for the last byte`() async throws {
        let arrived = ScriptedGate()
        try await withLoopback { request in
            request.method == "GET"
                ? [
                    .send([ScriptedStep].head(200, length: 100_002)), .sendPattern(99_999), .wait(.seconds(1)),
                    .send(ScriptedStep.pattern(2, from: 99_999)), .hold(arrived),
                    .send(ScriptedStep.pattern(1, from: 100_001)),
                ] : [.readBytes(100_001), .open(arrived)] + .reply(200)
        } _: { server, client in
            let outcome = try await client.pipe(
                .get(server.url("/a")),
                length: 100_002,
                to: { .put(server.url("/k"), deadlines: HTTPDeadlines(stall: .milliseconds(400))) },
                check: RecordingCheck()
            )
            guard case .destinationAnswered = outcome else { throw Unexpected(outcome: outcome) }
            #expect(server.requests[1].body == ScriptedStep.pattern(100_002))
        }
    }

    @Test func `each redirect is asked about, and the last answer's body is piped`() async throws {
        try await withLoopback { request in
            switch request.target {
            case "/a": .reply(307, headers: [("Location", "/b")], text: "elsewhere")
            case "/b": .reply(302, headers: [("Location", "/c")])
            case "/c": .reply(200, text: "abcd")
            default: .reply(200)
            }
        } _: { server, client in
            let outcome = try await client.pipe(
                .get(server.url("/a")),
                length: 4,
                redirect: { head in head.headers["location"].map { .get(server.url($0)) } },
                to: { .put(server.url("/k")) },
                check: RecordingCheck()
            )
            guard case .destinationAnswered = outcome else { throw Unexpected(outcome: outcome) }
            #expect(server.requests.map(\.target) == ["/a", "/b", "/c", "/k"])
            #expect(server.requests[3].body == Array("abcd".utf8))
            #expect(server.connections <= 2)
        }
    }

    @Test(arguments: [204, 206, 307, 403, 404, 429, 500])
    func `another answer of the source than 200 is returned, and nothing is sent`(status: Int) async throws {
        try await withLoopback { _ in
            .reply(status, text: status == 204 ? "" : "0123456789")
        } _: { server, client in
            let outcome = try await client.pipe(
                .get(server.url("/a")),
                length: 10,
                to: { .put(server.url("/k")) },
                check: RecordingCheck(),
                bodyLimit: 20
            )
            guard case .sourceAnswered(let response) = outcome else { throw Unexpected(outcome: outcome) }
            #expect(response.status == status)
            #expect(response.body == (status == 204 ? [] : Array("0123456789".utf8)))
            #expect(server.requests.count == 1)
        }
    }

    @Test func `an error answer is cut at the limit, on either side`() async throws {
        try await withLoopback { request in
            request.target == "/good" ? .reply(200, text: "abcd") : .reply(503, text: "0123456789")
        } _: { server, client in
            for source in ["/bad", "/good"] {
                let outcome = try await client.pipe(
                    .get(server.url(source)),
                    length: 4,
                    to: { .put(server.url("/k")) },
                    check: RecordingCheck(),
                    bodyLimit: 3
                )
                switch outcome {
                case .sourceAnswered(let response), .destinationAnswered(let response):
                    #expect(response.body == Array("012".utf8))
                case .mismatch: throw Unexpected(outcome: outcome)
                }
            }
        }
    }

    struct Unexpected: Error {
        let outcome: PipeOutcome
    }
}
