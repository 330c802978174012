import HTTPTransfer
import Synchronization
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct TraceTests {
    private func traces(
        of label: RequestLabel?,
        at target: String,
        answering steps: [ScriptedStep]
    ) async throws -> [ExchangeTrace] {
        let traces = Mutex<[ExchangeTrace]>([])
        try await ScriptedHTTPServer.withServer({ _ in steps }) { server in
            try await HTTPClient.withClient(trace: { trace in traces.withLock { $0.append(trace) } }) { client in
                var request = HTTPRequest.get(server.url(target))
                request.headers = ["Authorization": "Bearer secret"]
                request.label = label
                _ = try? await client.send(request)
            }
        }
        return traces.withLock { $0 }
    }

    @Test func `a request is traced at its end, without its query and its token`() async throws {
        let label = RequestLabel(service: "s3", operation: "GetObject", attempt: 2)
        let steps = [ScriptedStep].reply(200, headers: [("x-amz-request-id", "ID1")], text: "hello")
        let traces = try await traces(of: label, at: "/a%20b/c?X-Amz-Security-Token=secret", answering: steps)
        let trace = try #require(traces.first)
        #expect(traces.count == 1)
        #expect(trace.label == label)
        #expect(trace.method == .get)
        #expect(trace.host.hasPrefix("127.0.0.1:"))
        #expect(trace.path == "/a%20b/c")
        #expect(trace.status == 200)
        #expect(trace.bytes == 5)
        #expect(trace.requestID == "ID1")
        #expect(trace.failure == nil)
        #expect(!"\(trace)".contains("secret"))
    }

    @Test func `the path is left out where the label hides it, and a request without a label altogether`() async throws
    {
        let label = RequestLabel(service: "maven", operation: "GetAsset", attempt: 1, showsPath: false)
        let hidden = try await traces(of: label, at: "/signed", answering: .reply(403))
        #expect(hidden.map(\.path) == [nil])
        #expect(hidden.map(\.status) == [403])
        #expect(try await traces(of: nil, at: "/role", answering: .reply(200)).isEmpty)
    }

    @Test func `what ended a request without an answer is said`() async throws {
        let label = RequestLabel(service: "s3", operation: "GetObject", attempt: 1)
        let traces = try await traces(of: label, at: "/a?q=secret", answering: [.reset])
        let trace = try #require(traces.first)
        #expect(trace.status == nil)
        #expect(trace.failure != nil)
        #expect(!"\(trace)".contains("secret"))
    }

    @Test func `a body that stands still for five seconds is counted as stalled until it ends`() async throws {
        let gate = ScriptedGate()
        try await ScriptedHTTPServer.withServer(
            { _ in [.send([ScriptedStep].head(200, length: 2)), .send("a"), .hold(gate), .send("b")] }
        ) { server in
            try await HTTPClient.withClient { client in
                async let answer = client.send(.get(server.url("/")))
                while client.stalledCount == 0 { try await Task.sleep(for: .milliseconds(50)) }
                #expect(client.stalledCount == 1)
                gate.open()
                #expect(try await answer.body == Array("ab".utf8))
                while client.stalledCount > 0 { try await Task.sleep(for: .milliseconds(50)) }
            }
        }
    }
}
