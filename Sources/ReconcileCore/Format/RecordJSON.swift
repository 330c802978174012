import FoundationEssentials

/// The strict reading of a record's JSON: what is decoded must be all that there is.
enum RecordJSON {
    /// Decodes a document of the format, and refuses members that the format does not have or that stand twice.
    static func decode<Document: Codable>(_ type: Document.Type, from bytes: [UInt8]) throws(RecordRefusal) -> Document
    {
        guard bytes.count <= Manifest.maximumBytes else {
            throw RecordRefusal(.length, "it has \(bytes.count) bytes, and a record has up to \(Manifest.maximumBytes)")
        }
        let document: Document
        let again: [UInt8]
        do {
            // First of all: another format may have other members.
            let format = try JSONDecoder().decode(Format.self, from: Data(bytes)).format
            guard format == Manifest.format else {
                throw RecordRefusal(.form, "format \(format) is not \(Manifest.format)")
            }
            document = try JSONDecoder().decode(type, from: Data(bytes))
            again = try StableJSON.line(document)
        } catch let refusal as RecordRefusal {
            throw refusal
        } catch let error as DecodingError {
            throw RecordRefusal(.form, reason(of: error))
        } catch {
            throw RecordRefusal(.form, "\(error)")
        }
        // Every decoded member stands in the bytes at least once, so equal counts leave room for no other.
        guard members(in: bytes) == members(in: again) else {
            throw RecordRefusal(.members, "it has a member that format \(Manifest.format) does not have, or one twice")
        }
        return document
    }

    private struct Format: Decodable {
        var format: Int
    }

    /// How many members the objects of a JSON text have in all: the colons outside of its strings.
    private static func members(in json: [UInt8]) -> Int {
        var count = 0
        var isInString = false
        var isEscaped = false
        for byte in json {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\"") {
                isInString.toggle()
            } else if isInString {
                isEscaped = byte == UInt8(ascii: "\\")
            } else if byte == UInt8(ascii: ":") {
                count += 1
            }
        }
        return count
    }

    private static func reason(of error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): "it has no \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")) has another type"
        case .dataCorrupted(let context): context.debugDescription
        @unknown default: "\(error)"
        }
    }
}
