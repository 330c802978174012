/// Writes canonical JSON: no spaces, the members of each object in order of name, slashes as they are.
///
/// The same bytes as `StableJSON.line` gives, for the few kinds of documents that a backup has by the million.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// The member written last in each open object; a debug build checks the order.
    private var last: [String?] = []

    /// The bytes of one value.
    package static func bytes(of value: some JSONWritable) -> [UInt8] {
        var json = JSONWriter()
        json.bytes.reserveCapacity(4_096)
        value.write(to: &json)
        return json.bytes
    }

    /// Writes an object; its members are written in order of name.
    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        last.append(nil)
        members(&self)
        last.removeLast()
        bytes.append(UInt8(ascii: "}"))
    }

    /// Writes a member of the open object; nothing if it has no value.
    package mutating func member(_ name: String, _ value: (some JSONWritable)?) {
        guard let value else { return }
        if let before = last[last.count - 1] {
            assert(before < name, "\(name) is written after \(before)")
            bytes.append(UInt8(ascii: ","))
        }
        last[last.count - 1] = name
        string(name)
        bytes.append(UInt8(ascii: ":"))
        value.write(to: &self)
    }

    package mutating func array(_ elements: some Sequence<some JSONWritable>) {
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            element.write(to: &self)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    package mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x08: bytes += "\\b".utf8
            case 0x09: bytes += "\\t".utf8
            case 0x0A: bytes += "\\n".utf8
            case 0x0C: bytes += "\\f".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0..<0x20:
                bytes += "\\u00".utf8
                bytes += [UInt8(ascii: byte < 16 ? "0" : "1"), Self.hexadecimal(byte & 15)]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func null() {
        text("null")
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }

    fileprivate mutating func text(_ text: String) {
        bytes += text.utf8
    }
}

/// A value that can be written as JSON.
package protocol JSONWritable {
    func write(to json: inout JSONWriter)
}

extension String: JSONWritable {
    package func write(to json: inout JSONWriter) { json.string(self) }
}

extension Int: JSONWritable {
    package func write(to json: inout JSONWriter) { json.text(String(self)) }
}

extension Int64: JSONWritable {
    package func write(to json: inout JSONWriter) { json.text(String(self)) }
}

/// A whole number is written without a fraction. It must be finite.
extension Double: JSONWritable {
    package func write(to json: inout JSONWriter) {
        let text = description
        json.text(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    package func write(to json: inout JSONWriter) { json.array(self) }
}

/// An object whose members' names are not known beforehand, in the order of their bytes.
extension Dictionary: JSONWritable where Key == ExactText, Value: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            for (name, value) in sorted(by: { $0.key < $1.key }) { json.member(name.value, value) }
        }
    }
}

extension JSONWritable where Self: RawRepresentable, RawValue == String {
    package func write(to json: inout JSONWriter) { json.string(rawValue) }
}
