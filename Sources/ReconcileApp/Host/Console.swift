import Glibc
import Synchronization
import SystemPackage

/// Standard error as an operator sees it: whole lines, with one progress line below them on a terminal.
package final class Console: Sendable {
    /// Whether standard error is a terminal.
    package let isTerminal: Bool
    /// Whether a progress line can be drawn and redrawn.
    package let showsProgress: Bool
    private let hasColours: Bool
    private let columns: @Sendable () -> Int
    private let write: @Sendable (String) -> Void

    /// The progress line as it is on the screen.
    private struct Drawn {
        let line: ProgressLine
        var text = ""
        /// The number of columns it occupies.
        var width = 0
    }

    private let drawn = Mutex<Drawn?>(nil)

    /// Uses standard error. On a terminal with TERM=dumb nothing is redrawn or coloured; with `NO_COLOR` set nothing is
    /// coloured (no-color.org).
    package convenience init(environment: [String: String]) {
        let isTerminal = isatty(STDERR_FILENO) == 1
        let isDumb = environment["TERM"] == "dumb"
        self.init(
            isTerminal: isTerminal,
            showsProgress: isTerminal && !isDumb,
            hasColours: isTerminal && !isDumb && environment["NO_COLOR"]?.isEmpty ?? true,
            columns: { TerminalSize.columns(of: STDERR_FILENO, environment: environment) },
            write: { text in
                // A closed standard error must not fail a run.
                _ = try? FileDescriptor.standardError.writeAll(text.utf8)
            }
        )
    }

    package init(
        isTerminal: Bool,
        showsProgress: Bool,
        hasColours: Bool = false,
        columns: @escaping @Sendable () -> Int,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.isTerminal = isTerminal
        self.showsProgress = showsProgress
        self.hasColours = hasColours
        self.columns = columns
        self.write = write
    }

    /// Writes a line above the progress line.
    package func line(_ text: String) {
        drawn.withLock { drawn in
            guard let shown = drawn else { return write(text + "\n") }
            let new = fitted(shown.line)
            write("\(erasing(shown))\(text)\n\(new.text)")
            drawn = new
        }
    }

    /// Returns the text in a colour if this console has colours.
    package func painted(_ text: String, _ colour: Colour?) -> String {
        guard let colour, hasColours else { return text }
        return colour.painting(text)
    }

    /// Replaces the progress line; does nothing if the console shows none.
    package func show(_ line: ProgressLine) {
        guard showsProgress else { return }
        drawn.withLock { drawn in
            let new = fitted(line)
            guard drawn?.text != new.text else { return }
            write("\(drawn.map(erasing) ?? "\r\u{1B}[K")\(new.text)")
            drawn = new
        }
    }

    /// Draws the progress line again, after the terminal's width has changed.
    package func redraw() {
        drawn.withLock { drawn in
            guard let shown = drawn else { return }
            let new = fitted(shown.line)
            write(erasing(shown) + new.text)
            drawn = new
        }
    }

    /// Removes the progress line.
    package func hideProgress() {
        drawn.withLock { drawn in
            guard let shown = drawn else { return }
            write(erasing(shown))
            drawn = nil
        }
    }

    /// Fits the line into all columns but the last, where a terminal may wrap.
    private func fitted(_ line: ProgressLine) -> Drawn {
        let pieces = line.pieces(columns: max(0, columns() - 1))
        let width = pieces.reduce(0) { $0 + $1.text.count } + ProgressLine.gap.count * max(0, pieces.count - 1)
        let text = pieces.map { painted($0.text, $0.colour) }.joined(separator: ProgressLine.gap)
        return Drawn(line: line, text: text, width: width)
    }

    /// Returns the codes that erase the line. If the terminal became narrower, it wrapped the line and the cursor is in
    /// its last row.
    private func erasing(_ shown: Drawn) -> String {
        let rowsAbove = max(0, shown.width - 1) / max(1, columns())
        return rowsAbove == 0 ? "\r\u{1B}[K" : "\r\u{1B}[\(rowsAbove)A\u{1B}[J"
    }
}
