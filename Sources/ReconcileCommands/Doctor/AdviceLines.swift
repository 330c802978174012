import ReconcileApp

/// Lays out what to do below its check, so that it fits the terminal and can still be copied.
enum AdviceLines {
    private static let indent = 11

    /// A command is continued with a backslash, a sentence is wrapped, and JSON stays as it is, further left where its
    /// lines are long.
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

    /// Broken before an option where one is, else at a space.
    private static func command(_ line: String, width: Int) -> [String] {
        guard DisplayWidth.of(line) > width else { return [line] }
        var parts: [String] = []
        for word in line.split(separator: " ") {
            // An option and its values stay together.
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
