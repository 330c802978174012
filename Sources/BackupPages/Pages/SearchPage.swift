package import ReconcileCore

/// What a search found.
package struct SearchPage: Sendable {
    /// What was looked for, and where.
    package enum Findings: Sendable {
        case none
        /// Packages whose coordinates have the text.
        case packages([BackupContents.Row])
        /// Files, of so many versions that were looked at, and whether those were all.
        case files([BackupReview.Hit], looked: Int, isComplete: Bool)
    }

    private let findings: Findings
    private let frame: Frame
    private let query: PageQuery

    private static let size = 100

    package init(_ findings: Findings, _ frame: Frame, _ query: PageQuery) {
        self.findings = findings
        self.frame = frame
        self.query = query
    }

    package var html: HTML {
        let heading: HTML = query.text.isEmpty ? "Search" : "Search for <bdi>\(query.text)</bdi>"
        let main: HTML = "<h1>\(heading)</h1>\(body)"
        return frame.document(
            query.text.isEmpty ? "Search" : "Search for \(query.text)",
            at: .search,
            query: query,
            main
        )
    }

    private static let hint: HTML = """
        <p class="hint">Coordinates such as <code>com.acme:lib</code> or any part of them, the name of a file such as \
        <code>lib-1.0.jar</code>, or the SHA-1 or SHA-256 of a file.</p>
        """

    private var body: HTML {
        switch findings {
        case .none: return Self.hint
        case .packages(let rows):
            guard !rows.isEmpty else { return "<p>No package has such coordinates.</p>\(Self.hint)" }
            let paging = Paging(query.page, of: rows.count, size: Self.size)
            let table = Table(
                "Packages found",
                [
                    .init(title: "Package", isHeading: true), .init(title: "Repository"),
                    .init(title: "Versions", isNumber: true), .init(title: "Newest record"),
                ],
                rows[paging.range].map { row in
                    let package = row.coordinates
                    return [
                        Words.link(.package(package), "\(package.namespace):\(package.name)"),
                        Words.link(.repository(package.repository), package.repository), "\(row.versions)",
                        frame.when(row.newestRecord),
                    ]
                }
            )
            return "\(table.html)\(paging.links(.search, query))"
        case .files(let hits, let looked, let isComplete):
            let paging = Paging(query.page, of: hits.count, size: Self.size)
            let table = Table(
                "Files found",
                [.init(title: "File", isHeading: true), .init(title: "Version"), .init(title: "Size", isNumber: true)],
                hits[paging.range].map { hit in
                    [
                        "<bdi>\(hit.stored.asset.name)</bdi>",
                        Words.link(.version(hit.record.coordinates), hit.record.coordinates.description),
                        "\(Quantity.bytes(hit.stored.asset.size))",
                    ]
                }
            )
            let scope: HTML =
                isComplete
                ? "<p class=\"hint\">The newest records of \(looked) versions were looked at.</p>"
                : """
                <p class="notice warn">Only \(looked) versions were looked at in the time that a page may take: \
                search again to go on. <code>reconcile find</code> looks at all.</p>
                """
            return "\(scope)\(hits.isEmpty ? "<p>No file found.</p>" : table.html)\(paging.links(.search, query))"
        }
    }
}

/// A page instead of what was asked for.
package struct MessagePage: Sendable {
    private let title: String
    private let message: String
    private let frame: Frame

    package init(_ title: String, _ message: String, _ frame: Frame) {
        self.title = title
        self.message = message
        self.frame = frame
    }

    package var html: HTML {
        frame.document(
            title,
            at: .overview,
            "<h1>\(title)</h1><p>\(message)</p><p><a href=\"/\">State of the backup</a></p>"
        )
    }
}
