import FoundationEssentials

/// Decodes the reports of runs, verifications and drills, which anybody who may write to a backup may have changed.
package enum ReportReader {
    /// All numbers of a report together are no larger: what is added up of them, or taken as seconds, stays within its
    /// type.
    static let largestSum = 1e17

    /// - Throws: where the bytes are no report of this kind, or its numbers are beyond what this program writes.
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
                // What is no number at all is for the decoder to refuse.
                sum += Double(String(decoding: number, as: UTF8.self))?.magnitude ?? 0
            } else {
                rest = rest.dropFirst()
            }
        }
        return sum <= largestSum
    }

    /// Whether JSON's numbers have this byte; `true`, `false` and `null` have an `e` too, which is no number alone.
    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }
}
