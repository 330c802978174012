import BackupServer
import Logging
import ReconcileCore
import TestSupport
import Testing

/// What somebody may try who can reach `reconcile-serve`, a row each: no answer shows what is not for builds or sets a
/// field of the attacker's, and the server goes on.
@Suite struct HTTPAttackTests {
    @Test func `there are enough of them, and no two alike`() {
        #expect(HTTPAttack.all.count >= 60)
        #expect(Set(HTTPAttack.all.map(\.name)).count == HTTPAttack.all.count)
    }

    @Test(arguments: [nil, "s3cret"])
    func `none of them shows anything, with a token and without`(token: String?) async throws {
        let backup = BackupFixture(keepsVersions: true)
        try await backup.record("com.acme:lib:1.0", assets: ["lib-1.0.jar": "the jar"])
        for key in [
            "acme/maven/releases/com/acme/lib/1.0/stray.jar", "acme/runs/2026-01-01/secret.json",
            "acme/runs/secret.json",
            "acme/configuration/20260101T000000Z.json", "other/maven/releases/com/acme/lib/1.0/lib-1.0.jar",
            "etc/passwd",
        ] {
            backup.store.place(Array(HTTPAttack.canary.utf8), at: key)
        }
        let attacks = HTTPAttack.all.filter { token != nil || !$0.name.hasPrefix("a token") }
        try await serving(backup, token: token) { address in
            for attack in attacks {
                let client = try RawClient(address)
                client.send(attack.request)
                let answer = try await client.answer()
                let status = answer.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
                // Who shows no token learns nothing else; what is no request at all is refused before.
                let allowed = token == nil ? attack.allowed : [400, 401, 405, 414, 431, 501]
                #expect(allowed.contains(status), "\(attack.name): \(answer.prefix(60))")
                #expect(!answer.contains(HTTPAttack.canary), "\(attack.name)")
                let head = answer.split(separator: "\r\n\r\n", maxSplits: 1).first ?? ""
                #expect(!head.lowercased().contains("\r\nx-evil"), "\(attack.name)")
                #expect(!answer.contains("<script>alert") && !answer.contains("<img src=x"), "\(attack.name)")
                let next = try RawClient(address)
                next.send("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                #expect(try await next.answer().hasPrefix("HTTP/1.1 200 "), "after \(attack.name)")
            }
        }
    }

    private func serving(
        _ backup: BackupFixture,
        token: String?,
        _ body: @escaping @Sendable (_ address: String) async throws -> Void
    ) async throws {
        let responder = backup.responder(token: token, pages: true)
        await responder.pages?.view.catchUp()
        let server = RepositoryServer(
            responder: responder,
            store: backup.store,
            clock: SystemClock(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            connections: 100
        )
        let stop = StopBell()
        let (ports, bound) = AsyncStream<Int>.makeStream()
        try await withTimeout {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await server.run(host: "127.0.0.1", port: 0, grace: .seconds(1)) { port in
                        bound.yield(port)
                        bound.finish()
                    } until: {
                        await stop.wait()
                    }
                }
                for await port in ports { try await body("http://127.0.0.1:\(port)") }
                stop.ring()
                try await group.waitForAll()
            }
        }
    }
}
