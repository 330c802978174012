import FoundationEssentials

/// Any JSON, for documents whose form is not ours, and for handing on one of ours as a part of another.
package indirect enum JSONTree: Hashable, Sendable, Codable {
    case text(String)
    case number(Double)
    case flag(Bool)
    case null
    case array([JSONTree])
    case object([String: JSONTree])

    /// - Throws: where the bytes are not JSON.
    package init(parsing bytes: some Sequence<UInt8>) throws {
        self = try JSONDecoder().decode(JSONTree.self, from: Data(bytes))
    }

    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let elements = try? value.decode([JSONTree].self) {
            self = .array(elements)
        } else {
            self = .object(try value.decode([String: JSONTree].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        case .flag(let flag): try container.encode(flag)
        case .null: try container.encodeNil()
        case .array(let elements): try container.encode(elements)
        case .object(let members): try container.encode(members)
        }
    }

    /// Of an array its elements, of anything else itself.
    var elements: [JSONTree] {
        guard case .array(let elements) = self else { return [self] }
        return elements
    }

    /// As canonical JSON.
    var text: String { (try? StableJSON.line(self)).map { String(decoding: $0, as: UTF8.self) } ?? "?" }
}
