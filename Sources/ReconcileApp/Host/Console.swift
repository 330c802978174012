import Glibc
import Synchronization
import SystemPackage

/// Standard error as an operator sees it: whole lines, and on a terminal one progress line that stays below them.
package final class Console: Sendable {
    /// Whether a person is likely to be watching.
    package let isTerminal: Bool
    /// Columns, if the shell exports them; 80 otherwise.
    private let columns: Int
    private let progress = Mutex("")
    private let write: @Sendable (String) -> Void

    /// Standard error itself.
    package convenience init(environment: [String: String]) {
        let isTerminal = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
        self.init(isTerminal: isTerminal, columns: environment["COLUMNS"].flatMap(Int.init) ?? 80) { text in
            // A closed standard error must not fail a run.
            _ = try? FileDescriptor.standardError.writeAll(text.utf8)
        }
    }

    package init(isTerminal: Bool, columns: Int, write: @escaping @Sendable (String) -> Void) {
        self.isTerminal = isTerminal
        self.columns = max(20, columns)
        self.write = write
    }

    /// Writes a line above the progress line.
    package func line(_ text: String) {
        progress.withLock { progress in
            write(progress.isEmpty ? text + "\n" : "\r\u{1B}[K\(text)\n\(progress)")
        }
    }

    /// Replaces the progress line, on a terminal only. The empty text removes it.
    package func show(progress text: String) {
        guard isTerminal else { return }
        let fitted = String(text.prefix(columns - 1))
        progress.withLock { progress in
            guard progress != fitted else { return }
            progress = fitted
            write("\r\u{1B}[K\(fitted)")
        }
    }
}
