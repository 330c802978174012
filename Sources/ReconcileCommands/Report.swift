import AWSServices
package import ArgumentParser
import FoundationEssentials
import ReconcileApp
import ReconcileCore

/// `reconcile report`: makes one report of the reports of all shards.
package struct Report: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Merge the reports of all shards into one.",
        usage: "reconcile report --merge <file> ...",
        discussion: helpPage(
            examples: ["reconcile report --merge shard-0.json shard-1.json shard-2.json"],
            """
            Prints one JSON report for all shards, with the worst outcome, and exits with that outcome's status. \
            Reports of different domains or shard counts, a shard given twice, and missing shards are refused with \
            status 8.
            """
        )
    )

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("The reports, one per shard, as --report wrote them.", valueName: "file"),
        completion: .file(extensions: ["json"])
    )
    package var merge: [String]

    package init() {}

    package func run() async throws {
        let whole: RunReport
        do {
            whole = try RunReport.merging(merge.map(Self.read))
        } catch {
            throw Self.ended(.refused, error)
        }
        do {
            try OutputFile.print(String(decoding: whole.document(), as: UTF8.self))
        } catch {
            throw Self.ended(whole.exit.failingOutput(error), error)
        }
        throw ExitCode(whole.exit.rawValue)
    }

    private static func ended(_ exit: ExitStatus, _ error: any Error) -> ExitCode {
        Console(environment: ProcessInfo.processInfo.environment).line("reconcile report: \(error)")
        return ExitCode(exit.rawValue)
    }

    private static func read(_ file: String) throws -> RunReport {
        guard let bytes = try InputFile.read(file) else { throw Misspelling("--merge: \(file) does not exist") }
        do {
            return try JSONDecoder().decode(RunReport.self, from: Data(bytes))
        } catch {
            throw Misspelling("--merge: \(file) is not a report of a run")
        }
    }
}
