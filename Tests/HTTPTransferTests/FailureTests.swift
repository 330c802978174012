import HTTPTransfer
import TestSupport
import Testing

@Suite(.serialized) struct FailureTests {
    @Test(
        arguments: [
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), .close],
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), .reset],
            [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"), .close],
            [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), .close],
            [.send("HTTP/1.1 200 OK\r\nContent-"), .close],
            [.send("HTTP/1.1 2"), .close],
            [.send("nonsense\r\n\r\n"), .close],
            [.close],
            [.reset],
        ] as [[ScriptedStep]]
    )
    func `an answer that is not whole is a transient failure`(steps: [ScriptedStep]) async throws {
        try await withLoopback { _ in
            steps
        } _: { server, client in
            let failure = try await failure { _ = try await client.send(.get(server.url("/a?secret"))) }
            #expect(failure?.kind == .broken)
            #expect(failure?.isTransient == true)
            #expect(failure?.message.hasPrefix("GET http://127.0.0.1:\(server.port)/a: ") == true)
            #expect(failure?.message.contains("secret") == false)
        }
    }

    @Test(arguments: [("/a@b/c", "/a@b/c"), ("/a?X-Amz-Signature=s", "/a"), ("/", "/")])
    func `a message names the path and no query`(target: String, shown: String) async throws {
        try await withLoopback { _ in
            [.close]
        } _: { server, client in
            let failure = try await failure { _ = try await client.send(.get(server.url(target))) }
            #expect(failure?.message.hasPrefix("GET http://127.0.0.1:\(server.port)\(shown): ") == true)
        }
    }

    @Test func `a kept connection that the server has closed is not used`() async throws {
        try await withLoopback { _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"), .close]
        } _: {
            server,
            client in
            for _ in 0..<10 {
                let answer = try await client.send(.get(server.url("/")))
                #expect(answer.body == [0x78])
            }
            #expect(server.connections == 10)
        }
    }

    @Test func `a port where nobody listens is unreachable`() async throws {
        let port = try ScriptedHTTPServer.unusedPort()
        try await withTimeout {
            try await HTTPClient.withClient { client in
                let failure = try await failure { _ = try await client.send(.get("http://127.0.0.1:\(port)/")) }
                #expect(failure?.kind == .unreachable)
                #expect(failure?.isTransient == true)
            }
        }
    }

    @Test func `a name that nobody has is unresolved`() async throws {
        try await withTimeout {
            try await HTTPClient.withClient { client in
                let failure = try await failure { _ = try await client.send(.get("http://no-such-host.invalid/")) }
                #expect(failure?.kind == .unresolved)
                #expect(failure?.isTransient == true)
            }
        }
    }

    @Test func `after a name that nobody has, every other host is reached`() async throws {
        try await withTimeout {
            try await ScriptedHTTPServer.withServer { _ in
                .reply(200, text: "here")
            } _: { server in
                try await HTTPClient.withClient { client in
                    for _ in 0..<3 {
                        let failure = try await failure {
                            _ = try await client.send(.get("http://no-such-host.invalid/"))
                        }
                        #expect(failure?.kind == .unresolved)
                        let answer = try await client.send(.get(server.url("/")))
                        #expect(answer.status == 200)
                    }
                }
            }
        }
    }

    @Test func `a connection that is never ready passes its deadline`() async throws {
        try await withTimeout {
            try await ScriptedHTTPServer.withSilentPort { port in
                try await HTTPClient.withClient { client in
                    let request = HTTPRequest.get(
                        "https://127.0.0.1:\(port)/",
                        deadlines: HTTPDeadlines(connect: .milliseconds(300))
                    )
                    let failure = try await failure { _ = try await client.send(request) }
                    #expect(failure?.kind == .timedOut)
                    #expect(failure?.isTransient == true)
                    #expect(failure?.message.contains("no connection was made in time") == true)
                }
            }
        }
    }

    @Test(
        arguments: [
            (
                [.hold(ScriptedGate())], HTTPDeadlines(firstByte: .milliseconds(300)),
                "no response began within 0.3 seconds"
            ),
            (
                [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .hold(ScriptedGate())],
                HTTPDeadlines(stall: .milliseconds(300)), "no data moved for 0.3 seconds"
            ),
            (
                [.hold(ScriptedGate())], HTTPDeadlines(total: .milliseconds(300)),
                "it did not finish within its deadline"
            ),
            (
                [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .hold(ScriptedGate())],
                HTTPDeadlines(total: .milliseconds(300)), "it did not finish within its deadline"
            ),
        ] as [([ScriptedStep], HTTPDeadlines, String)]
    )
    func `a deadline that passes is a transient failure`(
        steps: [ScriptedStep],
        deadlines: HTTPDeadlines,
        words: String
    ) async throws {
        try await withLoopback { _ in
            steps
        } _: { server, client in
            let start = ContinuousClock.now
            let failure = try await failure { _ = try await client.send(.get(server.url("/"), deadlines: deadlines)) }
            #expect(failure?.kind == .timedOut)
            #expect(failure?.isTransient == true)
            #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
            #expect(ContinuousClock.now - start >= .milliseconds(300))
        }
    }

    @Test func `a client's patience shortens the deadlines of its requests, and lengthens none`() async throws {
        let hold: [ScriptedStep] = [.hold(ScriptedGate())]
        for (patience, words) in [(Duration.milliseconds(300), "0.3"), (.seconds(30), "0.4")] {
            try await withLoopback(settings: HTTPClientSettings(patience: patience)) { _ in
                hold
            } _: { server, client in
                let deadlines = HTTPDeadlines(firstByte: .milliseconds(400))
                let failure = try await failure {
                    _ = try await client.send(.get(server.url("/"), deadlines: deadlines))
                }
                #expect(failure?.message.contains("no response began within \(words) seconds") == true)
            }
        }
    }

    @Test func `a slow answer that keeps moving passes no deadline`() async throws {
        try await withLoopback { _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")]
                + (0..<8).flatMap { _ in [.wait(.milliseconds(150)), .send("x")] as [ScriptedStep] }
        } _: { server, client in
            let deadlines = HTTPDeadlines(firstByte: .milliseconds(600), stall: .milliseconds(600), leastRate: 2)
            let answer = try await client.send(.get(server.url("/"), deadlines: deadlines))
            #expect(answer.body.count == 8)
        }
    }
}
