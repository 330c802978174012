/// A text as its letters and digits alone, in lower case and with every escape undone, each with its place in the text.
///
/// Escapes are those of URLs (`%2F`), HTML and XML (`&#x2F;`, `&#47;`, `&sol;`) and JSON (`\u002F`, `\/`), also one
/// within another. What is neither a letter nor a digit of ASCII stands between them.
struct ReducedText {
    /// One character of the text, as spelled there.
    struct Character {
        /// Of ASCII, a letter in lower case; 0 for any other.
        let value: UInt8
        let place: Range<Int>

        var counts: Bool { (0x30...0x39).contains(value) || (0x61...0x7A).contains(value) }
    }

    /// Successive letters and digits, as many as show what text they are of.
    struct Run: Hashable {
        static let length = 16

        private var (high, low): (UInt64, UInt64) = (0, 0)

        fileprivate mutating func append(_ value: UInt8) {
            high = high << 8 | low >> 56
            low = low << 8 | UInt64(value)
        }
    }

    private(set) var characters: [Character] = []
    /// Which of the characters are letters and digits.
    private(set) var counted: [Int] = []
    /// The run that starts at each of `counted` but the last few.
    private(set) var runs: [Run] = []

    /// - Parameter bytes: in UTF-8. Places are offsets in them.
    init(_ bytes: [UInt8]) {
        var run = Run()
        var index = 0
        while index < bytes.count {
            let (value, end) = Self.character(bytes, at: index)
            let character = Character(value: value, place: index..<end)
            if character.counts {
                counted.append(characters.count)
                run.append(value)
                if counted.count >= Run.length { runs.append(run) }
            }
            characters.append(character)
            index = end
        }
    }

    /// The text's parts that have a run in common with another text, from their first letter or digit to the last. If
    /// one begins or ends as the other text does, what that has before its first or behind its last is part of it.
    func parts(of other: ReducedText) -> [Range<Int>] {
        let sought = Set(other.runs)
        var parts: [Range<Int>] = []
        for (index, run) in runs.enumerated() where sought.contains(run) {
            if let last = parts.last, index <= last.upperBound {
                parts[parts.count - 1] = last.lowerBound..<(index + Run.length)
            } else {
                parts.append(index..<(index + Run.length))
            }
        }
        return parts.map { place(of: $0, in: other) }
    }

    private func place(of part: Range<Int>, in other: ReducedText) -> Range<Int> {
        var (first, last) = (counted[part.lowerBound], counted[part.upperBound - 1])
        if runs[part.lowerBound] == other.runs.first {
            for character in other.characters.prefix(while: { !$0.counts }).reversed() {
                guard first > 0, characters[first - 1].value == character.value else { break }
                first -= 1
            }
        }
        if runs[part.upperBound - Run.length] == other.runs.last {
            for character in other.characters.suffix(from: (other.counted.last ?? -1) + 1) {
                guard last + 1 < characters.count, characters[last + 1].value == character.value else { break }
                last += 1
            }
        }
        return characters[first].place.lowerBound..<characters[last].place.upperBound
    }

    // MARK: Escapes

    /// The character at an index with its escapes undone, and the index behind it.
    private static func character(_ bytes: [UInt8], at start: Int) -> (value: UInt8, end: Int) {
        var (value, end) = (UInt32(bytes[start]), start + 1)
        while let escaped = escaped(by: value, bytes, at: end) { (value, end) = escaped }
        switch value {
        case 0x41...0x5A: return (UInt8(value) + 0x20, end)
        case ..<0x80: return (UInt8(value), end)
        default: return (0, end)
        }
    }

    /// The character that a text spells by another one and what is behind that, with the index behind all; nil if that
    /// is no escape.
    private static func escaped(by value: UInt32, _ bytes: [UInt8], at index: Int) -> (UInt32, Int)? {
        switch value {
        case 0x25:  // %
            return number(bytes, at: index, digits: 2)
        case 0x5C:  // \
            guard index < bytes.count else { return nil }
            switch bytes[index] {
            case UInt8(ascii: "u"): return number(bytes, at: index + 1, digits: 4)
            case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): return (0x20, index + 1)
            case UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "\""): return (UInt32(bytes[index]), index + 1)
            default: return nil
            }
        case 0x26:  // &
            guard let end = bytes[index...].prefix(longestEntity).firstIndex(of: UInt8(ascii: ";")) else { return nil }
            return entity(String(decoding: bytes[index..<end], as: UTF8.self)).map { ($0, end + 1) }
        default:
            return nil
        }
    }

    private static func number(_ bytes: [UInt8], at index: Int, digits: Int) -> (UInt32, Int)? {
        guard index + digits <= bytes.count else { return nil }
        let text = bytes[index..<(index + digits)]
        guard text.allSatisfy({ Swift.Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        return UInt32(String(decoding: text, as: UTF8.self), radix: 16).map { ($0, index + digits) }
    }

    private static let longestEntity = 16

    /// What an entity names, without `&` and `;`; nil if it is not known.
    private static func entity(_ name: String) -> UInt32? {
        guard name.utf8.first == UInt8(ascii: "#") else { return entities[name] }
        let digits = name.dropFirst()
        let isHexadecimal = digits.first == "x" || digits.first == "X"
        let number = isHexadecimal ? digits.dropFirst() : digits
        guard number.allSatisfy(\.isHexDigit) else { return nil }
        return UInt32(number, radix: isHexadecimal ? 16 : 10)
    }

    /// Those of characters that secrets have, and of such as text is wrapped with.
    private static let entities: [String: UInt32] = [
        "amp": 0x26, "lt": 0x3C, "gt": 0x3E, "quot": 0x22, "apos": 0x27, "sol": 0x2F, "bsol": 0x5C, "plus": 0x2B,
        "equals": 0x3D, "percnt": 0x25, "lowbar": 0x5F, "dash": 0x2010, "hyphen": 0x2010, "num": 0x23, "colon": 0x3A,
        "period": 0x2E, "comma": 0x2C, "semi": 0x3B, "nbsp": 0xA0, "shy": 0xAD, "Tab": 0x09, "NewLine": 0x0A,
        "ZeroWidthSpace": 0x200B, "zwj": 0x200D, "zwnj": 0x200C,
    ]
}
