import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// No path leads out of a served repository: raw request lines, as no client library would send them.
@Suite struct ServePathTests {
    private static let secret = "nobody may read this"

    /// Request targets in bytes; each is below or beside `/releases/com/acme/lib/1.0/`.
    private static let targets: [[UInt8]] = {
        let jar = "/releases/com/acme/lib/1.0/lib-1.0.jar"
        let texts = [
            "/../secret.txt", "/releases/../../secret.txt", "/releases/../../../secret.txt",
            "/releases/com/acme/lib/1.0/../../../../../../../secret.txt", "/%2e%2e/secret.txt",
            "/releases/%2e%2e/%2e%2e/%2e%2e/secret.txt",
            "/releases/com/acme/lib/1.0/..%2f..%2f..%2f..%2f..%2fsecret.txt",
            "/releases/com/acme/lib/1.0/..%5c..%5csecret.txt", "/releases/com/acme/lib/1.0/..\\..\\secret.txt",
            "/releases%2fcom/acme/lib/1.0/lib-1.0.jar", "/releases/com/acme/lib/1.0%2flib-1.0.jar",
            "/releases/com/acme/lib/1.0/lib-1.0.jar%00", "/releases/com/acme/lib/1.0/lib-1.0.jar%00.txt",
            "/releases/com/acme/lib/1.0/%00", "/%00/com/acme/lib/1.0/lib-1.0.jar",
            "/releases/%252e%252e/%252e%252e/x/1/secret.txt", "/releases/com/acme/lib/1.0/%252e%252e%252fsecret.txt",
            "/releases/com/acme/lib/1.0/lib-1.0%252ejar", "//secret.txt", "///releases/com/acme/lib/1.0/lib-1.0.jar",
            "//releases/com/acme/lib/1.0/lib-1.0.jar", "/releases//com/acme/lib/1.0/lib-1.0.jar",
            "/releases/com/acme/lib/1.0//lib-1.0.jar", "/releases/com/acme/lib/1.0/./lib-1.0.jar",
            "/./releases/com/acme/lib/1.0/lib-1.0.jar", "/releases/com/acme/lib/1.0/%c0%ae%c0%ae/secret.txt",
            "/releases/com/acme/lib/1.0/%e0%80%ae%e0%80%ae/secret.txt", "/releases/com/acme/lib/1.0/%c0%afsecret.txt",
            "/releases/com/acme/lib/1.0/%ff%fe", "/releases/com/acme/lib/1.0/%", "/releases/com/acme/lib/1.0/%zz",
            "http://127.0.0.1/releases/../../secret.txt", "file:///etc/passwd", "/etc/passwd", "/%2fetc%2fpasswd",
            "/releases/%2fetc/passwd/1/x", "*", "releases/com/acme/lib/1.0/lib-1.0.jar",
            "/my-domain/manifests/maven/x/y",
            "/releases/com/acme/lib/1.0", "/releases/com/acme/lib/1.0/", "/releases/..;/..;/x/1/secret.txt",
            jar + "/../../../../../../secret.txt", jar + "/x", "/RELEASES/com/acme/lib/1.0/lib-1.0.jar",
            "/releases/" + String(repeating: "a/", count: 5_000) + "x",
            "/releases/com/acme/lib/1.0/" + String(repeating: "n", count: 60_000),
            "/releases/" + String(repeating: "../", count: 2_000) + "etc/passwd",
        ]
        return texts.map { Array($0.utf8) } + [
            Array("/releases/com/acme/lib/1.0/".utf8) + [0xC0, 0xAE, 0xC0, 0xAE, 0x2F] + Array("secret.txt".utf8),
            Array("/releases/com/acme/lib/1.0/lib-1.0.jar".utf8) + [0xFF],
        ]
    }()

    private struct Answer: Decodable {
        let status: Int
        let body: String
    }

    @Test func `tricks with paths get 400, 404 or 414 and no byte of any file`() async throws {
        try await withScratchDirectory { scratch in
            try FileManager.default.createDirectory(atPath: "\(scratch)/place", withIntermediateDirectories: true)
            try await LocalCodeArtifact.with { server in
                server.publish(try version("com.acme:lib:1.0"), assets: ["lib-1.0.jar": Array("the jar".utf8)])
                let saved = try await server.reconcile(to: "file://\(scratch)/place/backup")
                #expect(saved.status == 0, "\(saved.errors)")
            }
            // Beside the backup, in it, and above it.
            for place in [
                "place/secret.txt", "place/backup/secret.txt", "place/backup/my-domain/secret.txt", "secret.txt",
            ] {
                try Data(Self.secret.utf8).write(to: URL(filePath: "\(scratch)/\(place)"))
            }
            try await serving("file://\(scratch)/place/backup", domain: "my-domain") { address in
                let answers = try await ask(Self.targets, of: address)
                #expect(answers.count == Self.targets.count)
                for (target, answer) in zip(Self.targets, answers) {
                    let words = String(decoding: target.prefix(200), as: UTF8.self)
                    #expect([400, 404, 414].contains(answer.status), "\(words): \(answer.status)")
                    for known in [Self.secret, "the jar", "root:", "\"format\""] {
                        #expect(!answer.body.contains(known), "\(words): \(answer.body.prefix(200))")
                    }
                }
                // And the server goes on.
                let good = try await ask([Array("/releases/com/acme/lib/1.0/lib-1.0.jar".utf8)], of: address)
                #expect(good.map(\.status) == [200])
                #expect(good.first?.body == "the jar")
            }
        }
    }

    /// Sends each target on a connection of its own, byte by byte as given.
    private func ask(_ targets: [[UInt8]], of address: String) async throws -> [Answer] {
        let script = """
            import json, socket, sys
            host, port = sys.argv[1].split("//")[1].split(":")
            answers = []
            for line in open(sys.argv[2]):
                with socket.create_connection((host, int(port)), timeout=10) as peer:
                    peer.sendall(b"GET " + bytes.fromhex(line.strip()) + b" HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
                    got = b""
                    try:
                        while piece := peer.recv(65536):
                            got += piece
                    except ConnectionResetError:
                        pass
                head, _, body = got.partition(b"\\r\\n\\r\\n")
                words = head.split(b" ")
                status = int(words[1]) if len(words) > 1 else 0
                answers.append({"status": status, "body": body.decode("utf-8", "replace")})
            print(json.dumps(answers))
            """
        return try await withScratchDirectory { directory in
            let lines = targets.map { target in
                target.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
            }
            try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: "\(directory)/targets"))
            let asked = try await run("python3", ["-c", script, address, "\(directory)/targets"], seconds: 60)
            #expect(asked.status == 0, "\(asked.errors)")
            return try JSONDecoder().decode([Answer].self, from: Data(asked.output.utf8))
        }
    }
}
