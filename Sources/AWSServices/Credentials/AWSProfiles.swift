/// The contents of `~/.aws/config` and `~/.aws/credentials`, by profile.
struct AWSProfiles: Sendable, Hashable {
    /// One profile, merged from its sections in the two files.
    struct Profile: Sendable, Hashable {
        let name: String
        var config = INIDocument.Section()
        var credentials = INIDocument.Section()

        /// A value from either file; the credentials file takes precedence.
        subscript(key: String) -> String? {
            credentials.values[key] ?? config.values[key]
        }
    }

    private(set) var profiles: [String: Profile] = [:]
    private(set) var ssoSessions: [String: [String: String]] = [:]
    /// The `services` sections, keyed by name, then service, then setting.
    private(set) var services: [String: [String: [String: String]]] = [:]

    init(config: INIDocument, credentials: INIDocument) {
        // [profile default] takes precedence over [default].
        if let section = config.sections["default"] {
            profiles["default"] = Profile(name: "default", config: section)
        }
        for (header, section) in config.sections {
            guard let words = ShellWords.split(header), words.count == 2 else { continue }
            switch words[0] {
            case "profile": profiles[words[1]] = Profile(name: words[1], config: section)
            case "sso-session": ssoSessions[words[1]] = section.values
            case "services": services[words[1]] = section.nested
            default: continue
            }
        }
        for (name, section) in credentials.sections {
            profiles[name, default: Profile(name: name)].credentials = section
        }
    }
}

/// Splits text into words as a POSIX shell does, without any expansion.
enum ShellWords {
    /// Quotes and backslashes work as in a shell; nil if a quote is not closed or the last character is a backslash.
    static func split(_ text: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var letters = text.makeIterator()
        while let letter = letters.next() {
            switch (letter, quote) {
            case ("\\", nil):
                guard let next = letters.next() else { return nil }
                word = (word ?? "") + String(next)
            case ("\\", "\""):
                guard let next = letters.next() else { return nil }
                // Inside double quotes a backslash is literal unless one of these follows.
                word = (word ?? "") + (next == "\"" || next == "\\" ? "" : "\\") + String(next)
            case ("'", nil), ("\"", nil):
                quote = letter
                word = word ?? ""
            case (let letter, nil) where letter.isWhitespace:
                if let word { words.append(word) }
                word = nil
            case (let letter, let open) where letter == open:
                quote = nil
            case (let letter, _):
                word = (word ?? "") + String(letter)
            }
        }
        if quote != nil { return nil }
        if let word { words.append(word) }
        return words
    }
}
