import BackupLambda
import Glibc
import HTTPTransfer
import Synchronization
import TestSupport
import Testing

@Suite struct RuntimeAPITests {
    private static let next = "/2018-06-01/runtime/invocation/next"

    /// Serves what `script` answers to each request of the API, and gives `body` the API.
    @discardableResult
    private func withAPI<R: Sendable>(
        _ script: @escaping ScriptedHTTPServer.Script,
        _ body: @escaping @Sendable (RuntimeAPI, ScriptedHTTPServer) async throws -> R
    ) async throws -> R {
        try await withTimeout {
            try await ScriptedHTTPServer.withServer(script) { server in
                try await HTTPClient.withClient(HTTPClientSettings(usesProxies: false)) { client in
                    try await body(RuntimeAPI(client: client, address: "127.0.0.1:\(server.port)"), server)
                }
            }
        }
    }

    private static func invocation(_ id: String, _ body: String) -> [ScriptedStep] {
        [
            .send(
                "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: \(id)\r\nLambda-Runtime-Deadline-Ms: 1795336572000\r\n"
                    + "Lambda-Runtime-Trace-Id: Root=1-\(id)\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
            )
        ]
    }

    private static let accepted: [ScriptedStep] = [
        .readBody, .send("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"),
    ]

    @Test func `an invocation has the event, its id, its deadline and its trace`() async throws {
        let invocation = try await withAPI { _ in
            Self.invocation("8476", "{\"job\":\"reconcile\"}")
        } _: { api, _ in
            try await api.next()
        }
        #expect(
            invocation
                == Invocation(
                    id: "8476",
                    body: Array("{\"job\":\"reconcile\"}".utf8),
                    deadline: 1_795_336_572_000,
                    traceID: "Root=1-8476"
                )
        )
    }

    @Test func `answers and failures go to the invocation's own paths, on one connection`() async throws {
        let served = Mutex(0)
        let requests = try await withAPI { request in
            guard request.target == Self.next else { return Self.accepted }
            let number = served.withLock { count in
                count += 1
                return count
            }
            return number <= 2
                ? Self.invocation("id-\(number)", "\(number)")
                : [.send("HTTP/1.1 500 Gone\r\nContent-Length: 0\r\n\r\n")]
        } _: { api, server in
            await #expect(throws: RuntimeAPIFailure.self) {
                try await RuntimeLoop.serve(api) { invocation in
                    invocation.body == Array("1".utf8)
                        ? .success(Array("done".utf8))
                        : .failure(InvocationFailure(type: "Backup.unavailable", message: "no \"bucket\""))
                }
            }
            #expect(server.connections == 1)
            return server.requests
        }
        #expect(
            requests.map { "\($0.method) \($0.target)" } == [
                "GET \(Self.next)", "POST /2018-06-01/runtime/invocation/id-1/response",
                "GET \(Self.next)", "POST /2018-06-01/runtime/invocation/id-2/error",
                "GET \(Self.next)",
            ]
        )
        #expect(String(decoding: requests[1].body, as: UTF8.self) == "done")
        #expect(requests[3]["Lambda-Runtime-Function-Error-Type"] == "Backup.unavailable")
        #expect(
            String(decoding: requests[3].body, as: UTF8.self)
                == #"{"errorMessage":"no \"bucket\"","errorType":"Backup.unavailable","stackTrace":[]}"#
        )
        #expect(unsafe String(cString: getenv("_X_AMZN_TRACE_ID")) == "Root=1-id-2")
    }

    @Test func `a start that failed is reported with its type`() async throws {
        let requests = try await withAPI { _ in
            Self.accepted
        } _: { api, server in
            try await api.failInit(InvocationFailure(type: "Init.refused", message: "no such bucket"))
            return server.requests
        }
        #expect(requests.map(\.target) == ["/2018-06-01/runtime/init/error"])
        #expect(requests[0]["Lambda-Runtime-Function-Error-Type"] == "Init.refused")
    }

    @Test func `an invocation without an id is the API's failure`() async throws {
        try await withAPI { _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")]
        } _: { api, _ in
            await #expect(throws: RuntimeAPIFailure.self) { _ = try await api.next() }
        }
    }
}
