import FoundationEssentials
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// Every command's help, and what it says of settings that are absent, wrong or given twice, compared with Tests/Goldens.
///
/// `RECONCILE_RECORD_GOLDENS=1 swift test --filter GoldenTests` writes the files anew; read the difference before it is
/// committed.
@Suite struct GoldenTests {
    @Test(arguments: Command.all)
    func `the help is the golden one`(command: Command) async throws {
        let told = try await command.run(command.names + ["--help"], columns: 100)
        try Golden(name: "\(command.title).help").expect(told.output)
        #expect(told.status == 0)
    }

    @Test(arguments: Command.all.filter(\.takesSettings))
    func `absent, wrong and contradicting settings are answered as the golden file says`(command: Command) async throws
    {
        let answers = try await withScratchDirectory { directory in
            // Nothing can be made below a file, so no case gets as far as the domain.
            try Data("{}".utf8).write(to: URL(filePath: "\(directory)/file"))
            let cases = Case.all(of: command)
            var answers: [Int: String] = [:]
            try await withThrowingTaskGroup(of: (Int, String).self) { group in
                var waiting = cases.enumerated().makeIterator()
                func add() {
                    guard let (index, one) = waiting.next() else { return }
                    group.addTask { (index, try await one.answer(of: command, in: directory, number: index)) }
                }
                for _ in 0..<4 { add() }
                for try await (index, answer) in group {
                    answers[index] = answer
                    add()
                }
            }
            return cases.indices.map { "\(cases[$0].title)\n\(answers[$0] ?? "")\n" }
        }
        try Golden(name: "\(command.title).settings").expect(answers.joined(separator: "\n"))
    }
}

/// One text that is kept in Tests/Goldens.
private struct Golden {
    let name: String

    func expect(_ text: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Goldens/\(name).txt")
        if ProcessInfo.processInfo.environment["RECONCILE_RECORD_GOLDENS"] == "1" {
            try Data(text.utf8).write(to: file)
            return
        }
        let kept = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        // The first line that differs says more than two pages.
        let (old, new) = (
            kept.split(separator: "\n", omittingEmptySubsequences: false),
            text.split(separator: "\n", omittingEmptySubsequences: false)
        )
        if let line = zip(old, new).enumerated().first(where: { $0.element.0 != $0.element.1 }) {
            Issue.record("\(name).txt:\(line.offset + 1): expected «\(line.element.0)», got «\(line.element.1)»")
        }
        #expect(old.count == new.count, "\(name).txt")
    }
}

/// A command as a shell names it.
struct Command: Sendable, CustomTestStringConvertible {
    let program: String
    let names: [String]
    /// What it cannot do without beside the settings.
    var operands: [String] = []

    var title: String { ([URL(filePath: program).lastPathComponent] + names).joined(separator: "-") }
    var testDescription: String { title }
    /// Not the root, which is `run`, and not `report`.
    var takesSettings: Bool { program == Programs.reconcileServe || !names.isEmpty && names != ["report"] }

    static let all =
        ["run", "plan", "drift", "verify", "restore"].map { Command(program: Programs.reconcile, names: [$0]) }
        + ["show", "history"].map {
            Command(program: Programs.reconcile, names: [$0], operands: ["com.acme:app"])
        } + [
            Command(program: Programs.reconcile, names: []),
            Command(program: Programs.reconcile, names: ["report"]),
            Command(program: Programs.reconcileServe, names: []),
        ]

    /// Runs it with an environment of its own.
    func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        columns: Int = 80
    ) async throws -> Finished {
        var variables: [Environment.Key: String] = ["PATH": "/usr/bin:/bin", "COLUMNS": "\(columns)"]
        for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
        let environment = Environment.custom(variables)
        return try await withTimeout(60) {
            let result = try await Subprocess.run(
                .path(FilePath(program)),
                arguments: Arguments(arguments),
                environment: environment,
                output: .string(limit: 1 << 20),
                error: .string(limit: 1 << 20)
            )
            guard case .exited(let code) = result.terminationStatus else {
                return Finished(status: -1, output: result.standardOutput, errors: result.standardError)
            }
            return Finished(status: Int(code), output: result.standardOutput, errors: result.standardError)
        }
    }
}

/// One way to give settings: by flag, variable and file.
private struct Case: Sendable {
    let title: String
    var flags: [String] = []
    var environment: [String: String] = [:]
    var file: String?
    var isBare = false

    /// What is given, and all that the command needs besides.
    static func all(of command: Command) -> [Case] {
        var cases = [
            Case(title: "no settings", isBare: true),
            Case(title: "--domain alone", flags: ["--domain=d"], isBare: true),
            Case(title: "an unknown flag", flags: ["--no-such-flag"]),
            Case(title: "an unknown variable", environment: ["RECONCILE_DEPHT": "bytes"]),
            Case(title: "an unknown key in the file", file: #"{"dephts": "bytes"}"#),
            Case(title: "a file that is not JSON", file: "domain: d"),
            Case(title: "a file that is absent", flags: ["--config=/nonexistent/settings.json"]),
            Case(title: "all that is needed"),
        ]
        for row in Row.all {
            let variable = "RECONCILE_" + row.name.uppercased().replacing("-", with: "_")
            func flag(_ value: String) -> [String] {
                row.isFlag && value == "true" ? ["--\(row.name)"] : ["--\(row.name)=\(value)"]
            }
            func file(_ value: String) -> String { "{\"\(row.name)\": \"\(value)\"}" }
            cases += [
                Case(title: "--\(row.name)=\(row.wrong)", flags: flag(row.wrong)),
                Case(title: "\(variable)=\(row.wrong)", environment: [variable: row.wrong]),
                Case(title: "\(row.name): \(row.wrong) in the file", file: file(row.wrong)),
                Case(
                    title: "--\(row.name)=\(row.right) over \(variable)=\(row.wrong)",
                    flags: flag(row.right),
                    environment: [variable: row.wrong]
                ),
                Case(
                    title: "\(variable)=\(row.right) over \(row.wrong) in the file",
                    environment: [variable: row.right],
                    file: file(row.wrong)
                ),
            ]
        }
        return cases
    }

    func answer(of command: Command, in directory: String, number: Int) async throws -> String {
        var arguments = command.names + command.operands + flags
        var variables = environment
        if let file {
            let path = "\(directory)/\(number).json"
            try Data(file.utf8).write(to: URL(filePath: path))
            arguments.append("--config=\(path)")
        }
        if !isBare {
            let needed = [
                "RECONCILE_DOMAIN": "d", "RECONCILE_DOMAIN_OWNER": "111122223333",
                "RECONCILE_BACKUP": "file://\(directory)/file/backup", "RECONCILE_LOG_FORMAT": "text",
            ]
            for (name, value) in needed where variables[name] == nil && !isGivenOtherwise(name) {
                variables[name] = value
            }
        }
        let finished = try await command.run(arguments, environment: variables)
        var lines = ["exit \(finished.status)"]
        for (stream, text) in [("out", finished.output), ("err", finished.errors)] {
            for line in text.split(separator: "\n") {
                lines.append("\(stream) \(Self.plain(String(line), directory, number))")
            }
        }
        return lines.map { "    \($0)" }.joined(separator: "\n")
    }

    private func isGivenOtherwise(_ variable: String) -> Bool {
        let name = variable.dropFirst("RECONCILE_".count).lowercased().replacing("_", with: "-")
        return flags.contains { $0.hasPrefix("--\(name)=") } || file?.contains("\"\(name)\"") == true
    }

    /// Without what differs from run to run.
    private static func plain(_ line: String, _ directory: String, _ number: Int) -> String {
        var line = line.replacing("\(directory)/\(number).json", with: "FILE").replacing(directory, with: "DIRECTORY")
        if line.utf8.count > 8,
            line.utf8.prefix(8).enumerated().allSatisfy({ index, byte in
                index % 3 == 2 ? byte == UInt8(ascii: ":") : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            })
        {
            line = "TIME" + line.dropFirst(8)
        }
        return line
    }
}

/// A setting, with a value that makes sense and one that does not.
private struct Row: Sendable {
    let name: String
    let right: String
    let wrong: String
    var isFlag: Bool { right == "true" }

    init(_ name: String, _ right: String, _ wrong: String) {
        (self.name, self.right, self.wrong) = (name, right, wrong)
    }

    static let all = [
        Row("domain", "d", ""), Row("domain-owner", "111122223333", "1234"), Row("region", "eu-west-1", ""),
        Row("profile", "default", ""), Row("repository", "releases", ""), Row("package", "com.acme:*", "a:b:c:d"),
        Row("exclude", "com.acme:*", "a:b:c:d"), Row("origin", "all", "external"), Row("shard", "0/1", "3/3"),
        Row("backup", "file:///dev/null/backup", "ftp://x"), Row("backup-region", "eu-west-1", ""),
        Row("path-style", "true", "banana"), Row("sse", "AES256", "rot13"), Row("kms-key-id", "k", "k"),
        Row("storage-class", "STANDARD", ""), Row("expected-bucket-owner", "111122223333", "1234"),
        Row("width", "32", "many"), Row("metadata", "changed", "never"), Row("sidecars", "none", "md5"),
        Row("deadline", "50m", "soon"), Row("grace", "25s", "soon"), Row("allow-mass-deletion", "true", "banana"),
        Row("max-attempts", "5", "0"), Row("rate-list-packages", "160", "-1"),
        Row("rate-list-package-versions", "160", "-1"), Row("rate-list-package-version-assets", "160", "-1"),
        Row("rate-reads", "640", "-1"), Row("rate-writes", "80", "-1"), Row("report", "-", ""),
        Row("metrics-file", "m.prom", ""), Row("metrics-push", "http://127.0.0.1:9", "pushgateway"),
        Row("log-format", "text", "loud"), Row("log-level", "info", "loud"),
        Row("as-of", "2026-11-22T08:00:00Z", "yesterday"), Row("deleted", "true", "banana"),
        Row("to-repository", "other", ""), Row("to-domain", "other", ""), Row("dry-run", "true", "banana"),
        Row("depth", "objects", "deep"), Row("sample", "5%", "some"), Row("subset", "3/30", "30/30"),
        Row("settling", "1h", "soon"), Row("repair", "true", "banana"), Row("since", "24h", "yesterday"),
        Row("offline", "true", "banana"), Row("output", "json", "yaml"), Row("listen", "127.0.0.1:0", "foo"),
    ]
}
