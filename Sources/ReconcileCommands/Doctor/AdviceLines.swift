import ReconcileApp

/// Lays out the advice below a check so that it fits the terminal and can still be copied.
enum AdviceLines {
    private static let indent = 11

    /// Breaks a command with backslashes, wraps a sentence, and keeps JSON lines whole, with less indent if they are
    /// long.
    static func of(_ advice: String, width: Int) -> [String] {
        let lines = advice.split(separator: "\n").map(String.init)
        let widest = lines.filter(isJSON).map(DisplayWidth.of).max() ?? 0
        let margin = String(repeating: " ", count: max(0, min(indent, width - widest)))
        return lines.flatMap { line -> [String] in
            if isJSON(line) { return [margin + line] }
            let room = max(20, width - indent)
            guard isCommand(line) else {
                return line.wrapped(to: room).map { String(repeating: " ", count: indent) + $0 }
            }
            return command(line, width: room).map { String(repeating: " ", count: indent) + $0 }
        }
    }

    private static func isJSON(_ line: String) -> Bool { line.first.map { " {}[]\"".contains($0) } ?? false }

    private static func isCommand(_ line: String) -> Bool {
        ["aws ", "reconcile ", "ls ", "timedatectl "].contains { line.hasPrefix($0) }
    }

    /// Breaks a command before options, or at spaces if an option is too long.
    private static func command(_ line: String, width: Int) -> [String] {
        guard DisplayWidth.of(line) > width else { return [line] }
        var parts: [String] = []
        for word in line.split(separator: " ") {
            // Keeps an option and its values together.
            if word.hasPrefix("--") || parts.isEmpty {
                parts.append(String(word))
            } else {
                parts[parts.count - 1] += " \(word)"
            }
        }
        var lines: [String] = []
        for part in parts.flatMap({ $0.wrapped(to: width - 4) }) {
            if let last = lines.last, DisplayWidth.of(last) + DisplayWidth.of(part) + 3 <= width {
                lines[lines.count - 1] = "\(last) \(part)"
            } else {
                lines.append(lines.isEmpty ? part : "  \(part)")
            }
        }
        return lines.enumerated().map { $0.offset == lines.count - 1 ? $0.element : "\($0.element) \\" }
    }
}
