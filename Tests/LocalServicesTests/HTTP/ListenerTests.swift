import HTTPTransfer
import Logging
import TestSupport
import Testing

@testable import LocalServices

/// A listener that closes while clients knock.
@Suite struct ListenerTests {
    @Test func `connections that arrive while the listener closes do not end the process`() async throws {
        try await withTimeout {
            try await HTTPClient.withClient(HTTPClientSettings()) { client in
                for _ in 1...200 {
                    await withTaskGroup(of: Void.self) { knocking in
                        _ = try? await LocalHTTPServer.with(
                            host: "127.0.0.1",
                            port: 0,
                            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                            respond: { _ in .text(200, "here\n") }
                        ) { port in
                            let request = HTTPRequest(method: .get, url: "http://127.0.0.1:\(port)/")
                            for _ in 1...8 {
                                knocking.addTask { _ = try? await client.send(request) }
                            }
                            try? await Task.sleep(for: .microseconds(Int.random(in: 0...800)))
                        }
                    }
                }
            }
        }
    }
}
