import Glibc
import HTTPTransfer
import TestSupport
import Testing

/// Proxies from the environment, which curl reads: each test has a process of its own to set it in.
@Suite(.serialized) struct ProxyTests {
    static func set(_ name: String, _ value: String) {
        unsafe setenv(name, value, 1)
    }

    @Test func `an http URL is asked of http_proxy, by its whole name`() async {
        await #expect(processExitsWith: .success) {
            try await withLoopback { _ in
                .reply(200, text: "by proxy")
            } _: { server, client in
                ProxyTests.set("http_proxy", server.url(""))
                let answer = try await client.send(.get("http://repository.invalid/a?b=c"))
                #expect(answer.body == Array("by proxy".utf8))
                #expect(server.requests.map(\.target) == ["http://repository.invalid/a?b=c"])
                #expect(server.requests[0]["host"] == "repository.invalid")
            }
        }
    }

    @Test func `a host of no_proxy is asked itself`() async throws {
        await #expect(processExitsWith: .success) {
            try await withLoopback { _ in
                .reply(200, text: "itself")
            } _: { server, client in
                let nobody = try ScriptedHTTPServer.unusedPort()
                ProxyTests.set("http_proxy", "http://127.0.0.1:\(nobody)")
                let refused = try await failure { _ = try await client.send(.get(server.url("/a"))) }
                #expect(refused?.kind == .unreachable)
                ProxyTests.set("no_proxy", "repository.invalid,127.0.0.1")
                let answer = try await client.send(.get(server.url("/a")))
                #expect(answer.body == Array("itself".utf8))
                #expect(server.requests.map(\.target) == ["/a"])
            }
        }
    }

    @Test func `a request that bypasses proxies reaches its host, the next one its proxy`() async {
        await #expect(processExitsWith: .success) {
            try await withLoopback { _ in
                .reply(200, text: "itself")
            } _: { server, client in
                try await ScriptedHTTPServer.withServer { _ in
                    .reply(200, text: "by proxy")
                } _: { proxy async throws in
                    ProxyTests.set("http_proxy", proxy.url(""))
                    ProxyTests.set("all_proxy", proxy.url(""))
                    var direct = HTTPRequest.get(server.url("/keys"))
                    direct.headers.set("Authorization", "pod-token")
                    direct.bypassesProxies = true
                    #expect(try await client.send(direct).body == Array("itself".utf8))
                    #expect(proxy.requests.isEmpty)
                    #expect(try await client.send(.get(server.url("/other"))).body == Array("by proxy".utf8))
                    #expect(try await client.send(direct).body == Array("itself".utf8))
                    #expect(proxy.requests.map { $0["Authorization"] } == [nil])
                }
            }
        }
    }

    @Test func `a proxy that makes no tunnel is unreachable, and its password is not told`() async {
        await #expect(processExitsWith: .success) {
            try await withLoopback { _ in
                [.send([ScriptedStep].head(407, headers: [("Proxy-Authenticate", "Basic")], length: 0)), .close]
            } _: { server, client in
                ProxyTests.set("https_proxy", "http://someone:hushhush@127.0.0.1:\(server.port)")
                let failure = try await failure {
                    _ = try await client.send(.get("https://repository.invalid/a"))
                }
                #expect(failure?.kind == .unreachable || failure?.kind == .broken)
                #expect(failure?.isTransient == true)
                #expect(failure?.message.contains("hushhush") == false)
                #expect(server.requests.first?.method == "CONNECT")
                #expect(server.requests.first?.target == "repository.invalid:443")
                #expect(server.requests.first?["proxy-authorization"] == "Basic c29tZW9uZTpodXNoaHVzaA==")
            }
        }
    }
}
