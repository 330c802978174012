import FoundationEssentials
import Testing

/// One text that is kept in Tests/Goldens and compared as a whole.
///
/// `RECONCILE_RECORD_GOLDENS=1 swift test --filter Golden` writes the files anew; read the difference before it is
/// committed.
package struct Golden: Sendable {
    private let name: String

    package init(_ name: String) {
        self.name = name
    }

    package func expect(_ text: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Goldens/\(name).txt")
        if ProcessInfo.processInfo.environment["RECONCILE_RECORD_GOLDENS"] == "1" {
            try Data(text.utf8).write(to: file)
            return
        }
        let kept = Self.lines(String(decoding: try Data(contentsOf: file), as: UTF8.self))
        let lines = Self.lines(text)
        // The first line that differs says more than two pages.
        if let line = zip(kept, lines).enumerated().first(where: { $0.element.0 != $0.element.1 }) {
            Issue.record("\(name).txt:\(line.offset + 1): expected «\(line.element.0)», got «\(line.element.1)»")
        }
        #expect(kept.count == lines.count, "\(name).txt")
    }

    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }
}
