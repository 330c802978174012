/// A file in the format of `~/.aws/config`: sections of `key = value` or `key: value` lines, where an empty value may be
/// followed by indented nested `key = value` lines.
///
/// Read as the AWS CLI reads it: lines starting with `#` or `;` are comments, a value runs to the end of its line with
/// nothing cut off, keys are in any case and kept in lower case, a line that is indented deeper than the line of a key
/// carries on that key's value; a whole file may be indented. Sections and keys that come twice are merged, the last
/// one counts.
struct INIDocument: Sendable, Hashable {
    struct Section: Sendable, Hashable {
        var values: [String: String] = [:]
        /// By key, then by inner key, spelled as written.
        var nested: [String: [String: String]] = [:]
    }

    /// By what stands between the brackets, without white space around it.
    private(set) var sections: [String: Section] = [:]

    init() {}

    init(_ bytes: [UInt8]) throws(INIFailure) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw INIFailure(line: 1, reason: "the file is not UTF-8")
        }
        var section: String?
        var key: String?
        /// Of the newest line that carried nothing on.
        var indent = 0
        // A line break with a carriage return is one character.
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

    /// An indented line: a pair of a nested value when the line of the key is empty, else more of its text.
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

    /// - Parameter dividers: the first of these stands between key and value.
    private static func pair(_ content: Substring, dividedBy dividers: String) -> (name: String, value: String)? {
        guard let divider = content.firstIndex(where: dividers.contains), divider > content.startIndex else {
            return nil
        }
        return (String(content[..<divider].trimmed), String(content[content.index(after: divider)...].trimmed))
    }
}

/// Where a file stops making sense, and why. Never quotes the line: it may hold a secret.
struct INIFailure: Error, Sendable, Hashable {
    /// From 1.
    let line: Int
    let reason: String
}

extension String {
    /// For a message: the first line alone, since a line that was meant as a key may hold a secret.
    var firstLine: String {
        let lines = split(maxSplits: 1, omittingEmptySubsequences: false) { $0.isNewline }
        return (lines.first ?? "") + (lines.count > 1 ? " (and more lines)" : "")
    }
}

extension StringProtocol where SubSequence == Substring {
    /// Without the white space at both ends.
    var trimmed: Substring {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return self[endIndex...] }
        return self[first...last]
    }
}
