package import ReconcileCore

/// The JSON output of `reconcile drift`, as far as a page shows it (docs/schemas/drift.json).
package struct DriftDocument: Hashable, Sendable, Decodable {
    struct Orphan: Hashable, Sendable, Decodable {
        let lastStatus: String?
        let lastRecordedAt: String?
        let deletionRecordedAt: String?
        let confirmed: Bool
    }

    struct Mutation: Hashable, Sendable, Decodable {
        struct File: Hashable, Sendable, Decodable {
            let size: Int64
            let sha256: String?
            let recordedAt: String?
        }

        let asset: String
        let was: File
        let now: File
    }

    struct StatusChange: Hashable, Sendable, Decodable {
        let from: String
        let to: String
        let recordedAt: String?
    }

    struct Unprotected: Hashable, Sendable, Decodable {
        let state: String
        let status: String
        let publishedAt: String?
        let lastRecordedAt: String?
    }

    struct Configuration: Hashable, Sendable, Decodable {
        struct Change: Hashable, Sendable, Decodable {
            let place: String
            let part: String
            let from: String?
            let to: String?
            let widens: Bool
        }

        let recordedAt: String
        let changes: [Change]
        let unknown: [String]
    }

    struct Records: Hashable, Sendable, Decodable {
        let listed: Int
        let read: Int
        let readAllWith: String
    }

    /// A row with its place.
    struct Placed<Row: Hashable & Sendable & Decodable>: Hashable, Sendable, Decodable {
        let place: Place
        let row: Row

        init(from decoder: any Decoder) throws {
            var place = try Place(from: decoder)
            // A row about a file names the file itself.
            place.asset = nil
            self.place = place
            row = try Row(from: decoder)
        }
    }

    package let domain: String
    package let backup: String
    package let at: String
    let since: String?
    let offline: Bool
    /// Nil in a document of an earlier release.
    let records: Records?
    let outcome: String
    let message: String?
    let orphaned: [Placed<Orphan>]
    let mutated: [Placed<Mutation>]
    let statusChanges: [Placed<StatusChange>]
    let unprotected: [Placed<Unprotected>]
    let configuration: Configuration?
    let warnings: [String]
    let failures: [RunReport.Failure]

    private var isEmpty: Bool {
        orphaned.isEmpty && mutated.isEmpty && statusChanges.isEmpty && unprotected.isEmpty
            && configuration?.changes.isEmpty ?? true
    }

    private var isWhole: Bool { outcome == RunReport.Outcome.converged.rawValue }

    /// The exit status that corresponds to the document.
    package var exit: ExitStatus { isWhole ? (isEmpty ? .converged : .drift) : .failures }
}

/// A report of drift as a separate file.
package struct DriftPage {
    private let drift: DriftDocument
    private let frame: Frame

    /// The maximum number of rows shown in each table.
    private static let shown = 500

    package init(_ drift: DriftDocument, _ frame: Frame) {
        self.drift = drift
        self.frame = frame
    }

    package var file: HTML { frame.file("Drift of \(String(drift.at.prefix(10)))", main) }

    private var main: HTML {
        let changes = drift.configuration?.changes ?? []
        let figures: [(name: String, number: Int, tone: Words.Tone)] = [
            ("Unprotected now", drift.unprotected.count, drift.unprotected.isEmpty ? .good : .bad),
            ("Only in the backup", drift.orphaned.count, .plain),
            ("Other bytes", drift.mutated.count, drift.mutated.isEmpty ? .plain : .warn),
            ("Status changes", drift.statusChanges.count, .plain),
            ("Configuration changes", changes.count, changes.contains(where: \.widens) ? .warn : .plain),
        ]
        let warnings = drift.warnings.prefix(Self.shown).map { text -> HTML in "<li>\(text)</li>" }
        return """
            <h1>Drift between domain and backup</h1>
            \(drift.message.map { text -> HTML in "<p class=\"notice\">\(text)</p>" })
            \(Words.figures(figures))
            \(Words.facts(facts))
            \(unprotected)
            \(orphaned)
            \(mutated)
            \(statusChanges)
            \(configuration(changes))
            \(failures)
            \(warnings.isEmpty ? nil : "<section aria-labelledby=\"warnings\"><h2 id=\"warnings\">Warnings</h2><ul class=\"messages\">\(warnings)</ul></section>" as HTML)
            """
    }

    private var facts: [(name: String, value: HTML)] {
        var rows: [(name: String, value: HTML)] = [
            ("Outcome", Words.badge(drift.outcome == "converged" ? .good : .warn, drift.outcome)),
            ("Domain", "<bdi>\(drift.domain)</bdi>"), ("Backup", "<bdi>\(drift.backup)</bdi>"),
            ("Looked at", frame.when(drift.at)),
            (
                "Compared",
                drift.offline ? "the backup alone, not the domain" : "the domain and the backup"
            ),
        ]
        if let records = drift.records {
            let words: HTML = """
                \(records.listed) compared by name and size, \(records.read) of them read; \
                <code>\(records.readAllWith)</code> reads all
                """
            rows.append(("Records", words))
        }
        if let since = drift.since { rows.append(("Recorded since", frame.when(since))) }
        return rows
    }

    private var unprotected: HTML {
        section(
            "Unprotected now",
            "unprotected",
            ["State", "Status", "Published", "Last recorded"],
            drift.unprotected.map { one in
                [
                    Self.words(one.place), Words.badge(.bad, one.row.state), "\(one.row.status)",
                    time(one.row.publishedAt),
                    time(one.row.lastRecordedAt),
                ]
            }
        )
    }

    private var orphaned: HTML {
        section(
            "Only in the backup",
            "orphaned",
            ["Last status", "Last recorded", "Deletion recorded"],
            drift.orphaned.map { one in
                let deletion = one.row.deletionRecordedAt.map(frame.when) ?? "not recorded yet"
                let doubt: HTML? =
                    one.row.confirmed ? nil : "<br><small>the listing is too short to be trusted</small>"
                return [
                    Self.words(one.place), "\(one.row.lastStatus ?? "")", time(one.row.lastRecordedAt),
                    "\(deletion)\(doubt)",
                ]
            }
        )
    }

    private var mutated: HTML {
        section(
            "Other bytes under the same name",
            "mutated",
            ["File", "Was", "Is"],
            drift.mutated.map { one in
                [
                    Self.words(one.place), "<bdi>\(one.row.asset)</bdi>", Self.words(one.row.was),
                    Self.words(one.row.now),
                ]
            }
        )
    }

    private var statusChanges: HTML {
        section(
            "Status changes",
            "status",
            ["From", "To", "Recorded"],
            drift.statusChanges.map { one in
                [Self.words(one.place), "\(one.row.from)", "\(one.row.to)", time(one.row.recordedAt)]
            }
        )
    }

    private func configuration(_ changes: [DriftDocument.Configuration.Change]) -> HTML {
        section(
            "Configuration of the domain",
            "configuration",
            ["Part", "Was", "Is"],
            (changes.filter(\.widens) + changes.filter { !$0.widens }).map { change in
                let mark: HTML? = change.widens ? "<br>\(Words.badge(.warn, "allows more"))" : nil
                return [
                    "<bdi>\(change.place)</bdi>", "\(change.part)\(mark)",
                    "<bdi>\(change.from ?? "nothing")</bdi>",
                    "<bdi>\(change.to ?? "nothing")</bdi>",
                ]
            }
        )
    }

    private var failures: HTML {
        section(
            "Failures",
            "failures",
            ["Why"],
            drift.failures.map { one in
                [Self.words(one.place), "<span class=\"message\">\(one.message)</span>"]
            }
        )
    }

    /// A table whose first column names what a row is about; nothing if there are no rows.
    private func section(_ title: String, _ id: String, _ columns: [String], _ rows: [[HTML]]) -> HTML {
        guard !rows.isEmpty else { return "" }
        let table = Table(
            title,
            [.init(title: "What", isHeading: true)] + columns.map { Table.Column(title: $0) },
            Array(rows.prefix(Self.shown))
        )
        let rest: HTML? =
            rows.count > Self.shown
            ? "<p>The first \(Self.shown) of \(rows.count); the document names all.</p>" : nil
        return """
            <section aria-labelledby="\(id)"><h2 id="\(id)">\(title)</h2>\(table.html)\(rest)</section>
            """
    }

    private func time(_ text: String?) -> HTML { text.map(frame.when) ?? "unknown" }

    private static func words(_ place: Place) -> HTML { "<bdi>\(Words.breaking(place.words))</bdi>" }

    private static func words(_ file: DriftDocument.Mutation.File) -> HTML {
        "\(Quantity.bytes(file.size))<br><code>\(file.sha256 ?? "no SHA-256")</code>"
    }
}
