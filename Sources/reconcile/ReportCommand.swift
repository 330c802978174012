import ArgumentParser
import FoundationEssentials
import ReconcileApp
import ReconcileCore

/// `reconcile report`.
struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make one report of the reports of all shards.",
        discussion: """
            Prints the sum as JSON, with the worst outcome, and exits with that outcome's status. Reports of different \
            domains or divisions, a shard that is there twice, and missing shards are refused with status 8.

            EXAMPLE
              reconcile report --merge shard-0.json shard-1.json shard-2.json
            """
    )

    @Option(
        parsing: .upToNextOption,
        help: "The reports, one of each shard, as --report wrote them.",
        completion: .file(extensions: ["json"])
    )
    var merge: [String]

    func run() async throws {
        let whole: RunReport
        do {
            whole = try RunReport.merging(merge.map(Self.read))
        } catch {
            Console(environment: ProcessInfo.processInfo.environment).line("reconcile: \(error)")
            throw ExitCode(ExitStatus.refused.rawValue)
        }
        print(String(decoding: try whole.document(), as: UTF8.self), terminator: "")
        throw ExitCode(whole.exit.rawValue)
    }

    private static func read(_ file: String) throws -> RunReport {
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(filePath: file))
        } catch {
            throw SettingFailure(message: "--merge: \(file) cannot be read")
        }
        do {
            return try JSONDecoder().decode(RunReport.self, from: bytes)
        } catch {
            throw SettingFailure(message: "--merge: \(file) is no report of a run")
        }
    }
}
