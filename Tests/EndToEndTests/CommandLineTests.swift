import FoundationEssentials
import LocalServices
import ReconcileApp
import TestSupport
import Testing

/// What a person and a script see of the command line.
@Suite struct CommandLineTests {
    @Test func `both subcommands and the exit status are explained at the top`() async throws {
        let help = try await run(Programs.reconcile, ["--help"], seconds: 30)
        #expect(help.output.contains("run (default)"))
        #expect(help.output.contains("plan"))
        #expect(help.output.contains("Exit status"))
    }

    @Test(arguments: ["reconcile", "reconcile-serve", "backup-lambda", "sandbox"])
    func `each program prints its name, version, commit and compiler`(program: String) async throws {
        let version = try await run(Programs.built(program), ["--version"], seconds: 30)
        #expect(version.status == 0)
        let facts = /0\.2\.0 \((unknown commit|[0-9a-f]{40}(-dirty)?), Swift 6\.[0-9.]+( or later)?\)\n/
        let words = version.output.split(separator: " ", maxSplits: 1)
        #expect(words.first.map(String.init) == program)
        #expect(words.last?.wholeMatch(of: facts) != nil, "\(version.output)")
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `shells complete the flags`(shell: String) async throws {
        let script = try await run(Programs.reconcile, ["--generate-completion-script", shell], seconds: 30)
        #expect(script.status == 0)
        #expect(script.output.contains("domain-owner"))
    }

    @Test func `an unknown flag is a usage error`() async throws {
        let finished = try await run(Programs.reconcile, ["--no-such-flag"], seconds: 30)
        #expect(finished.status == 64)
        #expect(finished.errors.contains("--no-such-flag"))
    }

    @Test func `everything that is missing is named at once`() async throws {
        let finished = try await run(Programs.reconcile, ["--domain", "d"], seconds: 30)
        #expect(finished.status == 64)
        #expect(
            finished.errors == """
                reconcile run: missing --domain-owner, --backup and --region (or AWS_REGION). Example: reconcile run \
                --domain my-domain --domain-owner 111122223333 --backup s3://my-bucket --region eu-west-1
                See reconcile run --help

                """
        )
    }

    @Test func `the example is one that has what is missing`() async throws {
        let arguments = ["verify", "--domain", "d", "--backup", "file:///srv", "--repair"]
        let finished = try await run(Programs.reconcile, arguments, seconds: 30)
        #expect(finished.status == 64)
        #expect(
            finished.errors.hasPrefix(
                """
                reconcile verify: missing --domain-owner and --region (or AWS_REGION). Example: reconcile verify \
                --domain my-domain --domain-owner 111122223333 --backup s3://my-bucket --repair --region eu-west-1
                """
            )
        )
    }

    @Test("A word that names no command", arguments: [("verfy", "; did you mean verify?"), ("xyzzy", "")])
    func noCommand(word: String, end: String) async throws {
        let finished = try await run(Programs.reconcile, [word, "--domain", "d"], seconds: 30)
        #expect(finished.status == 64)
        #expect(finished.errors == "reconcile: \(word) is not a command\(end)\nSee reconcile --help\n")
    }

    @Test func `a wrong setting in the environment is a usage error as well`() async throws {
        let finished = try await run(
            Programs.reconcile,
            ["--domain", "d", "--domain-owner", "111122223333", "--backup", "file:///tmp"],
            environment: ["RECONCILE_WIDTH": "wide"],
            seconds: 30
        )
        #expect(finished.status == 64)
        #expect(finished.errors.hasPrefix("reconcile run: RECONCILE_WIDTH: The value 'wide' is invalid"))
    }

    @Test func `the environment and a file do as well as flags`() async throws {
        try await withScratchDirectory { directory in
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                server.publish(try version("com.acme:lib:1"), assets: ["lib-1.jar": [1, 2, 3]])
                let file = "\(directory)/settings.json"
                let settings =
                    #"{"domain": "\#(server.configuration.domain)", "backup": "file://\#(directory)/backup"}"#
                try Data(settings.utf8).write(to: URL(filePath: file))
                let environment = server.environment.merging(
                    ["RECONCILE_DOMAIN_OWNER": server.configuration.owner]
                ) { $1 }
                let finished = try await run(Programs.reconcile, ["--config", file], environment: environment)
                #expect(finished.status == 0, "\(finished.errors)")
                #expect(try files(below: "\(directory)/backup").keys.contains { $0.hasSuffix("/1/lib-1.jar") })
            }
        }
    }

    @Test func `where nobody watches, each log line is one JSON object`() async throws {
        try await withScratchDirectory { directory in
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                server.publish(try version("com.acme:lib:1"), assets: ["lib-1.jar": [1, 2, 3]])
                let run = try await server.reconcile(to: "file://\(directory)/backup", ["--log-level", "debug"])
                let lines = run.errors.split(separator: "\n")
                #expect(lines.count >= 4)
                for line in lines {
                    let members = try JSONDecoder().decode(LogLine.self, from: Data(line.utf8))
                    #expect(members.failed ?? 0 == 0)
                }
                #expect(lines.contains { $0.contains(#""failed":0"#) && $0.contains("run finished") })
                let committed = try #require(lines.first { $0.contains("version committed") })
                #expect(committed.contains(#""namespace":"com.acme""#))
            }
        }
    }

    @Test func `a terminal gets the summary as text, also where the log is JSON`() async throws {
        try await withScratchDirectory { directory in
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                server.publish(try version("com.acme:lib:1"), assets: ["lib-1.jar": [1, 2, 3]])
                let command =
                    [Programs.reconcile, "run"] + server.arguments(to: "file://\(directory)/backup")
                    + ["--log-format", "json"]
                // Gives what it runs a terminal.
                let finished = try await run(
                    "script",
                    ["--quiet", "--return", "--command", command.joined(separator: " "), "/dev/null"],
                    environment: server.environment
                )
                #expect(finished.status == 0)
                let lines = finished.output.split { $0.isNewline }.map(String.init)
                #expect(lines.contains { $0.contains(#""message":"run started""#) }, "\(lines)")
                #expect(lines.contains { !$0.contains("{") && $0.contains("1 version") }, "\(lines)")
                #expect(!lines.contains { $0.contains(#""message":"run finished""#) })
            }
        }
    }

    @Test func `a merged report is printed as one document and nothing before it`() async throws {
        try await withScratchDirectory { directory in
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                server.publish(try version("com.acme:lib:1"), assets: ["lib-1.jar": [1, 2, 3]])
                let reconciled = try await server.reconcile(to: "file://\(directory)/backup")
                let file = "\(directory)/report.json"
                try Data(reconciled.output.utf8).write(to: URL(filePath: file))
                let merged = try await run(Programs.reconcile, ["report", "--merge", file], seconds: 30)
                #expect(merged.status == 0)
                #expect(merged.output.hasPrefix("{\n"))
                #expect(merged.output.hasSuffix("}\n"))
                #expect(merged.errors == "")
                let verified = try await run(
                    Programs.reconcile,
                    ["verify", "--domain", "my-domain", "--backup", "file://\(directory)/backup", "--report", "-"],
                    seconds: 30
                )
                try Data(verified.output.utf8).write(to: URL(filePath: "\(directory)/verification.json"))
                for (report, heading) in [
                    (file, "<h1>Run <bdi>"), ("\(directory)/verification.json", "<h1>Verification <bdi>"),
                ] {
                    let page = try await run(Programs.reconcile, ["report", "--html", "-", report], seconds: 30)
                    #expect(page.status == 0 && page.errors == "")
                    #expect(page.output.hasPrefix("<!DOCTYPE html>\n") && page.output.contains(heading))
                    let isRun = heading == "<h1>Run <bdi>"
                    #expect(page.output.contains(": under $0.01 (list prices of 2026-11-22)") == isRun)
                    // Nothing is loaded from anywhere.
                    for mark in [" src=", "<script", "href=\"/", "href=\"http", "url("] {
                        #expect(!page.output.contains(mark), "\(mark)")
                    }
                }
                let drift = try await run(
                    Programs.reconcile,
                    ["drift", "--offline", "--domain", "my-domain", "--backup", "file://\(directory)/backup"],
                    seconds: 30
                )
                try Data(drift.output.utf8).write(to: URL(filePath: "\(directory)/drift.json"))
                let page = try await run(
                    Programs.reconcile,
                    ["report", "--html", "-", "\(directory)/drift.json"],
                    seconds: 30
                )
                #expect(page.status == drift.status && page.errors == "")
                #expect(page.output.contains("<h1>Drift between domain and backup</h1>"))
                let none = try await run(Programs.reconcile, ["report", "--html", "-", "/dev/null"], seconds: 30)
                #expect(none.status == 8)
                #expect(
                    none.errors.contains("/dev/null is not the report of a run, a verification, a drill or a drift")
                )
            }
        }
    }
}

/// What every line of a JSON log has, and a number that a filter looks at.
private struct LogLine: Decodable {
    let timestamp: String
    let level: String
    let message: String
    let failed: Int?
}
