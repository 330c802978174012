import HTTPTransfer
import TestSupport
import Testing

/// Servers that answer `Expect: 100-continue` late, never, or with a refusal (RFC 9110, section 10.1.1).
@Suite(.serialized) struct ExpectTests {
    private static let length = 2 << 20

    private static func answers(
        _ script: @escaping ScriptedHTTPServer.Script,
        _ expect: @escaping @Sendable (ScriptedHTTPServer, Int) async throws -> Void
    ) async throws {
        try await withLoopback(script) { server, client in
            let uploaded = try await client.upload(.put(server.url("/up")), length: Int64(length)) { writer in
                try await writer.send(PauseTests.bytes(length))
            }
            try await expect(server, uploaded.status)
        }
        try await withLoopback({ request in
            request.method == "GET" ? PauseTests.Framing.length.answer(length) : script(request)
        }) { server, client in
            let outcome = try await client.pipe(
                .get(server.url("/a")),
                length: Int64(length),
                to: { .put(server.url("/pipe")) },
                check: RecordingCheck()
            )
            guard case .destinationAnswered(let response) = outcome else {
                throw PipeTests.Unexpected(outcome: outcome)
            }
            try await expect(server, response.status)
        }
    }

    @Test func `without consent the body is sent after a while, whole`() async throws {
        // Sending nothing, the script does without the consent that reading would give.
        try await Self.answers({ _ in [.send("")] + .reply(200) }) { server, status in
            #expect(status == 200)
            let put = server.requests.last
            #expect(put?["expect"] == "100-continue")
            #expect(put?.body == PauseTests.bytes(Self.length))
        }
    }

    @Test func `consent that comes late or twice changes nothing`() async throws {
        let consent = "HTTP/1.1 100 Continue\r\n\r\n"
        try await Self.answers({ _ in
            [.wait(.milliseconds(1500)), .readBytes(100_000), .send(consent), .send(consent)] + .reply(200)
        }) { server, status in
            #expect(status == 200)
            #expect(server.requests.last?.body == PauseTests.bytes(Self.length))
        }
    }

    @Test(arguments: [403, 417, 503])
    func `a refusal comes back before a byte of the body was sent`(status: Int) async throws {
        try await Self.answers({ _ in
            [.send([ScriptedStep].head(status, headers: [("Connection", "close")], length: 0)), .close]
        }) { server, answered in
            #expect(answered == status)
            #expect(server.requests.last?.body.isEmpty == true)
        }
    }
}
