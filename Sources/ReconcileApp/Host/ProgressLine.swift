/// A progress line in parts; if not all fit, the most important ones are shown.
package struct ProgressLine: Hashable, Sendable {
    package struct Part: Hashable, Sendable {
        let text: String
        /// A shorter form for narrow lines; nil to use the text itself.
        let short: String?
        /// The importance: parts with the lowest rank are the last to be dropped.
        let rank: Int
        let colour: Colour?

        package init(_ text: String, short: String? = nil, rank: Int, colour: Colour? = nil) {
            self.text = text
            self.short = short
            self.rank = rank
            self.colour = colour
        }
    }

    /// A piece of text in the colour that a terminal gives it.
    package struct Piece: Hashable, Sendable {
        let text: String
        let colour: Colour?
    }

    private let parts: [Part]

    package init(_ parts: [Part]) {
        self.parts = parts
    }

    /// All parts.
    package var text: String { parts.map(\.text).joined(separator: Self.gap) }

    /// Returns the parts that fit into the columns, in their order. Parts are ASCII: one column per character.
    package func pieces(columns: Int) -> [Piece] {
        var texts = [String?](repeating: nil, count: parts.count)
        var room = columns
        for (index, part) in parts.enumerated().sorted(by: { $0.element.rank < $1.element.rank }) {
            let gap = room == columns ? 0 : Self.gap.count
            let forms = columns < Self.narrow ? [part.short ?? part.text] : [part.text, part.short ?? part.text]
            guard let text = forms.first(where: { $0.count + gap <= room }) else { continue }
            texts[index] = text
            room -= text.count + gap
        }
        return zip(texts, parts).compactMap { text, part in text.map { Piece(text: $0, colour: part.colour) } }
    }

    /// Returns the parts that fit as plain text.
    package func text(columns: Int) -> String {
        pieces(columns: columns).map(\.text).joined(separator: Self.gap)
    }

    /// The separator between two parts.
    static let gap = "  "
    /// The number of columns below which the short forms are always used, so that a second part fits.
    private static let narrow = 36
}
