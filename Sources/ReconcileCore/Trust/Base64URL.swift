import FoundationEssentials

/// Bytes as base64url without padding (RFC 4648, section 5), each in exactly one spelling.
package enum Base64URL {
    package static func encode(_ bytes: [UInt8]) -> String {
        let digits = Data(bytes).base64EncodedString().utf8.compactMap { digit -> UInt8? in
            switch digit {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: digit
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Nil for anything that `encode` does not write.
    package static func decode(_ text: String) -> [UInt8]? {
        var digits = text.utf8.map { digit in
            switch digit {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: digit
            }
        }
        while digits.count % 4 != 0 { digits.append(UInt8(ascii: "=")) }
        guard let data = Data(base64Encoded: String(decoding: digits, as: UTF8.self)) else { return nil }
        let bytes = Array(data)
        // Unused bits of the last digit may be anything, and other letters may be passed over.
        return encode(bytes).utf8.elementsEqual(text.utf8) ? bytes : nil
    }
}
