/// Reads a JSON text (RFC 8259) from its bytes, one value after another, into what the caller makes of them: no tree is
/// built, and nothing is kept of what is skipped.
///
/// Strict where the standard leaves a choice: no member stands twice in an object, and text is valid UTF-8.
package struct JSONScanner {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    /// The deepest nesting that is read.
    static let maximumDepth = 128

    /// Reads the one value that a text consists of.
    ///
    /// - Throws: where in the text it is not JSON, or not of the type.
    package static func read<Value: JSONReadable>(_: Value.Type, from bytes: [UInt8]) throws(JSONProblem) -> Value {
        var json = JSONScanner(bytes)
        let value = try Value(reading: &json)
        json.skipSpace()
        guard json.position == bytes.count else { throw json.malformed("something follows its end") }
        return value
    }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    // MARK: Values

    package mutating func read<Value: JSONReadable>(_: Value.Type = Value.self) throws(JSONProblem) -> Value {
        try Value(reading: &self)
    }

    /// Reads an object of which one member matters, which must be there.
    package mutating func member<Value: JSONReadable>(_ wanted: String) throws(JSONProblem) -> Value {
        try required(memberIfPresent(wanted), wanted)
    }

    /// Reads an object of which one member matters; nil if it is absent or null.
    package mutating func memberIfPresent<Value: JSONReadable>(_ wanted: String) throws(JSONProblem) -> Value? {
        var value: Value?
        try members { (json, name) throws(JSONProblem) in
            if name == wanted { value = try json.read() } else { try json.skip() }
        }
        return value
    }

    /// Reads an object.
    ///
    /// - Parameter member: reads the value of each member, or skips it.
    package mutating func members(
        _ member: (inout JSONScanner, _ name: String) throws(JSONProblem) -> Void
    ) throws(JSONProblem) {
        try open("{", "an object")
        var names = MemberNames()
        try items("}") { (json, _) throws(JSONProblem) in
            guard json.isAtString else { throw json.malformed("no name of a member") }
            let name = try json.string()
            guard names.insert(name) else { throw JSONProblem(.doubled, "has \(name.prefix(80)) twice") }
            try json.require(":")
            do throws(JSONProblem) {
                try member(&json, name)
            } catch {
                throw error.below(name)
            }
        }
    }

    /// Reads an array, with the number of each element from 0.
    package mutating func elements(
        _ element: (inout JSONScanner, _ number: Int) throws(JSONProblem) -> Void
    ) throws(JSONProblem) {
        try open("[", "an array")
        try items("]") { (json, number) throws(JSONProblem) in
            do throws(JSONProblem) {
                try element(&json, number)
            } catch {
                throw error.below(String(number))
            }
        }
    }

    /// Whether the next value is null, which is then read.
    package mutating func readNull() -> Bool {
        skipSpace()
        return word("null")
    }

    /// Whether the next value is a string.
    package var isAtString: Bool {
        mutating get {
            skipSpace()
            return position < bytes.count && bytes[position] == UInt8(ascii: "\"")
        }
    }

    package mutating func string() throws(JSONProblem) -> String {
        skipSpace()
        guard take("\"") else { throw wrongType("a string") }
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                guard let text = String(validating: bytes[start..<position], as: UTF8.self) else {
                    throw malformed("a string is not UTF-8")
                }
                position += 1
                return text
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw malformed("a control character in a string")
            default: position += 1
            }
        }
        throw malformed("a string has no end")
    }

    /// Reads a whole number that fits; `3.0` and `3e2` are whole.
    package mutating func integer() throws(JSONProblem) -> Int64 {
        let (text, isPlain) = try literal("a whole number")
        if isPlain, let value = Int64(text) { return value }
        guard !isPlain, let value = Double(text).flatMap(Int64.init(exactly:)) else {
            throw wrongType("a whole number")
        }
        return value
    }

    /// Reads a finite number.
    package mutating func number() throws(JSONProblem) -> Double {
        let (text, _) = try literal("a number")
        guard let value = Double(text), value.isFinite else { throw wrongType("a number") }
        return value
    }

    /// Reads a value of any kind and forgets it.
    package mutating func skip() throws(JSONProblem) {
        skipSpace()
        guard position < bytes.count else { throw malformed("it ends too early") }
        switch bytes[position] {
        case UInt8(ascii: "{"): try members { (json, _) throws(JSONProblem) in try json.skip() }
        case UInt8(ascii: "["): try elements { (json, _) throws(JSONProblem) in try json.skip() }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try literal("a number")
        default:
            guard word("null") || word("true") || word("false") else { throw malformed("no value") }
        }
    }

    // MARK: Syntax

    /// Reads the items of an object or array after its opening bracket, and the closing one.
    private mutating func items(
        _ end: Unicode.Scalar,
        _ item: (inout JSONScanner, _ number: Int) throws(JSONProblem) -> Void
    ) throws(JSONProblem) {
        depth += 1
        guard depth <= Self.maximumDepth else { throw malformed("it is nested more than \(Self.maximumDepth) deep") }
        skipSpace()
        if !take(end) {
            var number = 0
            repeat {
                try item(&self, number)
                number += 1
                skipSpace()
            } while take(",")
            try require(end)
        }
        depth -= 1
    }

    /// The digits of a number, and whether there are none but those of a whole one.
    private mutating func literal(_ wanted: String) throws(JSONProblem) -> (text: Substring, isPlain: Bool) {
        skipSpace()
        let start = position
        var isPlain = true
        _ = take("-")
        if !take("0") { try digits(wanted) }
        if take(".") {
            isPlain = false
            try digits(wanted)
        }
        if take("e") || take("E") {
            isPlain = false
            if !take("+") { _ = take("-") }
            try digits(wanted)
        }
        return (Substring(decoding: bytes[start..<position], as: UTF8.self), isPlain)
    }

    private mutating func digits(_ wanted: String) throws(JSONProblem) {
        guard position < bytes.count, ASCII.isDigit(bytes[position]) else { throw wrongType(wanted) }
        while position < bytes.count, ASCII.isDigit(bytes[position]) { position += 1 }
    }

    /// Reads on in a string at its first escape.
    private mutating func escapedString(from start: Int) throws(JSONProblem) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw malformed("a string is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw malformed("a control character in a string")
            default: text.append(byte)
            }
        }
        throw malformed("a string has no end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONProblem) {
        guard position < bytes.count else { throw malformed("a string has no end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var unit = try hexadecimal()
            if (0xD800..<0xDC00).contains(unit), take("\\"), take("u"), case let low = try hexadecimal(),
                (0xDC00..<0xE000).contains(low)
            {
                unit = 0x1_0000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(unit) else { throw malformed("half a surrogate pair") }
            text.append(contentsOf: Character(scalar).utf8)
        default: throw malformed("an invalid escape")
        }
    }

    private mutating func hexadecimal() throws(JSONProblem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue,
                bytes[position] < 0x80
            else { throw malformed("an invalid escape") }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    private mutating func word(_ word: String) -> Bool {
        guard bytes[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    private mutating func require(_ scalar: Unicode.Scalar) throws(JSONProblem) {
        skipSpace()
        guard take(scalar) else { throw malformed("no \(scalar) where one belongs") }
    }

    private mutating func open(_ bracket: Unicode.Scalar, _ kind: String) throws(JSONProblem) {
        skipSpace()
        guard take(bracket) else { throw wrongType(kind) }
    }

    private func wrongType(_ wanted: String) -> JSONProblem {
        position < bytes.count ? JSONProblem(.type, "is not \(wanted)") : malformed("it ends too early")
    }

    private func malformed(_ reason: String) -> JSONProblem {
        JSONProblem(.syntax, "is not JSON: \(reason), at byte \(position)")
    }
}

/// The names of an object's members so far.
private struct MemberNames {
    /// Compared one by one: few objects have more.
    private var first: [String] = []
    private var others: Set<String> = []

    private static let compared = 16

    init() {
        first.reserveCapacity(Self.compared)
    }

    /// False if the name is known.
    mutating func insert(_ name: String) -> Bool {
        if first.contains(name) { return false }
        guard first.count == Self.compared else {
            first.append(name)
            return true
        }
        return others.insert(name).inserted
    }
}
