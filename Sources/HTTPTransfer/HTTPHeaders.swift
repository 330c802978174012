/// The header fields of one request or answer, in order; names are compared ignoring ASCII case.
///
/// Stored as one block of bytes, since only two or three fields of most answers are read: a field becomes strings only
/// then. Two values are equal if all their fields are, including order and spelling.
package struct HTTPHeaders: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// One field, as it is sent.
    package struct Field: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    /// Each field as `name`, `: `, `value` and a zero byte, the form that curl takes.
    private(set) var block: [UInt8] = []
    /// The name of the first field that cannot be sent: its name is not a token, or its value has a line break, which
    /// could forge a field, or a zero byte. A request with such a field is rejected before anything is sent.
    private(set) var malformedName: String?

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }

    /// The value of the first field with this name; nil if there is none.
    package subscript(name: String) -> String? {
        for line in lines where named(name, line) { return value(of: line) }
        return nil
    }

    /// All fields, in order.
    package var fields: [Field] {
        lines.map {
            Field(name: String(decoding: block[$0.lowerBound..<colon(of: $0)], as: UTF8.self), value: value(of: $0))
        }
    }

    package var isEmpty: Bool { block.isEmpty }

    /// Adds a field after the others, even if one with this name exists.
    package mutating func append(_ name: String, _ value: String) {
        if !Self.isToken(name) || value.utf8.contains(where: { $0 == 0x0D || $0 == 0x0A || $0 == 0 }) {
            malformedName = malformedName ?? name
            return
        }
        block += name.utf8
        block.append(UInt8(ascii: ":"))
        block.append(UInt8(ascii: " "))
        block += value.utf8
        block.append(0)
    }

    /// Replaces all fields with this name by one with `value`.
    package mutating func set(_ name: String, _ value: String) {
        remove(name)
        append(name, value)
    }

    /// Removes all fields with this name.
    package mutating func remove(_ name: String) {
        for line in lines.reversed() where named(name, line) {
            block.removeSubrange(line.lowerBound...line.upperBound)
        }
    }
}

extension HTTPHeaders {
    /// Adds a line of an answer as received: with its line break, and with optional space around the value (RFC 9112,
    /// section 5). A continuation line is joined to the line before it; anything that is not a field is skipped.
    mutating func append(received line: some RandomAccessCollection<UInt8>) {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
        guard let first = line.first else { return }
        var end = line.endIndex
        while end > line.startIndex, isSpace(line[line.index(before: end)]) { end = line.index(before: end) }
        let content = line[..<end]
        if isSpace(first) {
            guard !block.isEmpty, !content.isEmpty, !content.contains(0) else { return }
            block.removeLast()
            // If the field has no value yet, the space after its colon is enough.
            if !block.suffix(2).elementsEqual([UInt8(ascii: ":"), 0x20]) { block.append(0x20) }
            block += content.drop(while: isSpace)
            block.append(0)
            return
        }
        guard let colon = content.firstIndex(of: UInt8(ascii: ":")), colon > content.startIndex, !content.contains(0)
        else { return }
        block += content[..<colon]
        block.append(UInt8(ascii: ":"))
        block.append(0x20)
        block += content[content.index(after: colon)...].drop(while: isSpace)
        block.append(0)
    }

    /// The ranges of the fields in `block`, without their zero bytes.
    var lines: [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        for (index, byte) in block.enumerated() where byte == 0 {
            ranges.append(start..<index)
            start = index + 1
        }
        return ranges
    }

    private func colon(of line: Range<Int>) -> Int {
        block[line].firstIndex(of: UInt8(ascii: ":")) ?? line.upperBound
    }

    private func value(of line: Range<Int>) -> String {
        String(decoding: block[min(colon(of: line) + 2, line.upperBound)..<line.upperBound], as: UTF8.self)
    }

    private func named(_ name: String, _ line: Range<Int>) -> Bool {
        let length = name.utf8.count
        guard line.count > length, block[line.lowerBound + length] == UInt8(ascii: ":") else { return false }
        return zip(block[line], name.utf8).allSatisfy { Self.lowercase($0) == Self.lowercase($1) }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }

    /// A token of RFC 9110, section 5.6.2.
    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
