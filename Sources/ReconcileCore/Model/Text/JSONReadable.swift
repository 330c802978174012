/// A value that can be read from JSON.
package protocol JSONReadable {
    init(reading json: inout JSONScanner) throws(JSONProblem)
}

extension String: JSONReadable {
    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        self = try json.string()
    }
}

extension Int64: JSONReadable {
    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        self = try json.integer()
    }
}

extension Int: JSONReadable {
    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        self = Int(try json.integer())
    }
}

extension Double: JSONReadable {
    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        self = try json.number()
    }
}

extension Array: JSONReadable where Element: JSONReadable {
    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var elements: [Element] = []
        try json.elements { (json, _) throws(JSONProblem) in elements.append(try json.read()) }
        self = elements
    }
}

/// An object whose members' names are not known beforehand.
extension Dictionary: JSONReadable where Key == ExactText, Value: JSONReadable {
    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        var values: [ExactText: Value] = [:]
        try json.members { (json, name) throws(JSONProblem) in values[ExactText(name)] = try json.read() }
        self = values
    }
}

/// Null is nil, as an absent member is.
extension Optional: JSONReadable where Wrapped: JSONReadable {
    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        self = json.readNull() ? nil : try Wrapped(reading: &json)
    }
}

extension JSONReadable where Self: RawRepresentable, RawValue == String {
    package init(reading json: inout JSONScanner) throws(JSONProblem) {
        let word = try json.string()
        guard let value = Self(rawValue: word) else { throw JSONProblem(.type, "cannot be \(word.prefix(80))") }
        self = value
    }
}

/// Why a text is not the JSON that was asked for.
package struct JSONProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// Not JSON.
        case syntax
        /// JSON of another type.
        case type
        /// A member that must be there is not.
        case absent
        /// A member that must not be there.
        case unknown
        /// Two members of one name.
        case doubled
    }

    package let kind: Kind
    /// The members and elements that lead to it, outermost first.
    package private(set) var path: [String] = []
    package let reason: String

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    /// For a member that a document of its kind does not have.
    package static let unknown = JSONProblem(.unknown, "is no member of the format")

    func below(_ name: String) -> JSONProblem {
        var problem = self
        // At most the first few: a text may be nested deep.
        if kind != .syntax, path.count < 5 { problem.path.insert(String(name.prefix(80)), at: 0) }
        return problem
    }

    package var description: String {
        "\(path.isEmpty ? "it" : path.joined(separator: ".")) \(reason)"
    }
}

/// The value of a member that must be there.
package func required<Value>(_ value: Value?, _ name: String) throws(JSONProblem) -> Value {
    guard let value else { throw JSONProblem(.absent, "has no \(name)") }
    return value
}
