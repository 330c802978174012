import AWSServices
package import ArgumentParser
import BackupPages
import FoundationEssentials
import ReconcileApp
import ReconcileCore

/// `reconcile report`: makes one report of the reports of all shards, and a page of one for people.
package struct Report: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Merge the reports of all shards into one, or make a page of a report.",
        usage: """
            reconcile report --merge <file> ... [--html <file>]
            reconcile report --html <file> <report>
            """,
        discussion: helpPage(
            examples: [
                "reconcile report --merge shard-0.json shard-1.json shard-2.json",
                "reconcile report --html verification.html verification.json",
            ],
            """
            --merge prints one JSON report for all shards, with the worst outcome, and exits with that outcome's status. \
            Reports of different domains or shard counts, a shard given twice, and missing shards are refused with \
            status 8.

            --html writes the report of a run or of a verification, or the evidence of a drill, as one HTML file that refers to \
            nothing outside of it, to be read, sent or printed. The exit status is that of the report.
            """
        )
    )

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("The reports, one per shard, as --report wrote them.", valueName: "file"),
        completion: .file(extensions: ["json"])
    )
    package var merge: [String] = []

    @Option(
        help: ArgumentHelp("Write the report as a page to this file; - is standard output.", valueName: "file"),
        completion: .file(extensions: ["html"])
    )
    package var html: String?

    @Argument(
        help: "The report of a run, a verification or a drill, as --report wrote it, for --html.",
        completion: .file(extensions: ["json"])
    )
    package var report: String?

    package init() {}

    package func validate() throws {
        if merge.isEmpty, report == nil { throw ValidationError("missing --merge, or --html with a report") }
        if !merge.isEmpty, report != nil {
            throw ValidationError("--merge takes files; one report alone is for --html")
        }
        if report != nil, html == nil { throw ValidationError("missing --html") }
    }

    package func run() async throws {
        let content: StoredReports.Content
        do {
            content = try report.map(Self.readEither) ?? .run(RunReport.merging(merge.map(Self.read)))
        } catch {
            throw Self.ended(.refused, error)
        }
        let exit = content.exit
        do {
            if let html {
                let page = ReportPage(content, Self.frame(of: content, from: report ?? merge.joined(separator: ", ")))
                try OutputFile(flag: "--html", path: html).replace(Array(page.file.text.utf8))
            }
            if case .run(let whole) = content, report == nil, html != "-" {
                try OutputFile.print(String(decoding: whole.document(), as: UTF8.self))
            }
        } catch {
            throw Self.ended(exit.failingOutput(error), error)
        }
        throw ExitCode(exit.rawValue)
    }

    private static func frame(of content: StoredReports.Content, from files: String) -> Frame {
        let domain =
            switch content {
            case .run(let report): report.domain
            case .verification(let report): report.domain
            case .drill(let report): report.domain
            }
        return Frame(
            domain: domain,
            location: files,
            program: ProgramVersion.line(of: "reconcile"),
            asOf: nil,
            now: Timestamp(secondsSince1970: SystemClock().secondsSince1970())
        )
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

    private static func readEither(_ file: String) throws -> StoredReports.Content {
        guard let bytes = try InputFile.read(file) else { throw Misspelling("\(file) does not exist") }
        if let report = try? JSONDecoder().decode(RunReport.self, from: Data(bytes)) { return .run(report) }
        if let report = try? JSONDecoder().decode(VerifyReport.self, from: Data(bytes)) { return .verification(report) }
        if let report = try? JSONDecoder().decode(DrillReport.self, from: Data(bytes)) { return .drill(report) }
        throw Misspelling("\(file) is not the report of a run, a verification or a drill")
    }
}

extension StoredReports.Content {
    /// The exit status that the report says.
    fileprivate var exit: ExitStatus {
        switch self {
        case .run(let report): report.exit
        case .verification(let report): report.exit
        case .drill(let report): report.exit
        }
    }
}
