import FoundationEssentials

/// Decodes the reports of runs, verifications and drills, which anyone with write access to a backup may have changed.
package enum ReportReader {
    /// The limit for the sum of all numbers in a report, which keeps sums, and conversions to seconds, from
    /// overflowing.
    static let largestSum = 1e17

    /// - Throws: if the bytes are not a report of this kind, or contain numbers that this program wouldn't write.
    package static func decode<Report: Decodable>(_ kind: Report.Type, from bytes: [UInt8]) throws -> Report {
        guard hasPlausibleNumbers(bytes) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: [], debugDescription: "numbers beyond those of a report")
            )
        }
        return try JSONDecoder().decode(kind, from: Data(bytes))
    }

    private static func hasPlausibleNumbers(_ json: [UInt8]) -> Bool {
        var rest = json[...]
        var sum = 0.0
        while let byte = rest.first {
            if byte == UInt8(ascii: "\"") {
                rest = rest.dropFirst()
                while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
                    if byte == UInt8(ascii: "\\") { rest = rest.dropFirst() }
                }
            } else if isOfNumber(byte) {
                let number = rest.prefix(while: isOfNumber)
                rest = rest[number.endIndex...]
                // The decoder rejects anything that isn't a number.
                sum += Double(String(decoding: number, as: UTF8.self))?.magnitude ?? 0
            } else {
                rest = rest.dropFirst()
            }
        }
        return sum <= largestSum
    }

    /// Whether the byte may occur in a JSON number; `true` and `false` also contain an `e`, which is not a number by
    /// itself.
    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }
}
