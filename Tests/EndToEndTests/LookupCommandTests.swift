import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// get, find, status and runs on a backup in a directory, after the domain has changed.
@Suite(.timeLimit(.minutes(5))) struct LookupCommandTests {
    private let old = Array("the old bytes".utf8)
    private let new = Array("other bytes".utf8)

    /// A backup of a domain with a failure in its last run, and what runs the program on it, without the domain.
    private func withBackup(
        _ body: (_ scratch: String, _ ask: @Sendable ([String]) async throws -> Finished) async throws -> Void
    ) async throws {
        try await withScratchDirectory { scratch in
            var configuration = LocalCodeArtifact.Configuration(repositories: [.init("releases"), .init("shared")])
            configuration.redirectsAssets = false
            try await LocalCodeArtifact.with(configuration) { server in
                let url = "file://\(scratch)/backup"
                server.publish(
                    try version("com.acme:app:1.0"),
                    assets: ["app-1.0.jar": old, "app-1.0-sources.jar": new, "app-1.0.pom": Array("<p/>".utf8)]
                )
                server.publish(try version("com.acme:two:1.0"), assets: ["a.jar": old, "b.jar": new])
                server.publish(try version("com.acme:lib:1.0"), assets: ["lib-1.0.jar": old])
                server.publish(try version("com.acme:lib:1.0", in: "shared"), assets: ["lib-1.0.jar": new])
                let first = try await server.reconcile(to: url)
                try #require(first.status == 0, "\(first.errors)")
                try server.setAsset("app-1.0.jar", new, of: version("com.acme:app:1.0"))
                // The IDs of two runs of one second are in no order.
                try await Task.sleep(for: .seconds(1))
                let second = try await server.reconcile(to: url)
                try #require(second.status == 3, "\(second.errors)")
                server.resetRequests()
                let domain = server.configuration.domain
                try await body(scratch) { arguments in
                    try await run(
                        Programs.reconcile,
                        arguments + ["--domain", domain, "--backup", url, "--log-format", "text"],
                        environment: ["AWS_ENDPOINT_URL": "http://127.0.0.1:9", "TMPDIR": scratch]
                    )
                }
                #expect(server.requests.isEmpty)
            }
        }
    }

    private func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

    /// What a folder holds beside the backup, temporary files included.
    private func names(_ folder: String) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder)).subtracting(["backup"])
    }

    @Test func `get writes the proved file, and replaces none unasked`() async throws {
        try await withBackup { scratch, ask in
            let path = "\(scratch)/app.jar"
            let got = try await ask(["get", "com.acme:app:1.0", "--output", path])
            #expect(got.status == 0, "\(got.errors)")
            #expect(got.output.isEmpty && got.errors.contains("app-1.0.jar of releases/com.acme:app:1.0 as recorded"))
            #expect(try read(path) == old)
            let again = try await ask(["get", "com.acme:app:1.0:app-1.0.pom", "--output", path])
            #expect(again.status == 8 && again.errors.contains("already there and was left as it is; --force"))
            #expect(try read(path) == old)
            let forced = try await ask(["get", "com.acme:app:1.0:app-1.0.pom", "--output", path, "--force"])
            #expect(forced.status == 0, "\(forced.errors)")
            #expect(try read(path) == Array("<p/>".utf8))
            let folder = try await ask(["get", "com.acme:app:1.0:app-1.0-sources.jar", "--output", scratch])
            #expect(folder.status == 0, "\(folder.errors)")
            #expect(try read("\(scratch)/app-1.0-sources.jar") == new)
            #expect(try names(scratch) == ["app.jar", "app-1.0-sources.jar"])
            let nowhere = try await ask(["get", "com.acme:app:1.0", "--output", "\(scratch)/no/where"])
            #expect(nowhere.status == 8, "\(nowhere.errors)")

            let shown = try await ask(["get", "com.acme:app:1.0", "--output", "-"])
            #expect(shown.status == 0 && Array(shown.output.utf8) == old, "\(shown.errors)")
            let device = try await ask(["get", "com.acme:app:1.0", "--output", "/dev/stdout"])
            #expect(device.status == 0 && Array(device.output.utf8) == old, "\(device.errors)")
        }
    }

    @Test func `get says what it cannot choose or find, and writes nothing`() async throws {
        try await withBackup { scratch, ask in
            for (asked, status, words) in [
                (["com.acme:two:1.0"], 64, "such as com.acme:two:1.0:a.jar. It has a.jar, b.jar"),
                (
                    ["com.acme:lib:1.0"], 64,
                    "lib-1.0.jar has different bytes in 2 repositories; choose one with --repository"
                ),
                (["com.acme:app:1.0:x.jar"], 8, "has no file x.jar; it has app-1.0-sources.jar, app-1.0.jar"),
                (["com.acme:app:1.1"], 8, "nearest: com.acme:app:1.0"),
                (["com.acme:app"], 64, "group:artifact:version:file, without * and ?"),
                (
                    ["com.acme:app:1.0", "--as-of", "2020-01-01T00:00:00Z"], 8,
                    "was not recorded by 2020-01-01T00:00:00Z"
                ),
            ] {
                let answer = try await ask(["get"] + asked + ["--output", "\(scratch)/x"])
                #expect(answer.status == status && answer.errors.contains(words), "\(asked): \(answer.errors)")
            }
            let chosen = try await ask(["get", "com.acme:lib:1.0", "--repository", "shared", "--output", "-"])
            #expect(chosen.status == 0 && Array(chosen.output.utf8) == new)
            #expect(try names(scratch).isEmpty)
        }
    }

    @Test func `get refuses bytes that are not the record's, and leaves no file`() async throws {
        try await withBackup { scratch, ask in
            let stored = try files(below: "\(scratch)/backup").first { $0.key.hasSuffix("/app/1.0/app-1.0.jar") }
            let file = try #require(stored).value
            for bytes in ["the odd bytes", "short", "longer than the old bytes"] {
                try Data(bytes.utf8).write(to: file)
                for output in bytes == "short" ? ["-"] : ["\(scratch)/x"] {
                    let answer = try await ask(["get", "com.acme:app:1.0", "--output", output])
                    #expect(answer.status == 3 && answer.output.isEmpty, "\(bytes): \(answer.errors)")
                    #expect(answer.errors.contains("its record names"), "\(answer.errors)")
                }
            }
            #expect(try names(scratch).isEmpty)
        }
    }

    private struct Files: Decodable {
        struct Row: Decodable {
            var repository: String
            var version: String
            var asset: String
            var sha256: String
        }
        var files: [Row]
    }

    @Test func `find names each file below its version, or in a document`() async throws {
        try await withBackup { _, ask in
            let table = try await ask(["find", "lib-1.0", "*.pom", "--output", "table"])
            #expect(table.status == 0, "\(table.errors)")
            let lines = table.output.split(separator: "\n")
            #expect(lines.count == 9 && lines[1].hasPrefix("  app-1.0.pom  "))
            #expect(
                lines.filter { !$0.hasPrefix(" ") }.map { $0.prefix { $0 != "," } } == [
                    "releases/com.acme:app:1.0", "releases/com.acme:lib:1.0", "shared/com.acme:lib:1.0",
                ]
            )
            let hash = try sha256(of: new)
            let found = try await ask(["find", hash])
            let document = try JSONDecoder().decode(Files.self, from: Data(found.output.utf8))
            #expect(document.files.map(\.asset) == ["app-1.0-sources.jar", "b.jar", "lib-1.0.jar"])
            #expect(document.files.allSatisfy { $0.sha256 == hash })
            let none = try await ask(["find", "nothing.jar"])
            #expect(none.status == 8 && none.output.isEmpty && none.errors.contains("matches nothing.jar"))
        }
    }

    private func sha256(of bytes: [UInt8]) throws -> String { testHashes.digest(bytes, .sha256) }

    private struct Standing: Decodable {
        struct Run: Decodable {
            var runID: String
            var outcome: String
            var ageSeconds: Int
        }
        struct Failure: Decodable {
            var package: String
            var version: String
            var state: String
            var message: String
        }
        var protected: Int
        var unprotected: Int
        var lastRun: Run
        var failures: [Failure]
        var next: String
    }

    private struct Reports: Decodable {
        struct Row: Decodable {
            var runID: String
            var command: String
            var outcome: String
            var copied: Int?
            var failed: Int
        }
        var total: Int
        var reports: [Row]
    }

    @Test func `status names what is unprotected and why, runs lists the reports and shows one`() async throws {
        try await withBackup { _, ask in
            let told = try await ask(["status"])
            #expect(told.status == 4, "\(told.errors)")
            let standing = try JSONDecoder().decode(Standing.self, from: Data(told.output.utf8))
            #expect(standing.lastRun.outcome == "partial" && standing.lastRun.ageSeconds < 300)
            #expect(standing.protected == 3 && standing.unprotected == 1 && standing.failures.count == 1)
            let failure = try #require(standing.failures.first)
            #expect(failure.package == "app" && failure.version == "1.0" && failure.state == "stale")
            #expect(standing.next.hasPrefix("reconcile run --domain "))
            let text = try await ask(["status", "--output", "table"])
            #expect(text.status == 4 && text.output.contains("\n  releases/com.acme:app:1.0\n"))
            #expect(text.output.contains("\nlast verification  none is recorded\n"))

            let verified = try await ask(["verify", "--record"])
            #expect(verified.status == 0, "\(verified.errors)")
            let listed = try await ask(["runs"])
            #expect(listed.status == 0, "\(listed.errors)")
            let reports = try JSONDecoder().decode(Reports.self, from: Data(listed.output.utf8))
            #expect(reports.total == 3)
            #expect(reports.reports.map(\.command).sorted() == ["run", "run", "verify"])
            #expect(reports.reports.filter { $0.command == "run" }.map(\.outcome) == ["partial", "converged"])
            #expect(reports.reports.last?.copied == 4)
            let one = try await ask(["runs", "--last", "1", "--output", "table"])
            #expect(one.output.hasSuffix("1 of 3 reports; --last 3 lists all\n"), "\(one.output)")

            let id = standing.lastRun.runID
            for asked in [id, String(id.dropLast())] {
                let shown = try await ask(["runs", "show", asked])
                #expect(shown.status == 0, "\(shown.errors)")
                let report = try JSONDecoder().decode(RunReport.self, from: Data(shown.output.utf8))
                #expect(report.runID == id && report.versions.failed == 1)
            }
            let words = try await ask(["runs", "show", id, "--output", "table"])
            #expect(
                words.output.contains("partial: ")
                    && words.output.contains("  releases/com.acme:app:1.0  app-1.0.jar\n")
            )
            #expect(try await ask(["runs", "show", "latest"]).status == 0)
            let several = try await ask(["runs", "show", "2"])
            #expect(several.status == 64 && several.errors.contains("is the beginning of 3 reports"))
            let unknown = try await ask(["runs", "show", "1999"])
            #expect(unknown.status == 8 && unknown.errors.contains("no report has the ID 1999"))
            let misspelt = try await ask(["runs", "shwo", "latest"])
            #expect(misspelt.status == 64 && misspelt.errors.contains("did you mean runs show latest?"))
            let time = try await ask(["runs", "show", "yesterday"])
            #expect(
                time.status == 8 && time.errors.contains("to list those since yesterday: runs --since yesterday"),
                "\(time.errors)"
            )
            let since = try await ask(["runs", "--since", "24h"])
            #expect(try JSONDecoder().decode(Reports.self, from: Data(since.output.utf8)).total == 3)
            try await Task.sleep(for: .seconds(1))
            let none = try await ask(["runs", "--since", "now"])
            #expect(none.status == 8 && none.errors.contains("; the newest is 20"), "\(none.errors)")
        }
    }

    @Test func `verify prints its report where JSON is asked for by name, and once`() async throws {
        try await withBackup { _, ask in
            for more in [["--output", "json"], ["--report", "-"], ["--output", "json", "--report", "-"]] {
                let verified = try await ask(["verify"] + more)
                let report = try JSONDecoder().decode(VerifyReport.self, from: Data(verified.output.utf8))
                #expect(verified.status == 0 && report.outcome == .sound, "\(verified.errors)")
            }
            #expect(try await ask(["verify"]).output.isEmpty)
        }
    }

    @Test func `quiet, a command prints what it is for, and nothing beside warnings and errors`() async throws {
        try await withBackup { _, ask in
            for command in [
                ["status"], ["runs"], ["runs", "show", "latest"], ["show", "com.acme:app"],
                ["history", "com.acme:app"],
                ["find", "app-1.0"], ["drift", "--offline"],
                ["get", "com.acme:lib:1.0", "--repository", "shared", "--output", "-"],
                ["verify", "--output", "json"],
            ] {
                let answer = try await ask(command + ["-q"])
                let lines = answer.errors.split(separator: "\n")
                #expect(
                    !answer.output.isEmpty && lines.allSatisfy { $0.contains("warning") },
                    "\(command): \(answer.errors)"
                )
            }
        }
    }

    @Test func `a mistyped domain is answered with the one that is there`() async throws {
        try await withBackup { directory, _ in
            for command in [
                ["runs"], ["find", "x"], ["show", "g:a"], ["history", "g:a"], ["get", "g:a:1"], ["status"],
            ] {
                let answer = try await run(
                    Programs.reconcile,
                    command + [
                        "--domain", "my-domian", "--backup", "file://\(directory)/backup", "--log-format", "text",
                    ]
                )
                #expect(
                    answer.status == 8 && answer.errors.contains("no backup of the domain my-domian")
                        && answer.errors.contains("there is only my-domain"),
                    "\(command): \(answer.errors)"
                )
            }
        }
    }

    @Test func `where nothing is, status and runs find nothing`() async throws {
        try await withScratchDirectory { scratch in
            for command in [["status"], ["runs"], ["find", "x"], ["get", "g:a:1"]] {
                let answer = try await run(
                    Programs.reconcile,
                    command + ["--domain", "d", "--backup", "file://\(scratch)", "--log-format", "text"]
                )
                #expect(answer.status == 8 && answer.output.isEmpty, "\(command): \(answer.errors)")
            }
        }
    }
}
