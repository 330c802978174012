import AWSServices
package import ArgumentParser
import BackupPages
import FoundationEssentials
import ReconcileApp
import ReconcileCore

/// `reconcile report`: merges the reports of all shards into one, and renders a report as a page
/// for people.
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

            --html writes the report of a run or of a verification, the evidence of a drill, or what drift --output json \
            printed, as one self-contained HTML file, to be read, sent or printed. The exit status is \
            that of the report.
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
        help: "The report of a run, a verification, a drill or a drift as JSON, for --html.",
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
        if let html,
            let input = (merge + [report].compactMap(\.self)).first(
                where: OutputFile(flag: "--html", path: html).isSame
            )
        {
            throw ValidationError("--html \(html) would replace the report \(input)")
        }
    }

    /// The content of a page.
    private enum Content {
        case report(StoredReports.Content)
        case drift(DriftDocument)

        var exit: ExitStatus {
            switch self {
            case .report(.run(let report)): report.exit
            case .report(.verification(let report)): report.exit
            case .report(.drill(let report)): report.exit
            case .drift(let drift): drift.exit
            }
        }

        var domain: String {
            switch self {
            case .report(.run(let report)): report.domain
            case .report(.verification(let report)): report.domain
            case .report(.drill(let report)): report.domain
            case .drift(let drift): drift.domain
            }
        }

        func page(_ frame: Frame) -> HTML {
            switch self {
            case .report(let content): ReportPage(content, frame).file
            case .drift(let drift): DriftPage(drift, frame).file
            }
        }
    }

    package func run() async throws {
        let content: Content
        do {
            content = try report.map(Self.readAny) ?? .report(.run(RunReport.merging(merge.map(Self.read))))
        } catch {
            throw Self.ended(.refused, error)
        }
        let exit = content.exit
        do {
            if let html {
                var frame = Frame(
                    domain: content.domain,
                    location: report ?? merge.joined(separator: ", "),
                    program: ProgramVersion.line(of: "reconcile"),
                    asOf: nil,
                    now: Timestamp(secondsSince1970: SystemClock().secondsSince1970())
                )
                frame.cost = { RequestCost(of: $0).words }
                try OutputFile(flag: "--html", path: html).replace(Array(content.page(frame).text.utf8))
            }
            if case .report(.run(let whole)) = content, report == nil, html != "-" {
                try OutputFile.print(String(decoding: whole.document(), as: UTF8.self))
            }
        } catch {
            throw Self.ended(exit.failingOutput(error), error)
        }
        throw ExitCode(exit.rawValue)
    }

    private static func ended(_ exit: ExitStatus, _ error: any Error) -> ExitCode {
        Console(environment: ProcessInfo.processInfo.environment).line("reconcile report: \(error)")
        return ExitCode(exit.rawValue)
    }

    private static func read(_ file: String) throws -> RunReport {
        guard let bytes = try InputFile.read(file) else { throw Misspelling("--merge: \(file) does not exist") }
        do {
            return try ReportReader.decode(RunReport.self, from: bytes)
        } catch {
            throw Misspelling("--merge: \(file) is not a report of a run")
        }
    }

    private static func readAny(_ file: String) throws -> Content {
        guard let bytes = try InputFile.read(file) else { throw Misspelling("\(file) does not exist") }
        func document<Document: Decodable>(_ kind: Document.Type) -> Document? {
            try? ReportReader.decode(kind, from: bytes)
        }
        if let report = document(RunReport.self) { return .report(.run(report)) }
        if let report = document(VerifyReport.self) { return .report(.verification(report)) }
        if let report = document(DrillReport.self) { return .report(.drill(report)) }
        if let drift = document(DriftDocument.self) { return .drift(drift) }
        throw Misspelling("\(file) is not the report of a run, a verification, a drill or a drift")
    }
}
