/// The exact bytes of a request that signer and verifier hash (Signature Version 4, task 1).
///
/// A pure value in its final form, the same on both sides.
struct CanonicalRequest {
    let bytes: [UInt8]
    /// `host;x-amz-date;…`, as the Authorization header lists them.
    let signedHeaders: String

    /// Header names are in lower case, values as sent, in the order sent. Path and query are already canonical.
    init(method: String, path: String, query: String, headers: [NamedValue], payloadHash: String) {
        // The sort is stable (SE-0372), so repeated headers keep their order.
        let ordered = headers.sorted { $0.name < $1.name }
        var names: [UInt8] = []
        var text: [UInt8] = []
        text.reserveCapacity(512 + path.utf8.count + query.utf8.count)
        text.append(contentsOf: method.utf8)
        text.append(Self.newline)
        text.append(contentsOf: path.utf8)
        text.append(Self.newline)
        text.append(contentsOf: query.utf8)
        text.append(Self.newline)
        var previous: String?
        for header in ordered {
            if header.name == previous {
                text.append(UInt8(ascii: ","))
            } else {
                if previous != nil {
                    text.append(Self.newline)
                    names.append(UInt8(ascii: ";"))
                }
                names.append(contentsOf: header.name.utf8)
                text.append(contentsOf: header.name.utf8)
                text.append(UInt8(ascii: ":"))
                previous = header.name
            }
            Self.append(trimmed: header.value, to: &text)
        }
        text.append(Self.newline)
        text.append(Self.newline)
        text.append(contentsOf: names)
        text.append(Self.newline)
        text.append(contentsOf: payloadHash.utf8)
        bytes = text
        signedHeaders = String(decoding: names, as: UTF8.self)
    }

    /// The canonical path: S3 uses it as sent; every other service normalises it and encodes it again.
    static func path(_ path: String, service: String) -> String {
        if service == "s3" { return path.isEmpty ? "/" : path }
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." {
                _ = segments.popLast()
            } else {
                segments.append(segment)
            }
        }
        let closing = path.hasSuffix("/") && !segments.isEmpty ? "/" : ""
        return PercentEncoding.encode("/" + segments.joined(separator: "/") + closing, keepSlash: true)
    }

    /// The canonical query: names and values encoded, then sorted by encoded name and encoded value.
    static func query(_ parameters: [NamedValue]) -> String {
        if parameters.isEmpty { return "" }
        let encoded = parameters.map { name, value in
            (PercentEncoding.encode(name, keepSlash: false), PercentEncoding.encode(value, keepSlash: false))
        }
        var text = ""
        for (name, value) in encoded.sorted(by: <) {
            if !text.isEmpty { text += "&" }
            text += name
            text += "="
            text += value
        }
        return text
    }

    /// Strips white space at both ends and collapses each run of it inside to one space.
    private static func append(trimmed value: String, to text: inout [UInt8]) {
        let start = text.count
        text.append(contentsOf: value.utf8)
        // Most values, including long session tokens, contain no white space.
        guard text[start...].contains(where: isSpace) else { return }
        let words = text[start...].split(whereSeparator: isSpace)
        text.replaceSubrange(start..., with: Array(words.joined(separator: [UInt8(ascii: " ")])))
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    private static let newline = UInt8(ascii: "\n")
}
