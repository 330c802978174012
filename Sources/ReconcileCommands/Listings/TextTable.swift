/// A table of text for a terminal. If it is too wide, the cells of the first column continue on the lines below.
package struct TextTable: Sendable {
    package struct Column: Sendable {
        package let title: String
        /// Whether to align the column to the right, for numbers.
        package let isNumber: Bool

        package init(_ title: String, isNumber: Bool = false) {
            self.title = title
            self.isNumber = isNumber
        }
    }

    /// The lines of a cell.
    package typealias Cell = [String]

    private let columns: [Column]
    private let rows: [[Cell]]

    /// The minimum width of the first column.
    private static let narrowest = 12
    private static let gap = "  "

    /// - Parameter columns: at least one; the first is narrowed if the table is too wide.
    /// - Parameter rows: one cell per column.
    package init(_ columns: [Column], rows: [[Cell]]) {
        self.columns = columns
        self.rows = rows
    }

    /// The width of the table with no column narrowed.
    package var width: Int { natural.reduce(0, +) + Self.gap.count * (columns.count - 1) }

    /// The width of each column, not narrowed.
    private var natural: [Int] {
        let all = [columns.map { [$0.title] }] + rows
        return columns.indices.map { column in all.flatMap { $0[column] }.map(DisplayWidth.of).max() ?? 0 }
    }

    /// Returns the titles and the rows; empty if there are no rows.
    package func lines(width: Int, indent: Int = 0) -> [String] {
        guard !rows.isEmpty else { return [] }
        let all = [columns.map { [$0.title] }] + rows
        var widths = natural
        let others = widths.dropFirst().reduce(0) { $0 + $1 + Self.gap.count }
        widths[0] = min(widths[0], max(Self.narrowest, width - indent - others))
        return all.flatMap { row in
            lines([row[0].flatMap { DisplayWidth.pieces(of: $0, width: widths[0]) }] + row.dropFirst(), widths)
        }
        .map { String(repeating: " ", count: indent) + $0 }
    }

    private func lines(_ row: [Cell], _ widths: [Int]) -> [String] {
        (0..<(row.map(\.count).max() ?? 0)).map { number in
            var line = ""
            for (index, cell) in row.enumerated() {
                let text = number < cell.count ? cell[number] : ""
                let space = String(repeating: " ", count: max(0, widths[index] - DisplayWidth.of(text)))
                if index > 0 { line += Self.gap }
                line += columns[index].isNumber ? space + text : text + space
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}

/// Measures how many terminal columns a text occupies.
///
/// Uses the large blocks of Unicode's East Asian Width (annex 11). A terminal's own table may differ for single
/// characters, and then a cell is one column off.
package enum DisplayWidth {
    package static func of(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
        return text.reduce(0) { $0 + width($1) }
    }

    /// Cuts a text into pieces of at most this width; returns at least one. A wider character gets a piece to itself.
    package static func pieces(of text: String, width: Int) -> [String] {
        var pieces = [""]
        var used = 0
        for character in text {
            let own = self.width(character)
            if used + own > width, used > 0 {
                pieces.append("")
                used = 0
            }
            pieces[pieces.count - 1].append(character)
            used += own
        }
        return pieces
    }

    /// Breaks a sentence between words into lines of at most this width; returns at least one. A wider word is cut.
    package static func lines(of text: String, width: Int) -> [String] {
        guard of(text) > width else { return [text] }
        return text.wrapped(to: width).flatMap { pieces(of: $0, width: width) }
    }

    private static func width(_ character: Character) -> Int {
        character.unicodeScalars.map(width).max() ?? 0
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        // `OutputWriter` replaces characters that change the text's direction with a visible character.
        case .format: return scalar.properties.isBidiControl ? 1 : 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
