import ReconcileCore

/// A piece of HTML: literals are markup, and interpolated text is escaped.
///
/// There is no other way to create one, so no value from a backup becomes markup.
package struct HTML: Hashable, Sendable, ExpressibleByStringInterpolation {
    package let text: String

    package init(stringLiteral value: String) { text = value }

    package init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

    /// Concatenates pieces.
    package init(_ pieces: [HTML]) { text = pieces.map(\.text).joined() }

    package struct Interpolation: StringInterpolationProtocol, Sendable {
        fileprivate var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 32)
        }

        package mutating func appendLiteral(_ literal: String) { text += literal }

        package mutating func appendInterpolation(_ value: String) { text += HTML.escape(value) }

        /// Appends a number with its digits in groups of three.
        package mutating func appendInterpolation(_ number: some BinaryInteger) { text += HTML.digits(number) }

        package mutating func appendInterpolation(_ piece: HTML) { text += piece.text }

        /// Appends nothing for nil.
        package mutating func appendInterpolation(_ piece: HTML?) { text += piece?.text ?? "" }

        package mutating func appendInterpolation(_ pieces: [HTML]) { for piece in pieces { text += piece.text } }
    }

    /// Escapes text for use between tags and in a quoted attribute. Characters that would act on the reader's screen
    /// instead of being displayed (control characters, and those that change the text's direction) become U+FFFD, as on
    /// a terminal.
    private static func escape(_ value: String) -> String {
        guard value.unicodeScalars.contains(where: { isSpecial($0) || acts($0) }) else { return value }
        var escaped = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            case "\n": escaped.append(scalar)
            default: escaped.append(acts(scalar) ? "\u{FFFD}" : scalar)
            }
        }
        return String(escaped)
    }

    private static func isSpecial(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "&", "<", ">", "\"", "'": true
        default: false
        }
    }

    /// Whether a scalar is a control character, a Bidi_Control character or an invisible line or paragraph separator.
    private static func acts(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: scalar.isControl
        }
    }

    private static func digits(_ number: some BinaryInteger) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }
}
