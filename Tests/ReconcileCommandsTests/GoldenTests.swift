import AWSServices
import ArgumentParser
import ReconcileApp
import ReconcileCommands
import TestSupport
import Testing

/// The arguments that a command cannot be without.
let operandsOfCommands = [
    "show": ["com.acme:app"], "history": ["com.acme:app"], "get": ["com.acme:app:1.0"], "find": ["app.jar"],
]

/// Every command's help, and what it says of settings that are absent, wrong or given twice, compared with Tests/Goldens.
@Suite struct GoldenTests {
    private static let commands = Reconcile.configuration.subcommands.map { $0._commandName }

    @Test(arguments: commands)
    func `the help is the golden one`(command: String) throws {
        let type = try #require(Reconcile.configuration.subcommands.first { $0._commandName == command })
        try Golden("reconcile-\(command).help").expect(Reconcile.helpMessage(for: type, columns: 100) + "\n")
    }

    @Test func `the root's help is the golden one`() throws {
        try Golden("reconcile.help").expect(Reconcile.helpMessage(columns: 100) + "\n")
    }

    @Test func `no line of any help is longer than a terminal of 80 columns`() {
        let types: [any ParsableCommand.Type] = [Reconcile.self] + Reconcile.configuration.subcommands
        for type in types {
            let help = Reconcile.helpMessage(for: type, columns: 80)
            let long = help.split(separator: "\n").filter { $0.count > 80 }
            #expect(long.isEmpty, "\(type._commandName)")
        }
        let paragraphs = Reconcile.helpMessage(for: Run.self, columns: 80).split(separator: "\n\n")
        let usage = paragraphs.first { $0.hasPrefix("USAGE") }
        let expected = """
            USAGE: reconcile run --domain <name> --domain-owner <account> --backup <url>
                     [options]
            """
        #expect(usage.map(String.init) == expected)
    }

    @Test func `no option takes a secret, only what names one`() throws {
        let names = Set(try CommandTree(Reconcile.self).shapes.flatMap { $0.options.map(\.name) })
        let telling = names.filter { name in
            ["token", "secret", "password", "credential", "key"].contains { name.contains($0) }
        }
        // The names of keys in KMS and of a file; how long a token is good for.
        #expect(telling == ["encryption-key", "kms-key", "kms-key-id", "signing-key", "token-duration"])
    }

    @Test(arguments: commands.filter { !["report", "settings", "trust"].contains($0) })
    func `absent, wrong and contradicting settings are answered as the golden file says`(command: String) throws {
        let operands = operandsOfCommands[command] ?? []
        let reader = CommandReader<any ParsableCommand>(Reconcile.self, unused: Reconcile.unused)
        // A group answers alike in every command, so all of it is tried once, in run.
        let shapes = try CommandTree(Reconcile.self).shapes
        let options = Set(try #require(shapes.first { $0.name == command }).options.map(\.name))
        let ofRun = Set(try #require(shapes.first { $0.name == "run" }).options.map(\.name))
        let cases =
            command == "run"
            ? SettingCase.all(of: options, everyPair: true)
            : SettingCase.all(of: options.subtracting(ofRun), everyPair: false, except: options.intersection(ofRun))
        let answers = try cases.map { one in
            "\(one.title)\n\(try answer(one, [command] + operands, reader))\n"
        }
        try Golden("reconcile-\(command).settings").expect(answers.joined(separator: "\n"))
    }

    /// What is said before anything is opened.
    private func answer(
        _ one: SettingCase,
        _ command: [String],
        _ reader: CommandReader<any ParsableCommand>
    ) throws -> String {
        var environment = one.environment
        if one.file != nil { environment["RECONCILE_CONFIG"] = "settings.json" }
        var lines: [String]
        do {
            let reading = try reader.read(command + one.arguments, environment: environment) { name in
                name == "settings.json" ? one.file.map { Array($0.utf8) } : nil
            }
            let hosted = try #require(reading.command as? any HostedCommand)
            lines = reading.warnings.map { "warning: \($0)" }
            try hosted.requireSettings(in: AWSSettings(environment: environment) { _ in nil })
            lines.insert("accepted", at: 0)
        } catch let failure as UsageFailure {
            lines = ["refused"] + failure.description.split(separator: "\n").map(String.init)
        }
        return lines.map { "    \($0)" }.joined(separator: "\n")
    }
}
