import Cryptography
import FoundationEssentials

/// A file in which the AWS CLI caches a login: a JSON object that every AWS tool reads and may rewrite.
struct CachedLogin: Sendable {
    let path: String
    /// "SSO login" or "login", for messages.
    let name: String
    /// The command that logs a person in again.
    let command: String
    let access: CredentialAccess

    /// The fault for a login that has ended, such as "the SSO login has ended: run `aws sso login --profile dev`".
    func ended(_ words: String) -> CredentialFault {
        CredentialFault("\(words): run `\(command)`")
    }

    /// Reads the JSON object; throws a fault if there is none.
    func read<Object: Decodable>(_ type: Object.Type) throws(CredentialFault) -> Object {
        let bytes: [UInt8]?
        do {
            bytes = try access.readFile(path)
        } catch {
            throw CredentialFault("the \(name) in \(path) cannot be read: \(InputFile.reason(error))")
        }
        guard let bytes else { throw ended("there is no \(name)") }
        do {
            return try JSONDecoder().decode(Object.self, from: Data(bytes))
        } catch {
            // The decoder's message might quote the file, which contains secrets.
            throw ended("the \(name) in \(path) cannot be read")
        }
    }

    /// Replaces the whole file with the result of a renewal.
    ///
    /// A renewal uses up the refresh token, so the new file is opened first: a directory that is not writable must not
    /// cost anyone the login.
    func rewrite<Object: Encodable>(_ renewal: () async throws -> Object) async throws -> Object {
        let replacement = try access.replaceFile(path)
        let object: Object
        let bytes: Data
        do {
            object = try await renewal()
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            bytes = try encoder.encode(object)
        } catch {
            replacement.discard()
            throw error
        }
        try replacement.commit(Array(bytes))
        return object
    }
}

/// Any JSON value; keeps members that only other tools know when the file is rewritten.
enum JSONValue: Codable, Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// A member of an object; nil if the value is not an object.
    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}
