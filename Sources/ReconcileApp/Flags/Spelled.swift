package import ReconcileCore

/// A setting's value as people write it: its parser, and what an error says about any other text.
///
/// It is the only parser of the value, whether it comes from a flag, the environment or the file.
package protocol Spelled: Sendable {
    /// Parses the text; nil if it is not such a value.
    init?(spelled text: String)

    /// What to write instead; follows "write " in the message.
    static var spelling: String { get }

    /// What to write instead of a text that is a common mistake; nil for any other text.
    static func correction(of text: String) -> String?
}

extension Spelled {
    package static func correction(of text: String) -> String? { nil }
}

/// Parses an option's value; ArgumentParser puts the option's name before the error.
@Sendable package func spelled<Value: Spelled>(_ text: String) throws -> Value {
    if let correction = Value.correction(of: text) { throw Misspelling("write \(correction)") }
    guard let value = Value(spelled: text) else { throw Misspelling("write \(Value.spelling)") }
    return value
}

/// Parses a whole number within a range.
package func whole(in range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
    { text in
        guard let number = Int(text), range.contains(number) else {
            throw Misspelling("write a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

/// Why a value cannot be used.
package struct Misspelling: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Rewrites coordinates that begin with a repository, as listings print them, to the spelling that options take; nil
/// for any other text. No namespace contains a slash (CodeArtifact API Reference, PackageDescription).
package func withoutRepository(_ text: String) -> String? {
    let place = text.prefix { $0 != ":" }
    guard place.count < text.count, let slash = place.firstIndex(of: "/") else { return nil }
    return "\(text[text.index(after: slash)...]) --repository \(text[..<slash])"
}

/// Suggests how to find the group of an artifact that was named without one.
package func groupSearch(_ text: String) -> String { "reconcile find \(ShellWord.quoted(text)) finds its group" }

// MARK: Values

/// A positive length of time, such as `1h30m`.
package struct TimeSpan: Spelled, Hashable, CustomStringConvertible {
    package let duration: Duration

    package init?(spelled text: String) {
        guard let duration = Duration(spelled: text) else { return nil }
        self.duration = duration
    }

    package init(seconds: Int) {
        duration = .seconds(seconds)
    }

    package static let spelling = "90s, 50m or 1h30m"

    package var description: String {
        let seconds = duration.components.seconds
        if seconds > 0, seconds % 3_600 == 0 { return "\(seconds / 3_600)h" }
        return seconds > 0 && seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
    }
}

/// A length of time, or `0s`.
package struct TimeSpanOrZero: Spelled, Hashable, CustomStringConvertible {
    package let span: TimeSpan

    package init?(spelled text: String) {
        guard let span = text == "0s" ? TimeSpan(seconds: 0) : TimeSpan(spelled: text) else { return nil }
        self.span = span
    }

    package init(seconds: Int) {
        span = TimeSpan(seconds: seconds)
    }

    package static let spelling = "\(TimeSpan.spelling), or 0s for none"

    package var description: String { span.description }
}

/// A time in the past, as people write it, in UTC.
///
/// `2026-11-27`, `today` and `yesterday` mean the start of that day; `24h` means 24 hours ago. A time of day may omit
/// the seconds, the `T` and the `Z`.
package struct PastTime: Spelled, Hashable, CustomStringConvertible {
    package let time: Timestamp

    package init?(spelled text: String) {
        self.init(spelled: text, now: Timestamp(secondsSince1970: SystemClock().secondsSince1970()))
    }

    package init?(spelled text: String, now: Timestamp) {
        guard let time = Self.time(text, now: now), time <= now else { return nil }
        self.time = time
    }

    private static func time(_ text: String, now: Timestamp) -> Timestamp? {
        let day: Int64 = 86_400
        let today = now.seconds - now.seconds % day
        switch text {
        case "now": return now
        case "today": return Timestamp(seconds: today)
        case "yesterday": return Timestamp(seconds: today - day)
        default: break
        }
        if let ago = Duration(spelled: text)?.components.seconds {
            return ago <= now.seconds ? Timestamp(seconds: now.seconds - ago) : nil
        }
        if let exact = Timestamp(extended: text) ?? Timestamp(basic: text) { return exact }
        let parts = text.split(separator: text.contains("T") ? "T" : " ", omittingEmptySubsequences: false)
        guard let date = parts.first, parts.count <= 2 else { return nil }
        var clock = parts.count == 2 ? String(parts[1]) : "00:00"
        if parts.count == 2, clock.hasSuffix("Z") { clock.removeLast() }
        if clock.utf8.count == 5 { clock += ":00" }
        return Timestamp(extended: "\(date)T\(clock)Z")
    }

    package static let spelling =
        "a time in the past and in UTC, such as 2026-11-22T08:36:12Z, 2026-11-22, yesterday, or 24h for so long ago"

    package var description: String { time.extended }
}

/// A rate in requests per second.
package struct Rate: Spelled, Hashable, CustomStringConvertible {
    package let perSecond: Double

    package init?(spelled text: String) {
        guard let rate = Double(text), Self.range.contains(rate) else { return nil }
        perSecond = rate
    }

    package init(_ perSecond: Double) {
        self.perSecond = perSecond
    }

    /// From about one request in a quarter of an hour to more than any quota allows.
    private static let range = 0.001...1_000_000

    package static let spelling = "a number from 0.001 to 1000000"

    package var description: String {
        perSecond == perSecond.rounded() && perSecond < 1e9 ? "\(Int(perSecond))" : "\(perSecond)"
    }
}

/// The ID of an AWS account.
package struct AccountID: Spelled, Hashable, CustomStringConvertible {
    package let description: String

    package init?(spelled text: String) {
        guard text.utf8.count == 12, text.utf8.allSatisfy(ASCII.isDigit)
        else { return nil }
        description = text
    }

    package static let spelling = "the account's 12 digits"
}

extension Shard: Spelled {
    package init?(spelled text: String) { self.init(text) }

    package static let spelling =
        "i/n, such as 0/4 for the first of four; the first number is 0 to n-1, and n at most \(Shard.limit)"
}

/// A pattern that selects or excludes packages or versions.
package struct SelectionPattern: Spelled, Hashable, CustomStringConvertible {
    package let pattern: VersionPattern

    package init?(spelled text: String) {
        guard let pattern = VersionPattern(selecting: text) else { return nil }
        self.pattern = pattern
    }

    package static let spelling = "a pattern such as com.acme.*:lib-* or com.acme:app:1.0"

    package static func correction(of text: String) -> String? { withoutRepository(text) }

    package var description: String { pattern.description }
}

extension VersionPattern: Spelled {
    package init?(spelled text: String) { self.init(text) }

    package static let spelling = "group:artifact or group:artifact:version"

    package static func correction(of text: String) -> String? {
        if let correction = withoutRepository(text) { return correction }
        guard !text.isEmpty, !text.contains(":") else { return nil }
        return "\(spelling): \(groupSearch(text)), and \(ShellWord.quoted("*:\(text)")) means any group"
    }
}

extension Duration {
    /// Parses `45s`, `50m`, `2h`, `1h30m`, `7d`; nil for anything else, including zero.
    package init?(spelled text: String) {
        var total = Duration.zero
        var digits = ""
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
                continue
            }
            guard let number = Int(digits), number < 1_000_000 else { return nil }
            switch character {
            case "d": total += .seconds(number * 86_400)
            case "h": total += .seconds(number * 3_600)
            case "m": total += .seconds(number * 60)
            case "s": total += .seconds(number)
            default: return nil
            }
            digits = ""
        }
        guard digits.isEmpty, total > .zero else { return nil }
        self = total
    }
}
