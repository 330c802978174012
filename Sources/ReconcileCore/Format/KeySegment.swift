/// Encodes a name as a segment of an object key, and back. Names are escaped nowhere else.
///
/// A name is kept verbatim (in UTF-8, including spaces and `+`), so that the tree is what Maven requests. Only `%`,
/// `/`, characters that XML listings cannot represent (C0, DEL, C1, U+FFFE and U+FFFF) and the whole names `.` and `..`
/// are percent-encoded, byte by byte in upper-case hexadecimal. Decoding an encoded name returns the name, and two
/// names never have the same segment.
package enum KeySegment {
    /// The segment for a name. The empty name, which no service allows, becomes `%`, which can be decoded and avoids
    /// `//`.
    package static func encode(_ name: String) -> String {
        if name.isEmpty { return "%" }
        if name == "." { return "%2E" }
        if name == ".." { return "%2E%2E" }
        if isPlain(name) { return name }
        var segment = ""
        for scalar in name.unicodeScalars {
            if mustBeEncoded(scalar) {
                for byte in String(scalar).utf8 {
                    segment += "%"
                    segment.unicodeScalars.append(hexDigit(byte >> 4))
                    segment.unicodeScalars.append(hexDigit(byte & 15))
                }
            } else {
                segment.unicodeScalars.append(scalar)
            }
        }
        return segment
    }

    /// The name in a segment; nil if `encode` would not have written the segment.
    package static func decode(_ segment: some StringProtocol) -> String? {
        if segment == "%" { return "" }
        let text = String(segment)
        guard text.utf8.contains(UInt8(ascii: "%")) else {
            return !text.isEmpty && isPlain(text) && text != "." && text != ".." ? text : nil
        }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue)
                else { return nil }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte)
            }
        }
        guard let name = String(validating: bytes, as: UTF8.self), encode(name) == text else { return nil }
        return name
    }

    /// Whether a name needs no encoding.
    private static func isPlain(_ name: String) -> Bool {
        // Nearly every name is printable ASCII.
        if name.utf8.allSatisfy({ $0 > 0x1F && $0 < 0x7F && $0 != 0x25 && $0 != 0x2F }) { return true }
        return !name.unicodeScalars.contains(where: mustBeEncoded)
    }

    private static func mustBeEncoded(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x25, 0x2F: true
        // Not characters in XML 1.0, so no listing can contain them.
        case 0xFFFE, 0xFFFF: true
        default: false
        }
    }

    private static func hexDigit(_ value: UInt8) -> Unicode.Scalar {
        Unicode.Scalar(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10)
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
