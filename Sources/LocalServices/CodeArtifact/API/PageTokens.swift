import FoundationEssentials

/// Page tokens as clients see them: opaque base64 that contains `+`, `/` and `=`, valid for one listing only.
///
/// A token contains a position, a fingerprint of the listing's parameters, and a serial number, so no two tokens are
/// equal even for the same position.
enum PageTokens {
    // This is "+//+" in base64.
    private static let mark: [UInt8] = [0xfb, 0xff, 0xfe]
    private static let head = 3 + 8 + 4

    static func make(position: String, listing: UInt64, serial: Int) -> String {
        var bytes = mark
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: listing >> UInt64(shift)))
        }
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: serial >> shift)) }
        bytes += position.utf8
        // With such a length, base64 ends in "=".
        repeat { bytes.append(0) } while bytes.count % 3 != 1
        return Data(bytes).base64EncodedString()
    }

    /// The position in a token; nil if it is not a token or belongs to a different listing.
    static func position(of token: String, listing: UInt64) -> String? {
        guard let data = Data(base64Encoded: token) else { return nil }
        let bytes = Array(data)
        guard bytes.count > head, bytes.starts(with: mark) else { return nil }
        let fingerprint = bytes[3..<11].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard fingerprint == listing else { return nil }
        return String(validating: bytes[head...].prefix { $0 != 0 }, as: UTF8.self)
    }

    /// A fingerprint of the listing: of its operation and all parameters except those for paging.
    static func listing(_ operation: String, _ parameters: [String: String]) -> UInt64 {
        let paging: Set<String> = ["next-token", "max-results"]
        let text = parameters.filter { !paging.contains($0.key) }.sorted { $0.key < $1.key }
            .reduce(operation) { "\($0)\n\($1.key)=\($1.value)" }
        return text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }
}
