import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// The programs with a key and a trust file, on a backup in a directory.
@Suite struct SignedBackupTests {
    /// A domain of two versions, and what is given to the programs.
    private struct Stage: Sendable {
        let server: LocalCodeArtifact
        let scratch: String

        var url: String { "file://\(scratch)/backup" }
        var key: String { "\(scratch)/key.pem" }
        var trust: String { "\(scratch)/trust.json" }
        var signing: [String] { ["--trust", trust, "--signing-key", key] }

        func makeKey(_ path: String) async throws {
            let arguments = ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path]
            #expect(try await EndToEndTests.run("openssl", arguments).status == 0)
        }

        /// Writes the trust file of a key.
        func makeTrust(_ path: String, of key: String, domain: String = "my-domain", owner: String = "111122223333")
            async throws
        {
            let made = try await EndToEndTests.run(
                Programs.reconcile,
                [
                    "trust", "--signing-key", key, "--domain", domain, "--domain-owner", owner, "--region",
                    server.configuration.region,
                ]
            )
            #expect(made.status == 0, "\(made.errors)")
            try Data(made.output.utf8).write(to: URL(filePath: path))
        }

        func run(_ arguments: [String]) async throws -> Reconciled {
            try await server.reconcile(to: url, arguments, seconds: 60)
        }

        /// Manifests and other records, by path from the domain's folder.
        func records() throws -> [String: URL] {
            guard FileManager.default.fileExists(atPath: "\(scratch)/backup/my-domain") else { return [:] }
            return try files(below: "\(scratch)/backup/my-domain").filter { path, _ in
                ["manifests/", "configuration/"].contains { path.hasPrefix($0) }
            }
        }
    }

    private func withStage(_ body: @Sendable (Stage) async throws -> Void) async throws {
        try await withScratchDirectory { scratch in
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                for number in ["1.0", "2.0"] {
                    server.publish(
                        try version("com.acme:app:\(number)"),
                        assets: ["app-\(number).jar": Array("jar \(number)".utf8)]
                    )
                }
                let stage = Stage(server: server, scratch: scratch)
                try await stage.makeKey(stage.key)
                try await stage.makeTrust(stage.trust, of: stage.key)
                try await body(stage)
            }
        }
    }

    @Test func `what was replaced is a fault, and is neither got nor served`() async throws {
        try await withStage { stage in
            let first = try await stage.run(stage.signing)
            #expect(first.status == 0, "\(first.errors)")
            #expect(try stage.records().count == 3)
            for (path, file) in try stage.records() {
                let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
                #expect(text.contains(#","signature":""#), "\(path)")
            }
            #expect(try await stage.run(stage.signing).status == 0)
            let verification = Verification(server: stage.server, url: stage.url, environment: [:])
            for arguments in [[], ["--trust", stage.trust]] {
                let intact = try await verification.run(arguments)
                #expect(intact.status == 0, "\(intact.errors)")
            }
            // The same record without its signature.
            let (path, file) = try #require(try stage.records().first { $0.key.contains("/app/1.0/") })
            let body = SignedObject(Array(try Data(contentsOf: file))).body
            try Data(body).write(to: file)
            let seen = try await verification.run(["--trust", stage.trust])
            #expect(seen.status == 6, "\(seen.errors)")
            #expect(seen.rows.contains("unreadableManifest my-domain/\(path)"), "\(seen.rows)")
            #expect(try await verification.run().status == 0)
            for (number, status) in [("1.0", 3), ("2.0", 0)] {
                let got = try await EndToEndTests.run(
                    Programs.reconcile,
                    [
                        "get", "com.acme:app:\(number)", "--domain", "my-domain", "--backup", stage.url, "--trust",
                        stage.trust, "--to", "\(stage.scratch)/got-\(number)",
                    ]
                )
                #expect(got.status == status, "\(got.errors)")
            }
            try await serving(stage.url, domain: "my-domain", ["--trust", stage.trust]) { address in
                for (number, code) in [("1.0", "502"), ("2.0", "200")] {
                    let url = "\(address)/releases/com/acme/app/\(number)/app-\(number).jar"
                    let asked = try await EndToEndTests.run(
                        "curl",
                        ["-s", "-o", "/dev/null", "-w", "%{http_code}", url]
                    )
                    #expect(asked.output == code)
                }
            }
        }
    }

    @Test func `a trust file that cannot be meant ends every command with 8`() async throws {
        try await withStage { stage in
            #expect(try await stage.run(stage.signing).status == 0)
            let owner = "\(stage.scratch)/owner.json"
            try await stage.makeTrust(owner, of: stage.key, owner: "999999999999")
            let future = "\(stage.scratch)/future.json"
            let anchor = #"{ "cutoff": "2099-01-01T00:00:00Z", "digest": "\#(String(repeating: "ab", count: 32))" }"#
            let text = try String(contentsOfFile: stage.trust, encoding: .utf8)
            try text.replacing("\"anchors\": []", with: "\"anchors\": [\(anchor)]")
                .write(toFile: future, atomically: true, encoding: .utf8)
            for command in ["drift", "plan", "run"] {
                let more = command == "run" ? ["--signing-key", stage.key] : []
                for (file, reason) in [
                    (owner, "the trust file is for 999999999999/"), (future, "has an anchor of 2099-01-01T00:00:00Z"),
                ] {
                    let refused = try await EndToEndTests.run(
                        Programs.reconcile,
                        [command] + stage.server.arguments(to: stage.url) + ["--trust", file] + more,
                        environment: stage.server.environment
                    )
                    #expect(refused.status == 8, "\(command): \(refused.errors)")
                    #expect(refused.errors.contains(reason), "\(command): \(refused.errors)")
                }
            }
        }
    }

    @Test func `a key that others can read is warned of`() async throws {
        try await withStage { stage in
            for (mode, warns) in [("600", false), ("400", false), ("640", true), ("604", true)] {
                #expect(try await run("chmod", [mode, stage.key]).status == 0)
                let ran = try await stage.run(stage.signing)
                #expect(ran.status == 0, "\(ran.errors)")
                let said = "have access to \(stage.key) (mode 0\(mode))"
                #expect(ran.errors.contains(said) == warns, "\(mode): \(ran.errors)")
            }
        }
    }

    @Test func `a pipe that nobody writes to holds no command up for ever`() async throws {
        try await withStage { stage in
            let pipe = "\(stage.scratch)/pipe"
            #expect(try await run("mkfifo", [pipe]).status == 0)
            async let key = stage.run(["--trust", stage.trust, "--signing-key", pipe])
            async let trust = stage.run(["--trust", pipe, "--signing-key", stage.key])
            for ended in try await [key, trust] {
                #expect(ended.status == 8, "\(ended.errors)")
                #expect(ended.errors.contains("nothing wrote it to its end within 30 seconds"), "\(ended.errors)")
            }
        }
    }

    @Test func `a key that is given for the name of its file is not repeated`() async throws {
        try await withStage { stage in
            let text = try String(contentsOfFile: stage.key, encoding: .utf8)
            let lines = text.split(separator: "\n").filter { !$0.hasPrefix("-") }
            for (arguments, status) in [
                (["--signing-key=\(text)"], 8), (["--signing-key", text], 64),
                (["--signing-key=\(lines.joined())"], 8),
            ] {
                let refused = try await stage.run(["--trust", stage.trust] + arguments)
                #expect(refused.status == status, "\(refused.errors)")
                let said = refused.output + refused.errors
                #expect(!lines.contains { said.contains($0) }, "\(said)")
                #expect(said.contains("not repeated here"), "\(said)")
            }
        }
    }

    @Test func `a writer that nobody would believe writes nothing and ends with 8`() async throws {
        try await withStage { stage in
            let other = "\(stage.scratch)/other"
            try await stage.makeKey("\(other).pem")
            try await stage.makeTrust("\(other).json", of: stage.key, domain: "other-domain")
            try await stage.makeTrust("\(other)-owner.json", of: stage.key, owner: "999999999999")
            let p384 = ["ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", "\(stage.scratch)/p384.pem"]
            #expect(try await run("openssl", p384).status == 0)
            for (arguments, reason) in [
                (["--trust", stage.trust], "--trust requires --signing-key here"),
                (["--signing-key", stage.key], "--signing-key requires --trust"),
                (["--trust", stage.trust, "--signing-key", "\(other).pem"], "is not a key that the trust file has"),
                (["--trust", "\(other).json", "--signing-key", stage.key], "is for the domain other-domain"),
                (["--trust", "\(other)-owner.json", "--signing-key", stage.key], "999999999999/us-west-2/my-domain"),
                (["--trust", stage.trust, "--signing-key", "\(stage.scratch)/p384.pem"], "is on the curve secp384r1"),
                (["--trust", stage.trust, "--signing-key", "\(stage.scratch)/none.pem"], "does not exist"),
                (["--trust", stage.key, "--signing-key", stage.key], "is not a trust file"),
            ] {
                let refused = try await stage.run(arguments)
                #expect(refused.status == 8, "\(arguments) \(refused.errors)")
                #expect(refused.errors.contains(reason), "\(refused.errors)")
                #expect(!refused.errors.contains("PRIVATE KEY"))
            }
            #expect(try stage.records().isEmpty)
        }
    }

    @Test func `a backup that has records is signed once a run is told to begin`() async throws {
        try await withStage { stage in
            #expect(try await stage.run([]).status == 0)
            let refused = try await stage.run(stage.signing)
            #expect(refused.status == 8, "\(refused.errors)")
            #expect(refused.errors.contains("run once with --begin-signing"), "\(refused.errors)")
            #expect(try stage.records().count == 3)
            // Records are of the second, and the next run's must be later.
            try await Task.sleep(for: .seconds(1.1))
            let begun = try await stage.run(stage.signing + ["--begin-signing"])
            #expect(begun.status == 0, "\(begun.errors)")
            #expect(begun.report?.versions.copied == 2)
            let verification = Verification(server: stage.server, url: stage.url, environment: [:])
            let seen = try await verification.run(["--trust", stage.trust])
            #expect(seen.status == 6)
            #expect(seen.rows.count == 3, "\(seen.rows)")
        }
    }

    @Test func `a recorded verification is signed, and one that is not ends no alarm under trust`() async throws {
        try await withStage { stage in
            #expect(try await stage.run(stage.signing).status == 0)
            let verification = Verification(server: stage.server, url: stage.url, environment: [:])
            func state() async throws -> Finished {
                let place = ["--domain", "my-domain", "--backup", stage.url, "--trust", stage.trust]
                return try await EndToEndTests.run(Programs.reconcile, ["status"] + place)
            }
            let file = URL(filePath: "\(stage.scratch)/backup/my-domain/maven/releases/com/acme/app/1.0/app-1.0.jar")
            let bytes = try Data(contentsOf: file)
            try Data("forged!".utf8).write(to: file)
            #expect(try await verification.run(["--record"] + stage.signing).status == 6)
            try bytes.write(to: file)
            let unsigned = try await verification.run(["--record", "--trust", stage.trust])
            #expect(unsigned.status == 0 && unsigned.errors.contains("stored unsigned"), "\(unsigned.errors)")
            let red = try await state()
            #expect(red.status == 4, "\(red.output)")
            #expect(red.output.contains(#""unprovedVerification" : {"#), "\(red.output)")
            #expect(try await verification.run(["--record"] + stage.signing).status == 0)
            let green = try await state()
            #expect(green.status == 0, "\(green.output)")
        }
    }
}
