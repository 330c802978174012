/// A table with column headings; on a narrow screen each row becomes a separate block.
struct Table {
    struct Column {
        let title: String
        /// Whether to align the column to the right, for numbers.
        var isNumber = false
        /// Whether the column names the row.
        var isHeading = false
    }

    let caption: String
    let columns: [Column]
    let rows: [[HTML]]

    init(_ caption: String, _ columns: [Column], _ rows: [[HTML]]) {
        (self.caption, self.columns, self.rows) = (caption, columns, rows)
    }

    var html: HTML {
        let heads = columns.map { column -> HTML in
            column.isNumber
                ? "<th scope=\"col\" class=\"number\">\(column.title)</th>" : "<th scope=\"col\">\(column.title)</th>"
        }
        return """
            <table>
            <caption>\(caption)</caption>
            <thead><tr>\(heads)</tr></thead>
            <tbody>
            \(rows.map(Self.row(columns)))
            </tbody>
            </table>
            """
    }

    private static func row(_ columns: [Column]) -> ([HTML]) -> HTML {
        { cells in
            let cells = zip(columns, cells).map { column, cell -> HTML in
                if column.isHeading { return "<th scope=\"row\" data-name=\"\(column.title)\"><div>\(cell)</div></th>" }
                let kind = column.isNumber ? "number" : "text"
                return "<td class=\"\(kind)\" data-name=\"\(column.title)\"><div>\(cell)</div></td>"
            }
            return "<tr>\(cells)</tr>\n"
        }
    }
}

/// One page of a long list, and links to the others.
package struct Paging: Hashable, Sendable {
    /// The page number, from 1.
    package let page: Int
    package let pages: Int
    package let range: Range<Int>
    /// The number of elements on all pages.
    package let count: Int

    /// - Parameter page: the requested page; the nearest one is used if it does not exist.
    package init(_ page: Int, of count: Int, size: Int) {
        pages = max(1, (count + size - 1) / size)
        self.page = min(max(1, page), pages)
        self.count = count
        let start = min(count, (self.page - 1) * size)
        range = start..<min(count, start + size)
    }

    /// The links to other pages; empty if everything fits on one page.
    func links(_ path: PagePath, _ query: PageQuery = PageQuery()) -> HTML {
        guard pages > 1 else { return "" }
        func link(_ page: Int, _ text: String, _ relation: String) -> HTML {
            guard page != self.page, (1...pages).contains(page) else { return "<li><span>\(text)</span></li>" }
            return "<li><a href=\"\(query.target(of: path, page: page))\" rel=\"\(relation)\">\(text)</a></li>"
        }
        return """
            <nav class="paging" aria-label="Pages"><p>\(range.lowerBound + 1)–\(range.upperBound) of \(count)</p><ul>\
            \(link(1, "First", "first"))\(link(page - 1, "Previous", "prev"))\(link(page + 1, "Next", "next"))\
            \(link(pages, "Last", "last"))</ul></nav>
            """
    }
}
