/// An ECDSA signature on P-256, in its two encodings: r and s as 64 bytes, or DER.
package struct P256Signature: Hashable, Sendable {
    /// r and s, 32 bytes each, big-endian.
    package let bytes: [UInt8]

    /// Half of the group's order, rounded down: the largest s that counts as low.
    private static let half: [UInt8] = [
        0x7F, 0xFF, 0xFF, 0xFF, 0x80, 0x00, 0x00, 0x00, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xDE, 0x73, 0x7D, 0x56, 0xD3, 0x8B, 0xCF, 0x42, 0x79, 0xDC, 0xE5, 0x61, 0x7E, 0x31, 0x92, 0xA8,
    ]
    /// The group's order.
    private static let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]

    /// Nil unless there are 64 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 64 else { return nil }
        self.bytes = bytes
    }

    /// Reads a signature in DER, as OpenSSL and KMS produce it, and normalises it to the lower s; nil for anything
    /// else.
    package init?(der: [UInt8]) {
        var rest = der[...]
        guard rest.popFirst() == 0x30, let length = rest.popFirst(), Int(length) == rest.count,
            let r = Self.number(&rest), let s = Self.number(&rest), rest.isEmpty
        else { return nil }
        bytes = r + (Self.isLow(s) ? s : Self.negated(s))
    }

    /// Whether s is the lower of the two values that sign the same message.
    package var isLow: Bool { Self.isLow(Array(bytes[32...])) }

    package var der: [UInt8] {
        func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            var bytes = Array(bytes.drop { $0 == 0 })
            if bytes.first.map({ $0 >= 0x80 }) ?? true { bytes.insert(0, at: 0) }
            return [2, UInt8(bytes.count)] + bytes
        }
        let numbers = integer(bytes[..<32]) + integer(bytes[32...])
        return [0x30, UInt8(numbers.count)] + numbers
    }

    private static func isLow(_ s: [UInt8]) -> Bool { !half.lexicographicallyPrecedes(s) }

    /// The order minus s, which must not exceed the order.
    private static func negated(_ s: [UInt8]) -> [UInt8] {
        var difference = order
        var borrow = 0
        for index in s.indices.reversed() {
            let digit = Int(order[index]) - Int(s[index]) - borrow
            borrow = digit < 0 ? 1 : 0
            difference[index] = UInt8(truncatingIfNeeded: digit)
        }
        return difference
    }

    /// Reads the next integer of a DER sequence and pads it to 32 bytes; nil unless it is positive, below the group's
    /// order and in its shortest form.
    private static func number(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.popFirst() == 2, let length = rest.popFirst(), (1...33).contains(length), length <= rest.count
        else { return nil }
        let digits = rest.prefix(Int(length))
        rest = rest.dropFirst(Int(length))
        guard let first = digits.first, first < 0x80 else { return nil }
        if first == 0, digits.count > 1, digits[digits.startIndex + 1] < 0x80 { return nil }
        let significant = digits.drop { $0 == 0 }
        guard (1...32).contains(significant.count) else { return nil }
        let number = [UInt8](repeating: 0, count: 32 - significant.count) + significant
        return number.lexicographicallyPrecedes(order) ? number : nil
    }
}
