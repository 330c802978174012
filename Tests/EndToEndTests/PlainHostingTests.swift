import FoundationEssentials
import LocalServices
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// A backup with `--sidecars sha1` behind a web server that knows nothing but files.
@Suite(.enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"))
struct PlainHostingTests {
    private static let build = "2.0-20261122.080000-1"

    private static func pom(_ artifact: String, _ version: String) -> [UInt8] {
        Array(
            """
            <project><modelVersion>4.0.0</modelVersion>
            <groupId>com.acme</groupId><artifactId>\(artifact)</artifactId><version>\(version)</version></project>
            """.utf8
        )
    }

    @Test func `maven resolves from the tree with the checksum policy fail, and verify wants the files there`()
        async throws
    {
        try await withScratchDirectory { scratch in
            let backup = "\(scratch)/backup"
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                for number in ["1.9", "1.10"] {
                    server.publish(
                        try version("com.acme:lib:\(number)"),
                        assets: [
                            "lib-\(number).jar": Array("jar \(number)".utf8),
                            "lib-\(number).pom": Self.pom("lib", number),
                        ]
                    )
                }
                try server.publishSnapshot(
                    try version("com.acme:snap:\(Self.build)"),
                    assets: [
                        "snap-\(Self.build).jar": Array("a build".utf8),
                        "snap-\(Self.build).pom": Self.pom("snap", "2.0-SNAPSHOT"),
                    ]
                )
                let run = try await server.reconcile(to: "file://\(backup)", ["--sidecars", "sha1"])
                #expect(run.status == 0, "\(run.errors)")
            }
            let repository = "\(backup)/my-domain/maven/releases"
            try await withPlainServer(of: repository, in: scratch) { address in
                let client = try MavenClient(in: "\(scratch)/client", repository: address)
                for (artifact, expected) in [
                    ("lib:1.9", "jar 1.9"), ("lib:[1.0,2.0)", "jar 1.10"), ("snap:2.0-SNAPSHOT", "a build"),
                ] {
                    let (files, failure) = try await client.get("com.acme:\(artifact)")
                    #expect(failure == nil, "\(failure?.suffix(3_000) ?? "")")
                    #expect(files.values.contains(Array(expected.utf8)), "\(artifact): \(files.keys)")
                }
            }

            let verify = [
                "verify", "--domain", "my-domain", "--backup", "file://\(backup)", "--sidecars", "sha1",
                "--settling", "0s", "--depth", "bytes",
            ]
            let sound = try await run(Programs.reconcile, verify)
            #expect(sound.status == 0, "\(sound.errors)")
            try FileManager.default.removeItem(atPath: "\(repository)/com/acme/lib/1.9/lib-1.9.jar.sha1")
            let faulty = try await run(Programs.reconcile, verify + ["--metrics-file", "\(scratch)/verify.prom"])
            #expect(faulty.status == 6)
            #expect(faulty.errors.contains("com/acme/lib/1.9/lib-1.9.jar.sha1"))
            let metrics = String(decoding: try Data(contentsOf: URL(filePath: "\(scratch)/verify.prom")), as: UTF8.self)
            let labels = #"{domain="my-domain",shard="0_1",class="wrong_sidecar"}"#
            #expect(metrics.contains("reconcile_verify_faults\(labels) 1\n"))
            #expect(!metrics.contains("last_sound"))

            // Without the file Maven takes nothing: it is what the policy asks for.
            try await withPlainServer(of: repository, in: scratch) { address in
                let client = try MavenClient(in: "\(scratch)/again", repository: address)
                let (files, failure) = try await client.get("com.acme:lib:1.9")
                #expect(failure?.contains("hecksum") == true, "\(failure ?? "\(files.keys)")")
            }
        }
    }

    /// Python's file server, on a port of its own; it has ended when this returns.
    ///
    /// - Parameter scratch: where it may leave a file, outside of what it serves.
    private func withPlainServer(
        of directory: String,
        in scratch: String,
        _ body: @escaping @Sendable (_ address: String) async throws -> Void
    ) async throws {
        // `python3 -m http.server` on a free port, and telling which.
        let script = """
            import functools, http.server, sys
            handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
            open(sys.argv[2], "w").write(str(server.server_address[1]) + "\\n")
            server.serve_forever()
            """
        let port = "\(scratch)/port-\(UInt64.random(in: .min ... .max))"
        _ = try await running("/usr/bin/python3", ["-c", script, directory, port], environment: [:]) { send in
            defer { try? send(.terminate) }
            var text = ""
            while !text.hasSuffix("\n") {
                try await Task.sleep(for: .milliseconds(20))
                text = (try? Data(contentsOf: URL(filePath: port))).map { String(decoding: $0, as: UTF8.self) } ?? ""
            }
            try await body("http://127.0.0.1:\(text.dropLast())/")
        }
    }
}
