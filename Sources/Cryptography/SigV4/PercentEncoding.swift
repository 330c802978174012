/// Percent-encoding as AWS canonicalises it: everything except `A-Z a-z 0-9 - _ . ~` becomes `%XX` in upper case; a
/// space becomes `%20`, never `+`.
package enum PercentEncoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Encodes the UTF-8 of a raw string. `keepSlash` leaves `/` unencoded, for whole paths and object keys.
    package static func encode(_ text: String, keepSlash: Bool) -> String {
        if text.utf8.allSatisfy({ isPlain($0, keepSlash) }) { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 3)
        for byte in text.utf8 {
            if isPlain(byte, keepSlash) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Decodes a string; nil if a `%` is not followed by two hexadecimal digits or the bytes are not UTF-8. A `+` stays
    /// a `+`.
    package static func decode(_ text: String) -> String? { decode(text[...]) }

    /// Decodes part of a string in the same way.
    package static func decode(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard
                let high = rest.next().flatMap(Hexadecimal.value(of:)),
                let low = rest.next().flatMap(Hexadecimal.value(of:))
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8, _ keepSlash: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
            true
        case UInt8(ascii: "/"): keepSlash
        default: false
        }
    }
}
