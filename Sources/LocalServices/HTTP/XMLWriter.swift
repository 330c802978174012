/// Writes an XML document.
struct XMLWriter {
    private(set) var bytes = Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8)

    mutating func element(_ name: String, _ text: String) {
        bytes += "<\(name)>".utf8
        append(text)
        bytes += "</\(name)>".utf8
    }

    private mutating func append(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: ">"): bytes += "&gt;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            case UInt8(ascii: "\r"): bytes += "&#13;".utf8
            default: bytes.append(byte)
            }
        }
    }

    mutating func element(_ name: String, namespace: String, text: String) {
        bytes += "<\(name) xmlns=\"\(namespace)\">".utf8
        append(text)
        bytes += "</\(name)>".utf8
    }

    mutating func element(_ name: String, namespace: String? = nil, _ content: (inout XMLWriter) -> Void) {
        bytes += "<\(name)\(namespace.map { " xmlns=\"\($0)\"" } ?? "")>".utf8
        content(&self)
        bytes += "</\(name)>".utf8
    }
}
