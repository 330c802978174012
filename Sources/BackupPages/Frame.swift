package import ReconcileCore

/// The frame around every page, and what every page knows about its backup.
package struct Frame: Sendable {
    package let domain: String
    /// The backup's location, as the operator gave it.
    package let location: String
    /// The program and its version.
    package let program: String
    /// The moment that the page shows; nil for now.
    package let asOf: Timestamp?
    /// The time at which the page is made; for a page as of a moment, that moment.
    package let now: Timestamp
    /// The address of this server as the reader's browser used it: `http://host:port`.
    package var address = "http://localhost:8081"
    /// Whether the store could not be read just now, so that older data is shown.
    package var isBehind = false
    /// When the data was read, if a newer reading is in progress; nil if it is current.
    package var olderSince: Timestamp?
    /// Returns the cost of a report's requests in words; nil if prices are unknown.
    package var cost: @Sendable ([String: Int]) -> String? = { _ in nil }

    package init(domain: String, location: String, program: String, asOf: Timestamp?, now: Timestamp) {
        self.domain = domain
        self.location = location
        self.program = program
        self.asOf = asOf
        self.now = now
    }

    /// Returns a whole document, with links to the other pages.
    ///
    /// - Parameters:
    ///   - title: the title of the window; the page's heading is in `main`.
    ///   - path: the path of the page, whose part of the site is marked in the navigation.
    package func document(_ title: String, at path: PagePath, query: PageQuery = PageQuery(), _ main: HTML) -> HTML {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title) · \(domain)</title>
        <link rel="icon" href="\(PagePath.icon.target)">
        <link rel="stylesheet" href="\(PagePath.style.target)">
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
        <div class="bar">
        <a class="brand" href="/"><span>Backup of</span> <bdi>\(domain)</bdi></a>
        <nav aria-label="Site">\(links(path))</nav>
        <form class="search" role="search" action="\(PagePath.search.target)" method="get">
        <label for="q">Search</label>
        <input id="q" name="q" type="search" value="\(query.text)" autocomplete="off"
        placeholder="coordinates, file name, SHA-256">
        <button>Search</button>
        </form>
        </div>
        </header>
        \(notice)
        <main id="main" tabindex="-1">
        \(main)
        </main>
        \(footer)
        </body>
        </html>

        """
    }

    /// Returns a whole document as one file, with no references to anything outside it.
    package func file(_ title: String, _ main: HTML) -> HTML {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
        <title>\(title) · \(domain)</title>
        <link rel="icon" href="data:,">
        <style>\(StyleSheet.html)</style>
        </head>
        <body>
        <header><div class="bar"><span class="brand"><span>Backup of</span> <bdi>\(domain)</bdi></span></div></header>
        <main id="main">
        \(main)
        </main>
        \(footer)
        </body>
        </html>

        """
    }

    private func links(_ path: PagePath) -> [HTML] {
        let parts: [(name: String, path: PagePath)] = [
            ("Overview", .overview), ("Packages", .repositories), ("Runs", .runs), ("Verifications", .verifications),
            ("Drills", .drills), ("For the files", .state),
        ]
        return parts.map { part in
            part.path == path.part
                ? "<a href=\"\(part.path.target)\" aria-current=\"\(part.path == path ? "page" : "true")\">\(part.name)</a>"
                : "<a href=\"\(part.path.target)\">\(part.name)</a>"
        }
    }

    private var notice: HTML {
        var lines: [HTML] = []
        if let asOf {
            lines.append("<p class=\"notice\">The backup as of \(Words.time(asOf)). Nothing later is shown.</p>")
        }
        if isBehind {
            lines.append(
                """
                <p class="notice warn" role="status">The backup cannot be read at the moment. This is how it was at most an \
                hour ago.</p>
                """
            )
        }
        if let olderSince {
            lines.append(
                """
                <p class="notice" role="status">This is how the backup was at \(Words.time(olderSince)). It is being read \
                anew: reload the page in a while.</p>
                """
            )
        }
        return HTML(lines)
    }

    private var footer: HTML {
        """
        <footer><p><bdi>\(location)</bdi></p><p>\(program) · this page \(Words.time(now))</p></footer>
        """
    }

    /// A time, and how long ago it was.
    func when(_ time: Timestamp) -> HTML {
        let age = max(0, now.seconds - time.seconds)
        return "\(Words.time(time)) <span class=\"age\">\(Quantity.time(.seconds(age))) ago</span>"
    }

    /// A time as in reports, and how long ago it was.
    func when(_ text: String) -> HTML {
        Timestamp(extended: text).map(when) ?? "<span>\(text)</span>"
    }

    func isOverdue(_ text: String, after days: Int64) -> Bool {
        guard let time = Timestamp(extended: text) else { return true }
        return now.seconds - time.seconds > days * 86_400
    }
}

extension PagePath {
    /// The part of the site that a page belongs to.
    fileprivate var part: PagePath {
        switch self {
        case .repositories, .repository, .group, .package, .version, .search: .repositories
        case .runs, .run: .runs
        case .verifications, .verification: .verifications
        case .drills, .drill: .drills
        case .state: .state
        case .overview, .style, .icon, .unprotected: .overview
        }
    }
}

/// Text and markup shared by several pages.
enum Words {
    static func time(_ time: Timestamp) -> HTML {
        let text = time.extended
        return
            "<time datetime=\"\(text)\">\(String(text.prefix(10))) \(String(text.dropFirst(11).prefix(8)))&nbsp;UTC</time>"
    }

    static func link(_ path: PagePath, _ text: String) -> HTML {
        "<a href=\"\(path.target)\"><bdi>\(breaking(text))</bdi></a>"
    }

    /// Text that may be broken after a colon or a slash, for coordinates and paths.
    static func breaking(_ text: String) -> HTML {
        var parts: [Substring] = []
        var rest = text[...]
        while let end = rest.firstIndex(where: { $0 == ":" || $0 == "/" }) {
            parts.append(rest[...end])
            rest = rest[rest.index(after: end)...]
        }
        let pieces = parts.map { part -> HTML in "\(String(part))<wbr>" }
        return "\(pieces)\(String(rest))"
    }

    /// The tone of a badge or figure; the text also says it, so that nothing depends on colour alone.
    enum Tone: String {
        case good, warn, bad, plain
    }

    static func badge(_ tone: Tone, _ text: String) -> HTML {
        "<span class=\"badge \(tone.rawValue)\">\(text)</span>"
    }

    static func badge(_ status: VersionStatus) -> HTML {
        switch status {
        case .published: badge(.good, status.rawValue)
        case .unlisted, .unfinished: badge(.plain, status.rawValue)
        case .archived, .disposed: badge(.warn, status.rawValue)
        case .deleted: badge(.bad, "Deleted in the domain")
        }
    }

    static func badge(_ outcome: RunReport.Outcome) -> HTML {
        switch outcome {
        case .converged: badge(.good, outcome.rawValue)
        case .partial, .deadline: badge(.warn, outcome.rawValue)
        case .contradicted, .refused, .failed: badge(.bad, outcome.rawValue)
        }
    }

    static func badge(_ outcome: VerifyReport.Outcome) -> HTML {
        switch outcome {
        case .sound: badge(.good, outcome.rawValue)
        case .unsettled, .deadline: badge(.warn, outcome.rawValue)
        case .faulty, .failed: badge(.bad, outcome.rawValue)
        }
    }

    static func badge(_ outcome: DrillReport.Outcome) -> HTML {
        switch outcome {
        case .restored: badge(.good, outcome.rawValue)
        case .untried, .deadline: badge(.warn, outcome.rawValue)
        case .incomplete, .failed: badge(.bad, outcome.rawValue)
        }
    }

    /// Rows of names and values.
    static func facts(_ rows: [(name: String, value: HTML)]) -> HTML {
        let rows = rows.map { row -> HTML in "<div><dt>\(row.name)</dt><dd>\(row.value)</dd></div>" }
        return "<dl class=\"facts\">\(rows)</dl>"
    }

    /// The most important figures.
    static func figures(_ figures: [(name: String, number: Int, tone: Tone)]) -> HTML {
        let cells = figures.map { figure -> HTML in
            "<div class=\"\(figure.tone.rawValue)\"><dt>\(figure.name)</dt><dd>\(figure.number)</dd></div>"
        }
        return "<dl class=\"figures\">\(cells)</dl>"
    }

    /// A breadcrumb trail: links to what contains the page, and the page's own name.
    static func trail(_ links: [(path: PagePath, text: String)], _ here: String) -> HTML {
        let links = links.map { link -> HTML in "<li>\(Words.link(link.path, link.text))</li>" }
        return """
            <nav class="trail" aria-label="Where this is"><ol>\(links)<li aria-current="page"><bdi>\(here)</bdi></li></ol></nav>
            """
    }
}
