package import ReconcileCore

/// Pages that list the reports of runs, verifications or drills.
package struct ReportsPage: Sendable {
    package typealias Row = (entry: StoredReports.Entry, content: Result<StoredReports.Content, RemoteFailure>)

    /// The number of reports on a page, each of which is read.
    package static let size = 25

    private let rows: [Row]
    private let paging: Paging
    private let frame: Frame

    /// - Parameter rows: the rows of this page.
    package init(_ rows: [Row], _ paging: Paging, _ frame: Frame) {
        self.rows = rows
        self.paging = paging
        self.frame = frame
    }

    package var runs: HTML {
        let table = Table(
            "Runs, the newest first",
            [
                .init(title: "Run", isHeading: true), .init(title: "Ended"), .init(title: "Outcome"),
                .init(title: "Listed", isNumber: true), .init(title: "Copied", isNumber: true),
                .init(title: "Failed", isNumber: true),
            ],
            rows.map { entry, content in
                let link = Words.link(.run(entry.runID), entry.runID)
                guard case .success(.run(let report)) = content else { return Self.unread(link, content) }
                let versions = report.versions
                let shard: HTML? = report.shard == "0/1" ? nil : "<br><small>shard \(report.shard)</small>"
                return [
                    "\(link)\(shard)", frame.when(report.finishedAt), Words.badge(report.outcome), "\(versions.listed)",
                    "\(versions.copied)", "\(versions.failed)",
                ]
            }
        )
        return page("Runs", .runs, "No run has left a report.", table)
    }

    package var verifications: HTML {
        let table = Table(
            "Recorded verifications, the newest first",
            [
                .init(title: "Verification", isHeading: true), .init(title: "Ended"), .init(title: "Outcome"),
                .init(title: "Versions", isNumber: true), .init(title: "Depth"), .init(title: "Faults", isNumber: true),
            ],
            rows.map { entry, content in
                let link = Words.link(.verification(entry.runID), entry.runID)
                guard case .success(.verification(let report)) = content else { return Self.unread(link, content) }
                return [
                    link, frame.when(report.finishedAt), Words.badge(report.outcome), "\(report.looked.versions)",
                    "\(report.depth.rawValue), sample \(report.sample)", "\(report.faultsLeft)",
                ]
            }
        )
        return page("Verifications", .verifications, "No verification is recorded: see verify --record.", table)
    }

    package var drills: HTML {
        let table = Table(
            "Drills, the newest first",
            [
                .init(title: "Drill", isHeading: true), .init(title: "Ended"), .init(title: "Outcome"),
                .init(title: "Versions", isNumber: true), .init(title: "Files back", isNumber: true),
                .init(title: "Lost", isNumber: true),
            ],
            rows.map { entry, content in
                let link = Words.link(.drill(entry.runID), entry.runID)
                guard case .success(.drill(let report)) = content else { return Self.unread(link, content) }
                return [
                    link, frame.when(report.finishedAt), Words.badge(report.outcome), "\(report.versions.drawn)",
                    "\(report.files.returned) of \(report.files.wanted)", "\(report.files.lost)",
                ]
            }
        )
        return page("Drills", .drills, "No drill has left evidence: see reconcile-serve drill.", table)
    }

    private func page(_ title: String, _ path: PagePath, _ nothing: String, _ table: Table) -> HTML {
        let none: HTML = "<p>\(nothing)</p>"
        let main: HTML = """
            <h1>\(title)</h1>
            \(rows.isEmpty ? none : table.html)
            \(paging.links(path))
            """
        return frame.document(title, at: path, main)
    }

    private static func unread(_ link: HTML, _ content: Result<StoredReports.Content, RemoteFailure>) -> [HTML] {
        guard case .failure(let failure) = content else { return [link, "", "", "", "", ""] }
        return [link, "", "\(Words.badge(.bad, "unreadable")) \(failure.message)", "", "", ""]
    }
}

/// The report of one run, verification or drill, as a page of the site or as a separate file.
package struct ReportPage: Sendable {
    private let content: StoredReports.Content
    private let frame: Frame

    /// The maximum number of failures and faults shown.
    private static let shown = 500

    package init(_ content: StoredReports.Content, _ frame: Frame) {
        self.content = content
        self.frame = frame
    }

    /// The report as a page of the site.
    package var html: HTML {
        switch content {
        case .run(let report):
            let trail = Words.trail([(.runs, "Runs")], report.runID)
            return frame.document("Run \(report.runID)", at: .run(report.runID), "\(trail)\(main)")
        case .verification(let report):
            let trail = Words.trail([(.verifications, "Verifications")], report.runID)
            let path = PagePath.verification(report.runID)
            return frame.document("Verification \(report.runID)", at: path, "\(trail)\(main)")
        case .drill(let report):
            let trail = Words.trail([(.drills, "Drills")], report.drillID)
            return frame.document("Drill \(report.drillID)", at: .drill(report.drillID), "\(trail)\(main)")
        }
    }

    /// The report as a file with no outside references.
    package var file: HTML {
        switch content {
        case .run(let report): frame.file("Run \(report.runID)", main)
        case .verification(let report): frame.file("Verification \(report.runID)", main)
        case .drill(let report): frame.file("Drill \(report.drillID)", main)
        }
    }

    private var main: HTML {
        switch content {
        case .run(let report): run(report)
        case .verification(let report): verification(report)
        case .drill(let report): DrillText(report, frame).main
        }
    }

    // MARK: A run

    private func run(_ report: RunReport) -> HTML {
        let versions = report.versions
        let figures: [(name: String, number: Int, tone: Words.Tone)] = [
            ("Listed", versions.listed, .plain), ("In sync before", versions.inSync, .plain),
            ("Copied", versions.copied, versions.copied > 0 ? .good : .plain),
            ("Deleted in the domain", versions.deleted, .plain),
            ("Other bytes", versions.mutated, versions.mutated > 0 ? .warn : .plain),
            ("Failed", versions.failed, versions.failed > 0 ? .bad : .plain),
            ("Not recorded", versions.unrecorded, versions.unrecorded > 0 ? .warn : .plain),
            ("Left to the next run", versions.left, versions.left > 0 ? .warn : .plain),
        ]
        return """
            <h1>Run <bdi>\(report.runID)</bdi></h1>
            \(report.message.map { text -> HTML in "<p class=\"notice\">\(text)</p>" })
            \(Words.figures(figures))
            \(Words.facts(facts(report)))
            \(warnings(report.warnings))
            \(failures(report.failures, of: max(report.failures.count, versions.failed)))
            """
    }

    private func facts(_ report: RunReport) -> [(name: String, value: HTML)] {
        var rows: [(name: String, value: HTML)] = [
            ("Outcome", Words.badge(report.outcome)), ("Domain", "<bdi>\(report.domain)</bdi>"),
            ("Began", frame.when(report.startedAt)),
            ("Took", "\(Self.elapsed(report.startedAt, report.finishedAt))"),
            ("Covered", "\(Quantity.count(report.packages, "package")) in \(Self.repositories(report.repositories))"),
        ]
        if report.shard != "0/1" { rows.append(("Shard", "\(report.shard)")) }
        if let recorded = report.recorded { rows.append(("Recorded", "\(recorded.versions) versions")) }
        rows.append(
            (
                "Files",
                "\(report.assets.copied) copied (\(Quantity.bytes(report.bytes.copied))), \(report.assets.adopted) adopted"
            )
        )
        if let checkpoint = report.checkpoint {
            rows.append(
                (
                    "Checkpoint",
                    "\(checkpoint.records) records up to \(frame.when(checkpoint.cutoff))<br><code>\(checkpoint.digest)</code>"
                )
            )
        }
        rows.append(
            (
                "Requests",
                """
                \(report.requests.values.reduce(0, +)), \(report.retries) retried, \(report.throttled) throttled\
                \(frame.cost(report.requests).map { text -> HTML in "<br>\(text)" })
                """
            )
        )
        return rows
    }

    private static func repositories(_ number: Int) -> String {
        number == 1 ? "1 repository" : "\(number) repositories"
    }

    private func warnings(_ warnings: [String]) -> HTML {
        guard !warnings.isEmpty else { return "" }
        let items = warnings.prefix(Self.shown).map { text -> HTML in "<li>\(text)</li>" }
        return """
            <section aria-labelledby="warnings"><h2 id="warnings">Warnings</h2><ul class="messages">\(items)</ul></section>
            """
    }

    private func failures(_ failures: [RunReport.Failure], of all: Int) -> HTML {
        guard !failures.isEmpty else { return "" }
        let table = Table(
            "Failures of the run",
            [.init(title: "What", isHeading: true), .init(title: "Why")],
            failures.prefix(Self.shown).map { failure in
                [
                    "<bdi>\(Words.breaking(failure.place.words))</bdi>",
                    "\(Words.badge(.bad, failure.kind)) <span class=\"message\">\(failure.message)</span>",
                ]
            }
        )
        return """
            <section aria-labelledby="failures"><h2 id="failures">Failures</h2>\(table.html)\
            \(Self.rest(all, what: "failures"))</section>
            """
    }

    private static func rest(_ all: Int, what: String) -> HTML? {
        guard all > shown else { return nil }
        return "<p>The first \(shown) of \(all) \(what); the report in the backup names more.</p>"
    }

    // MARK: A verification

    private func verification(_ report: VerifyReport) -> HTML {
        let looked = report.looked
        let figures: [(name: String, number: Int, tone: Words.Tone)] = [
            ("Versions looked at", looked.versions, .plain), ("Objects inspected", looked.objects.inspected, .plain),
            ("Read whole", looked.objects.read, .plain),
            ("Faults left", report.faultsLeft, report.faultsLeft > 0 ? .bad : .good),
            ("Repaired", report.mended, report.mended > 0 ? .warn : .plain),
            ("Accepted losses", report.accepted, report.accepted > 0 ? .warn : .plain),
        ]
        var facts: [(name: String, value: HTML)] = [
            ("Outcome", Words.badge(report.outcome)), ("Domain", "<bdi>\(report.domain)</bdi>"),
            ("Began", frame.when(report.startedAt)),
            ("Took", "\(Self.elapsed(report.startedAt, report.finishedAt))"),
            ("Depth", "\(report.depth.rawValue), sample \(report.sample)"),
        ]
        if let checkpoint = report.checkpoint {
            facts.append(
                (
                    "Checkpoint",
                    "\(checkpoint.records) records up to \(frame.when(checkpoint.cutoff))<br><code>\(checkpoint.digest)</code>"
                )
            )
        }
        return """
            <h1>Verification <bdi>\(report.runID)</bdi></h1>
            \(report.message.map { text -> HTML in "<p class=\"notice\">\(text)</p>" })
            \(Words.figures(figures))
            \(Words.facts(facts))
            \(findings("Faults", "faults", report.findings, of: report.faults.values.reduce(0, +)))
            \(findings("Notes", "notes", report.notes, of: report.noted.values.reduce(0, +)))
            """
    }

    private func findings(_ title: String, _ id: String, _ findings: [VerifyReport.Finding], of all: Int) -> HTML {
        guard !findings.isEmpty else { return "" }
        let table = Table(
            "\(title) of the verification",
            [.init(title: "Kind"), .init(title: "What", isHeading: true), .init(title: "Why")],
            findings.prefix(Self.shown).map { finding in
                [
                    Words.badge(finding.mended ? .warn : .bad, finding.mended ? "repaired" : finding.kind.rawValue),
                    "<bdi>\(Words.breaking(finding.key))</bdi>", "<span class=\"message\">\(finding.message)</span>",
                ]
            }
        )
        return """
            <section aria-labelledby="\(id)"><h2 id="\(id)">\(title)</h2>\(table.html)\(Self.rest(all, what: id))</section>
            """
    }

    private static func elapsed(_ start: String, _ end: String) -> String {
        guard let start = Timestamp(extended: start), let end = Timestamp(extended: end) else { return "unknown" }
        return Quantity.time(.seconds(max(0, end.seconds - start.seconds)))
    }
}
