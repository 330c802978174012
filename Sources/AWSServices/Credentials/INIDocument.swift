/// A file in the format of `~/.aws/config`: sections of `key = value` or `key: value` lines. A key with an empty value
/// may be followed by indented `key = value` lines.
///
/// Parsed as in the AWS CLI. Lines that start with `#` or `;` are comments. A value is the rest of its line, unchanged.
/// Keys ignore case and are stored in lower case. A line indented deeper than its key's line continues that key's
/// value; a whole file may be indented. Repeated sections and keys are merged, and the last value wins.
struct INIDocument: Sendable, Hashable {
    struct Section: Sendable, Hashable {
        var values: [String: String] = [:]
        /// Keyed by key, then by inner key as written.
        var nested: [String: [String: String]] = [:]
    }

    /// Keyed by the text between the brackets, without surrounding white space.
    private(set) var sections: [String: Section] = [:]

    init() {}

    init(_ bytes: [UInt8]) throws(INIFailure) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw INIFailure(line: 1, reason: "the file is not UTF-8")
        }
        var section: String?
        var key: String?
        /// The indentation of the last line that was not a continuation.
        var indent = 0
        // Swift treats CR LF as one character.
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in lines.enumerated() {
            let content = line.trimmed
            guard let first = content.first, first != "#", first != ";" else { continue }
            let failure = { (reason: String) in INIFailure(line: index + 1, reason: reason) }
            let depth = line.prefix { $0.isWhitespace }.count
            if let section, let key, depth > indent {
                try continueValue(content, of: key, in: section, failure: failure)
            } else if first == "[" {
                indent = depth
                guard let end = content.firstIndex(of: "]") else { throw failure("a section without ]") }
                let name = String(content[content.index(after: content.startIndex)..<end].trimmed)
                sections[name] = sections[name] ?? Section()
                section = name
                key = nil
            } else {
                guard let section else { throw failure("a line before the first section") }
                guard let (name, value) = Self.pair(content, dividedBy: "=:") else { throw failure("a line without =") }
                key = name.lowercased()
                indent = depth
                sections[section, default: Section()].values[name.lowercased()] = value
            }
        }
    }

    /// Adds an indented line: a nested pair if the key's own value is empty, otherwise more text of the value.
    private mutating func continueValue(
        _ content: Substring,
        of key: String,
        in section: String,
        failure: (String) -> INIFailure
    ) throws(INIFailure) {
        let value = sections[section]?.values[key] ?? ""
        if value.isEmpty {
            guard let (name, value) = Self.pair(content, dividedBy: "=") else {
                throw failure("an indented line without =")
            }
            sections[section]?.nested[key, default: [:]][name] = value
        } else {
            sections[section]?.values[key] = value + "\n" + content
        }
    }

    /// - Parameter dividers: the first of these characters to occur separates key and value.
    private static func pair(_ content: Substring, dividedBy dividers: String) -> (name: String, value: String)? {
        guard let divider = content.firstIndex(where: dividers.contains), divider > content.startIndex else {
            return nil
        }
        return (String(content[..<divider].trimmed), String(content[content.index(after: divider)...].trimmed))
    }
}

/// Where and why parsing failed. Never quotes the line, since it may contain a secret.
struct INIFailure: Error, Sendable, Hashable {
    /// Counted from 1.
    let line: Int
    let reason: String
}

extension String {
    /// The first line, for a message: a line meant as a key may contain a secret.
    var firstLine: String {
        let lines = split(maxSplits: 1, omittingEmptySubsequences: false) { $0.isNewline }
        return (lines.first ?? "") + (lines.count > 1 ? " (and more lines)" : "")
    }
}

extension StringProtocol where SubSequence == Substring {
    /// The text without white space at either end.
    var trimmed: Substring {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return self[endIndex...] }
        return self[first...last]
    }
}
