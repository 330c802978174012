package import ReconcileCore

/// A page of search results.
package struct SearchPage: Sendable {
    /// The results of a search.
    package enum Findings: Sendable {
        case none
        /// Packages whose coordinates contain the text.
        case packages([BackupContents.Row])
        /// Files in the versions of one page of results.
        case files([BackupReview.Hit], Paging, Scope)
    }

    /// Which versions were searched for a file.
    package enum Scope: Sendable {
        /// All versions.
        case all(Int)
        /// The versions whose coordinates allow the file.
        case named(Int)
        /// As `named`, but only in the first packages that may have the file; there are more.
        case first(Int)
        /// The versions whose records have been read so far.
        case soFar(Int, of: Int)
        /// The versions whose hashes fit into the index.
        case only(Int, of: Int)
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
        case .files(let hits, let paging, let scope):
            let table = Table(
                "Files found",
                [.init(title: "File", isHeading: true), .init(title: "Version"), .init(title: "Size", isNumber: true)],
                hits.map { hit in
                    [
                        "<bdi>\(hit.stored.asset.name)</bdi>",
                        Words.link(.version(hit.record.coordinates), hit.record.coordinates.description),
                        "\(Quantity.bytes(hit.stored.asset.size))",
                    ]
                }
            )
            let none: HTML = paging.pages > 1 ? "<p>No file found in these versions.</p>" : "<p>No file found.</p>"
            return "\(words(scope))\(hits.isEmpty ? none : table.html)\(paging.links(.search, query))"
        }
    }
}

extension SearchPage {
    private func words(_ scope: Scope) -> HTML {
        switch scope {
        case .all(let count):
            return "<p class=\"hint\">The newest records of \(count) versions were looked at.</p>"
        case .named(let count):
            return "<p class=\"hint\">Versions that may have it by their names: \(count).</p>"
        case .first(let count):
            return """
                <p class="notice warn">Only the first \(count) versions that may have it were looked at. \
                <code>reconcile find</code> looks at all.</p>
                """
        case .soFar(let count, let all):
            return """
                <p class="notice warn" role="status">The records are still being read: \(count) of \(all) versions so far. \
                <a href="\(query.target(of: .search, page: 1))">Search again</a> to see more.</p>
                """
        case .only(let count, let all):
            return """
                <p class="notice warn">Only \(count) of \(all) versions can be found by a hash here. \
                <code>reconcile find</code> looks at all.</p>
                """
        }
    }
}

/// The page shown until the backup has been read.
package struct ReadingPage: Sendable {
    private let records: Int
    private let frame: Frame
    private let path: PagePath
    private let query: PageQuery

    /// - Parameter records: the number of records read so far.
    package init(records: Int, _ frame: Frame, _ path: PagePath, _ query: PageQuery) {
        (self.records, self.frame, self.path, self.query) = (records, frame, path, query)
    }

    package var html: HTML {
        let count: HTML? = records == 0 ? nil : " \(records) so far."
        return frame.document(
            "The backup is being read",
            at: path,
            query: query,
            """
            <h1>The backup is being read</h1>
            <p role="status">This page needs the names of all records, and they are being read.\(count) Builds are served \
            meanwhile.</p>
            <p><a href="\(query.target(of: path, page: query.page))">Try again</a></p>
            """
        )
    }
}

/// A page with a message instead of the requested content.
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
