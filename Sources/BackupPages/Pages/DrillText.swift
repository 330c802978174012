import ReconcileCore

/// The content of a page about the evidence of one drill.
struct DrillText {
    private let report: DrillReport
    private let frame: Frame

    /// The maximum number of findings, files and commands shown.
    private static let shown = 500

    init(_ report: DrillReport, _ frame: Frame) {
        self.report = report
        self.frame = frame
    }

    var main: HTML {
        let files = report.files
        let figures: [(name: String, number: Int, tone: Words.Tone)] = [
            ("Versions drawn", report.versions.drawn, .plain), ("Files wanted", files.wanted, .plain),
            ("Came back", files.returned, files.returned == files.wanted ? .good : .plain),
            ("Lost", files.lost, files.lost > 0 ? .bad : .good),
            ("Not tried", files.untried, files.untried > 0 ? .warn : .plain),
            ("Wrong documents", report.documents.wrong, report.documents.wrong > 0 ? .bad : .plain),
        ]
        return """
            <h1>Drill <bdi>\(report.drillID)</bdi></h1>
            \(report.message.map { text -> HTML in "<p class=\"notice\">\(text)</p>" })
            \(Words.figures(figures))
            \(Words.facts(facts))
            \(findings("Did not come back", "lost", report.findings))
            \(findings("Not tried", "untried", report.untried))
            \(findings("Came back, but not to the client", "notes", report.notes))
            \(commands)
            \(returned)
            """
    }

    private var facts: [(name: String, value: HTML)] {
        let tools = report.tools.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        var rows: [(name: String, value: HTML)] = [
            ("Outcome", Words.badge(report.outcome)), ("Domain", "<bdi>\(report.domain)</bdi>"),
            ("Began", frame.when(report.startedAt)), ("Client", "\(report.client)<br><small>\(tools)</small>"),
            ("Asked for", "<bdi>\(asked)</bdi>"),
        ]
        if let first = report.recoveryTime.firstSeconds {
            rows.append(("Time to the first file", "\(Self.seconds(first))"))
        }
        if let all = report.recoveryTime.allSeconds {
            rows.append(("Time to all files", "\(Self.seconds(all)), \(Quantity.bytes(report.files.bytes))"))
        }
        if let point = report.recoveryPoint {
            let age = Quantity.time(.seconds(point.ageSeconds))
            rows.append(("Newest record then", "\(frame.when(point.newestRecord))<br>\(age) old at the start"))
        }
        if let build = report.build {
            rows.append(
                (
                    "The build needs",
                    "\(Quantity.count(build.versions, "version")) of the backup<br>\(build.absent.count) from elsewhere"
                )
            )
        }
        if let destination = report.destination {
            rows.append(("Restored into", "<bdi>\(destination.domain)/\(destination.repository)</bdi>"))
        }
        if let checkpoint = report.checkpoint {
            let signer = checkpoint.signature.map { signature -> HTML in
                "<br>signed by <bdi>\(signature.writer)</bdi> under the key <code>\(Words.breaking(signature.publicKey))</code>"
            }
            rows.append(
                (
                    "Checkpoint",
                    "records up to \(frame.when(checkpoint.cutoff))<br><code>\(checkpoint.digest)</code>\(signer)"
                )
            )
        }
        return rows
    }

    private var asked: String {
        let asked = report.asked
        let packages = asked.packages.isEmpty ? asked.sample : asked.packages.joined(separator: ", ")
        let what = asked.forBuild.map { "what \($0.joined(separator: ", ")) needs" } ?? packages
        let place = asked.repositories.isEmpty ? "" : " of \(asked.repositories.joined(separator: ", "))"
        return what + place + (asked.asOf.map { ", as of \($0)" } ?? "")
    }

    private static func seconds(_ seconds: Double) -> String { "\(Quantity.tenths(seconds)) s" }

    private func findings(_ title: String, _ id: String, _ findings: [DrillReport.Finding]) -> HTML {
        guard !findings.isEmpty else { return "" }
        let table = Table(
            title,
            [.init(title: "What", isHeading: true), .init(title: "Why")],
            findings.prefix(Self.shown).map { finding in
                ["<bdi>\(Words.breaking(finding.key))</bdi>", "<span class=\"message\">\(finding.message)</span>"]
            }
        )
        return section(title, id, table, of: findings.count)
    }

    private var commands: HTML {
        guard !report.commands.isEmpty else { return "" }
        let table = Table(
            "Commands that were run",
            [
                .init(title: "Command", isHeading: true), .init(title: "Status", isNumber: true),
                .init(title: "Seconds", isNumber: true),
            ],
            report.commands.prefix(Self.shown).map { command in
                [
                    "<code>\(Words.breaking(command.line))</code>",
                    "\(command.exit.map { "\($0)" } ?? "ended by a signal")",
                    "\(Quantity.tenths(command.seconds))",
                ]
            }
        )
        return section("Commands", "commands", table, of: report.commands.count)
    }

    private var returned: HTML {
        guard !report.returned.isEmpty else { return "" }
        let table = Table(
            "Files that came back as recorded",
            [
                .init(title: "File", isHeading: true), .init(title: "Bytes", isNumber: true), .init(title: "SHA-256"),
            ],
            report.returned.prefix(Self.shown).map { file in
                [
                    "<bdi>\(Words.breaking(file.place.words))</bdi>", "\(file.size)",
                    "<code>\(file.sha256)</code>",
                ]
            }
        )
        return section("Came back", "returned", table, of: report.files.returned)
    }

    private func section(_ title: String, _ id: String, _ table: Table, of all: Int) -> HTML {
        let rest: HTML? =
            all > Self.shown ? "<p>The first \(Self.shown) of \(all); the evidence in the backup names more.</p>" : nil
        return """
            <section aria-labelledby="\(id)"><h2 id="\(id)">\(title)</h2>\(table.html)\(rest)</section>
            """
    }
}
