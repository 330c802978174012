/// A colour in which a terminal shows text (ECMA-48, SGR).
package enum Colour: Int, Hashable, Sendable {
    case red = 31
    case green = 32
    case yellow = 33

    /// The text in this colour, and what follows it in the terminal's own.
    package func painting(_ text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[39m" }
}
