import FoundationEssentials
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// What reconcile-serve says of its settings, compared with Tests/Goldens.
@Suite struct ServeGoldenTests {
    @Test(arguments: [[], ["serve"], ["drill"]])
    func `the help is the golden one`(command: [String]) async throws {
        let told = try await serve(command + ["--help"], environment: ["COLUMNS": "100"])
        try Golden("\((["reconcile-serve"] + command).joined(separator: "-")).help").expect(told.output)
        #expect(told.status == 0)
    }

    @Test func `absent, wrong and contradicting settings are answered as the golden file says`() async throws {
        let answers = try await withScratchDirectory { directory in
            // Without the log, whose lines have a time: a setting that is accepted leads to the backup that is not there.
            var answers: [String] = []
            let options: Set = [
                "as-of", "backup", "backup-region", "domain", "expected-bucket-owner", "grace", "listen", "log-format",
                "log-level", "max-attempts", "pages", "path-style", "profile", "quiet", "region", "verbose",
            ]
            for (index, one) in SettingCase.all(of: options, everyPair: false).enumerated() {
                var environment = one.environment.merging(["RECONCILE_LOG_LEVEL": "critical"]) { own, _ in own }
                if let file = one.file {
                    environment["RECONCILE_CONFIG"] = "\(directory)/\(index).json"
                    try Data(file.utf8).write(to: URL(filePath: "\(directory)/\(index).json"))
                }
                let finished = try await serve(one.arguments, environment: environment)
                let lines = finished.errors.replacing("\(directory)/\(index).json", with: "settings.json")
                    .split(separator: "\n")
                answers.append("\(one.title)\n    exit \(finished.status)\n")
                answers[index] += lines.map { "    \($0)\n" }.joined()
            }
            return answers
        }
        try Golden("reconcile-serve.settings").expect(answers.joined(separator: "\n"))
    }

    private func serve(_ arguments: [String], environment: [String: String]) async throws -> Finished {
        var variables: [Environment.Key: String] = ["PATH": "/usr/bin:/bin"]
        for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
        let environment = Environment.custom(variables)
        return try await withTimeout {
            let result = try await Subprocess.run(
                .path(FilePath(Programs.reconcileServe)),
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
