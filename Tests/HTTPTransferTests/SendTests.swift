import HTTPTransfer
import TestSupport
import Testing

@Suite(.serialized) struct SendTests {
    @Test func `a GET returns status, headers and body`() async throws {
        try await withLoopback { _ in
            .reply(200, headers: [("ETag", "\"x\""), ("X-Long", String(repeating: "y", count: 5000))], text: "hello")
        } _: { server, client in
            let response = try await client.send(.get(server.url("/")))
            #expect(response.status == 200)
            #expect(response.head.headers["etag"] == "\"x\"")
            #expect(response.head.headers["X-LONG"]?.count == 5000)
            #expect(response.body == Array("hello".utf8))
        }
    }

    @Test(arguments: [
        "/", "/a/../b", "/./%2e%2e/%2F/a%20b", "/a;b=c/d+e@f:g~h'i(j)*", "//two", "/q?x=1&y=%2F%20&z", "/%E2%82%AC",
    ])
    func `the path is sent as it was given`(target: String) async throws {
        try await withLoopback { _ in
            .reply(204)
        } _: { server, client in
            _ = try await client.send(.get(server.url(target)))
            #expect(server.requests.map(\.target) == [target])
        }
    }

    @Test func `a GET carries what was given and little else`() async throws {
        try await withLoopback { _ in
            .reply(200)
        } _: { server, client in
            var request = HTTPRequest.get(server.url("/"))
            request.headers = ["X-Empty": "", "Authorization": "Bearer t", "Connection": "close", "Expect": "x"]
            _ = try await client.send(request)
            let fields = server.requests[0].headers.map { "\($0.name): \($0.value)" }
            #expect(
                fields.sorted() == [
                    "Accept: */*", "Authorization: Bearer t", "Host: 127.0.0.1:\(server.port)",
                    "User-Agent: maven-package-reconciler", "X-Empty: ",
                ]
            )
        }
    }

    @Test(arguments: [HTTPMethod.put, .post, .delete], [0, 1, 4096, 1 << 20, (1 << 20) + 1])
    func `a body at hand is sent with its length`(method: HTTPMethod, length: Int) async throws {
        try await withLoopback { _ in
            .reply(200)
        } _: { server, client in
            var request = HTTPRequest(method: method, url: server.url("/"), body: ScriptedStep.pattern(length))
            request.headers = ["Content-Length": "77", "Transfer-Encoding": "chunked"]
            let answer = try await client.send(request)
            #expect(answer.status == 200)
            let seen = server.requests[0]
            #expect(seen.method == method.rawValue)
            #expect(seen["content-length"] == (method == .delete && length == 0 ? nil : "\(length)"))
            #expect(seen["transfer-encoding"] == nil)
            #expect(seen["content-type"] == nil)
            #expect(seen["expect"] == (length > 1 << 20 ? "100-continue" : nil))
            #expect(seen.body == ScriptedStep.pattern(length))
        }
    }

    @Test func `HEAD reads no body and keeps the connection`() async throws {
        try await withLoopback { request in
            request.method == "HEAD" ? [.send([ScriptedStep].head(200, length: 999))] : .reply(200, text: "x")
        } _: { server, client in
            let head = try await client.send(HTTPRequest(method: .head, url: server.url("/")))
            #expect(head.head.headers["content-length"] == "999")
            #expect(head.body == [])
            let answer = try await client.send(.get(server.url("/")))
            #expect(answer.body == Array("x".utf8))
            #expect(server.connections == 1)
        }
    }

    @Test func `connections are used again, one for each exchange at a time`() async throws {
        try await withLoopback { _ in
            .reply(200, text: "x")
        } _: { server, client in
            for _ in 0..<50 { _ = try await client.send(.get(server.url("/"))) }
            #expect(server.connections == 1)
            #expect(server.requests.count == 50)
        }
    }

    @Test(arguments: [200, 204, 301, 307, 400, 401, 403, 404, 407, 417, 429, 500, 503])
    func `every status is an answer, and none is followed or repeated`(status: Int) async throws {
        try await withLoopback { _ in
            .reply(status, headers: [("Location", "/elsewhere")], text: status == 204 ? "" : "words")
        } _: { server, client in
            let response = try await client.send(.get(server.url("/")))
            #expect(response.status == status)
            #expect(response.body == Array((status == 204 ? "" : "words").utf8))
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a chunked answer with interim heads and trailers is whole`() async throws {
        try await withLoopback { _ in
            [
                .send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
                .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: 1\r\n\r\n3\r\nabc\r\n"),
                .send("2\r\nde\r\n0\r\nA: 2\r\n\r\n"),
            ]
        } _: { server, client in
            let response = try await client.send(.get(server.url("/")))
            #expect(response.status == 200)
            #expect(response.head.headers["a"] == "1")
            #expect(response.head.headers["link"] == nil)
            #expect(response.body == Array("abcde".utf8))
        }
    }

    @Test func `a successful answer over the limit is a failure, another is cut`() async throws {
        try await withLoopback { request in
            request.target == "/ok" ? .reply(200, text: "0123456789") : .reply(500, text: "0123456789")
        } _: { server, client in
            let answer = try await client.send(.get(server.url("/ok")), bodyLimit: 10)
            #expect(answer.body.count == 10)
            let failure = try await failure { _ = try await client.send(.get(server.url("/ok")), bodyLimit: 9) }
            #expect(failure?.kind == .tooLarge)
            #expect(failure?.message.contains("the answer is longer than the 9 bytes that are read of it") == true)
            #expect(failure?.isTransient == false)
            let response = try await client.send(.get(server.url("/bad")), bodyLimit: 4)
            #expect(response.status == 500)
            #expect(response.body == Array("0123".utf8))
        }
    }

    @Test(arguments: [
        "ftp://127.0.0.1/", "file:///etc/passwd", "/relative", "", "http://", "http://127.0.0.1/a b",
        "http://127.0.0.1/ü", "http://user:secret@127.0.0.1/", "http://127.0.0.1/\r\nX: y", "gopher://127.0.0.1",
    ])
    func `a URL that cannot be asked is refused without its secret`(url: String) async throws {
        try await withTimeout {
            try await HTTPClient.withClient { client in
                let failure = try await failure { _ = try await client.send(.get(url)) }
                #expect(failure?.kind == .invalidRequest)
                #expect(failure?.isTransient == false)
                #expect(failure?.message.contains("secret") == false)
            }
        }
    }

    @Test func `a forged header field is refused before anything is sent`() async throws {
        try await withLoopback { _ in
            .reply(200)
        } _: { server, client in
            var request = HTTPRequest.get(server.url("/"))
            request.headers.append("X-Name", "a\r\nX-Forged: b")
            let failure = try await failure { _ = try await client.send(request) }
            #expect(failure?.kind == .invalidRequest)
            #expect(failure?.message.contains("'X-Name'") == true)
            #expect(server.connections == 0)
        }
    }
}
