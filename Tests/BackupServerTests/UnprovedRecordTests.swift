import BackupServer
import HTTPTypes
import ReconcileCore
import TestSupport
import Testing

/// Records that do not pass the reader: the newest one that does is served, and without one the answer is 502.
@Suite struct UnprovedRecordTests {
    private typealias Fixture = BackupFixture

    private static let jar = "/releases/com/acme/lib/1.0/lib-1.0.jar"

    private func library() async throws -> (backup: Fixture, text: String, key: String) {
        let backup = Fixture()
        let manifest = try await backup.record("com.acme:lib:1.0", assets: ["lib-1.0.jar": "jar"])
        let key = backup.layout.key(of: manifest.record).value
        return (backup, backup.store.text(at: key), key)
    }

    @Test(
        arguments: [
            (#""size":3"#, #""size":-1"#, "sizes"), (#""size":3"#, #""size":4611686018427387904"#, "sizes"),
            (#""format":1"#, #""format":1,"publishedTime":1e300"#, "times"),
            (#""key":"acme/"#, #""key":"other-domain/"#, "keys"), (#""sha256":"#, #""md6":"#, "members"),
        ]
    )
    func `a file of a version without a record that passes is 502 with the rule`(
        damage: String,
        replacement: String,
        rule: String
    ) async throws {
        let (backup, text, key) = try await library()
        backup.store.place(Array(text.replacing(damage, with: replacement).utf8), at: key)
        let responder = backup.responder()
        for path in [Self.jar, "\(Self.jar).sha1", Self.jar.replacing(".jar", with: ".pom")] {
            for method in [HTTPRequest.Method.get, .head] {
                let answer = await responder.answer(method, path)
                #expect(answer.status == 502)
                if method == .get { #expect(answer.text.contains("(rule: \(rule))"), "\(answer.text)") }
            }
        }
        #expect(await responder.answer("/health").status == 200)
        #expect(await responder.answer("/releases/com/acme/lib/2.0/lib-2.0.jar").status == 404)
    }

    @Test(arguments: [
        ("99991231T235959Z", "Deleted"), ("20231115T000000Z", "Deleted"), ("20231115T000000Z", "Published"),
    ])
    func `an empty object above a true record hides nothing`(time: String, status: String) async throws {
        let (backup, _, key) = try await library()
        let folder = key[...(key.lastIndex(of: "/") ?? key.startIndex)]
        backup.store.place([], at: "\(folder)\(time).cmV2.\(status).json")
        let answer = await backup.responder().answer(Self.jar)
        #expect(answer.status == 200)
        #expect(answer.text == "lib-1.0.jar 0..<3")
        let document = await backup.responder().answer("/releases/com/acme/lib/maven-metadata.xml")
        #expect(document.text.contains("<version>1.0</version>"))
        #expect(!document.text.contains("9999") && !document.text.contains("20231115"))
    }

    @Test func `metrics count the versions whose newest record does not count, until one does`() async throws {
        let (backup, text, key) = try await library()
        let responder = backup.responder()
        func untrusted() async -> String? {
            let lines = await responder.answer("/metrics").text.split(separator: "\n")
            return lines.last { $0.hasPrefix("reconcile_serve_untrusted_versions") }.map(String.init)
        }
        #expect(await untrusted() == "reconcile_serve_untrusted_versions 0")
        backup.store.place(Array("{}".utf8), at: key)
        for _ in 0..<2 { #expect(await responder.answer(Self.jar).status == 502) }
        #expect(await untrusted() == "reconcile_serve_untrusted_versions 1")
        backup.store.place(Array(text.utf8), at: key)
        #expect(await responder.answer(Self.jar).status == 200)
        #expect(await untrusted() == "reconcile_serve_untrusted_versions 0")
        // One beside it that does not count is served over, and counted.
        let folder = key[...(key.lastIndex(of: "/") ?? key.startIndex)]
        backup.store.place([], at: "\(folder)20231115T000000Z.cmV2.Published.json")
        backup.clock.advance(by: .seconds(11))
        #expect(await responder.answer(Self.jar).status == 200)
        #expect(await untrusted() == "reconcile_serve_untrusted_versions 1")
    }

    @Test func `a version of which only a record of the future is there is 502`() async throws {
        let backup = Fixture()
        try await backup.record("com.acme:lib:1.0", assets: ["lib-1.0.jar": "jar"])
        let folder = backup.layout.manifestsPrefix(of: Fixture.version("com.acme:lib:2.0")).value
        backup.store.place([], at: "\(folder)99991231T235959Z.cmV2.Published.json")
        let answer = await backup.responder().answer("/releases/com/acme/lib/2.0/lib-2.0.jar")
        #expect(answer.status == 502)
        #expect(answer.text.contains("(rule: future)"))
    }
}
