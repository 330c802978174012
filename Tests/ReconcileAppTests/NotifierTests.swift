import ArgumentParser
import ReconcileApp
import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// What is sent to whoever is notified.
@Suite struct NotifierTests {
    /// The program's, not Testing's.
    typealias ExitStatus = ReconcileCore.ExitStatus

    @Test(
        arguments: [
            ("https://hooks.example/a/b", "", "https://hooks.example/a/b", "https://hooks.example"),
            ("https://hooks.example/a/b/?k=v", "/fail", "https://hooks.example/a/b/fail?k=v", "https://hooks.example"),
            ("http://127.0.0.1:8000", "", "http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
            ("http://127.0.0.1:8000", "/start", "http://127.0.0.1:8000/start", "http://127.0.0.1:8000"),
        ]
    )
    func `an address keeps its query behind what is appended, and shows no path`(
        text: String,
        suffix: String,
        url: String,
        shown: String
    ) throws {
        let address = try #require(NotifyAddress(spelled: text))
        #expect(address.url(suffix) == url && address.shown == shown)
    }

    @Test(
        arguments: [
            "", "hooks.example", "ftp://hooks.example", "https://u:p@hooks.example/", "https://h/a b", "https://h/#x",
        ]
    )
    func `what is not an address is refused`(text: String) {
        #expect(NotifyAddress(spelled: text) == nil)
    }

    private func notify(
        _ target: String,
        _ style: NotifyStyle,
        _ exit: ExitStatus,
        _ statuses: [Int]
    ) async throws -> [ScriptedRequest] {
        let counted = Counter()
        return try await ScriptedHTTPServer.withServer { _ in
            .reply(statuses[min(counted.next(), statuses.count - 1)], text: "")
        } _: { server in
            let host = try Host(environment: [:], log: LogFlags.parse(["--quiet"]), profile: nil)
            let address = try #require(NotifyAddress(spelled: server.url(target)))
            let notifier = Notifier(host: host, address: address, style: style)
            try await withTimeout(30) {
                await notifier.start()
                await notifier.end(
                    Notification(
                        Notification.Summary(outcome: "partial", run: "r", counts: ["failed": 2]),
                        of: "run",
                        settings: [GivenSetting(option: "domain", value: "d", source: "RECONCILE_DOMAIN")],
                        exit: exit,
                        elapsed: .seconds(90)
                    ),
                    exit: exit
                )
            }
            return server.requests
        }
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)

        func next() -> Int {
            count.withLock { count in
                defer { count += 1 }
                return count
            }
        }
    }

    @Test func `one POST says how it ended`() async throws {
        let requests = try await notify("/hook/s3cret?k=v", .json, .failures, [204])
        let request = try #require(requests.first)
        #expect(requests.count == 1)
        #expect(request.method == "POST" && request.target == "/hook/s3cret?k=v")
        #expect(request["Content-Type"] == "application/json")
        #expect(
            String(decoding: request.body, as: UTF8.self) == """
                {
                  "backup" : null,
                  "command" : "run",
                  "commit" : \(ProgramVersion.commit.map { "\"\($0)\"" } ?? "null"),
                  "counts" : {
                    "failed" : 2
                  },
                  "domain" : "d",
                  "dryRun" : false,
                  "exit" : 3,
                  "format" : 1,
                  "message" : null,
                  "outcome" : "partial",
                  "report" : null,
                  "run" : "r",
                  "seconds" : 90,
                  "version" : "\(ProgramVersion.current)"
                }

                """
        )
    }

    @Test func `a comparison that found something is no success, and a preview says that it is one`() throws {
        var summary = Notification.Summary(outcome: "converged")
        summary.isDryRun = true
        let found = Notification(summary, of: "restore", settings: [], exit: .drift, elapsed: .zero)
        let text = String(decoding: try StableJSON.page(found), as: UTF8.self)
        #expect(text.contains(#""outcome" : "drift""#) && text.contains(#""exit" : 4"#))
        #expect(text.contains(#""dryRun" : true"#))
    }

    @Test(
        arguments: [
            (ExitStatus.converged, ["/hook/start", "/hook"]), (.failures, ["/hook/start", "/hook/fail"]),
            (.drift, ["/hook/start", "/hook/fail"]),
        ]
    )
    func `healthchecks are told of start, success and failure`(exit: ExitStatus, targets: [String]) async throws {
        #expect(try await notify("/hook", .healthchecks, exit, [200]).map(\.target) == targets)
    }

    @Test(arguments: [([500, 200], 2), ([200], 1), ([503], 2), ([404], 2)])
    func `a refusal is tried once more, and then left`(statuses: [Int], requests: Int) async throws {
        #expect(try await notify("/hook", .json, .converged, statuses).count == requests)
    }

    @Test func `an address that cannot be reached keeps nobody`() async throws {
        let host = try Host(environment: [:], log: LogFlags.parse(["--quiet"]), profile: nil)
        let port = try ScriptedHTTPServer.unusedPort()
        let address = try #require(NotifyAddress(spelled: "http://127.0.0.1:\(port)/s3cret"))
        try await withTimeout(20) { await Notifier(host: host, address: address, style: .healthchecks).start() }
    }
}
