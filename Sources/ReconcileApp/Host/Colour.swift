/// A colour of terminal text (ECMA-48, SGR).
package enum Colour: Int, Hashable, Sendable {
    case red = 31
    case green = 32
    case yellow = 33

    /// Returns the text in this colour; text that follows has the terminal's default colour.
    package func painting(_ text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[39m" }
}
