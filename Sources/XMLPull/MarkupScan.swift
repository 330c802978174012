/// What is refused before libxml2 sees a byte of the document.
///
/// libxml2 reads ahead of the events that it reports: it has parsed a whole DOCTYPE, and expanded its entities in the
/// root's attributes, by the time that it could be refused; and its work grows with the square of the attributes of
/// one element. One linear pass over the markup keeps both away. What is merely malformed is left to libxml2.
enum MarkupScan {
    /// Throws for a document that is empty or too long, in an encoding where markup is not ASCII, not valid in its
    /// encoding, with a DOCTYPE, or with an element of too many attributes.
    static func check(_ bytes: [UInt8], limits: XMLLimits) throws(XMLFailure) {
        guard !bytes.isEmpty else { throw XMLFailure(line: 1, reason: "the document is empty") }
        guard bytes.count <= limits.maximumBytes else {
            let reason = "the document has \(bytes.count) bytes, more than the \(limits.maximumBytes) that are accepted"
            throw XMLFailure(line: 1, reason: reason)
        }
        try checkEncoding(bytes)
        try checkMarkup(bytes, maximumAttributes: limits.maximumAttributes)
    }

    private static func checkEncoding(_ bytes: [UInt8]) throws(XMLFailure) {
        let hasByteOrderMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let content = bytes.dropFirst(hasByteOrderMark ? 3 : 0)
        // UTF-16, UTF-32 and EBCDIC all fail here, with or without a byte order mark.
        guard let first = content.first, first == UInt8(ascii: "<") || isWhitespace(first),
            !content.prefix(4).contains(0)
        else { throw XMLFailure(line: 1, reason: "the document does not begin with markup in UTF-8") }

        switch declaredEncoding(content) {
        case nil, "utf-8", "us-ascii": break
        case "iso-8859-1" where !hasByteOrderMark: return
        case .some(let name):
            throw XMLFailure(line: 1, reason: "the declared encoding '\(name)' is not UTF-8 or ISO-8859-1")
        }
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            let offset = error.byteOffsets.lowerBound
            throw XMLFailure(line: line(of: offset, in: bytes), reason: "the bytes at offset \(offset) are not UTF-8")
        }
    }

    /// The value of `encoding` in the XML declaration, in lower case and bounded; nil without one.
    private static func declaredEncoding(_ content: ArraySlice<UInt8>) -> String? {
        guard content.starts(with: Array("<?xml".utf8)) else { return nil }
        let declaration = content.prefix { $0 != UInt8(ascii: ">") }
        guard let word = position(of: Array("encoding".utf8), in: declaration) else { return nil }
        let rest = declaration[(word + 8)...].drop { isWhitespace($0) || $0 == UInt8(ascii: "=") }
        guard let quote = rest.first else { return nil }
        return String(decoding: rest.dropFirst().prefix { $0 != quote }.prefix(40), as: UTF8.self).lowercased()
    }

    private static func checkMarkup(_ bytes: [UInt8], maximumAttributes: Int) throws(XMLFailure) {
        var rest = bytes[...]
        while let open = rest.firstIndex(of: UInt8(ascii: "<")) {
            rest = bytes[(open + 1)...]
            if rest.starts(with: Array("!--".utf8)) {
                rest = after("-->", in: rest.dropFirst(3))
            } else if rest.starts(with: Array("![CDATA[".utf8)) {
                rest = after("]]>", in: rest)
            } else if rest.first == UInt8(ascii: "!") {
                let reason = "a DOCTYPE is not accepted: remove it, and write out the entities that it declares"
                throw XMLFailure(line: line(of: open, in: bytes), reason: reason)
            } else if rest.first == UInt8(ascii: "?") {
                rest = after("?>", in: rest)
            } else {
                var attributes = 0
                rest = afterTag(rest, &attributes)
                guard attributes <= maximumAttributes else {
                    let reason = "an element has \(attributes) attributes, more than the \(maximumAttributes) accepted"
                    throw XMLFailure(line: line(of: open, in: bytes), reason: reason)
                }
            }
        }
    }

    /// What follows a tag whose `<` was taken; counts the equals signs outside its quotes.
    private static func afterTag(_ tag: ArraySlice<UInt8>, _ attributes: inout Int) -> ArraySlice<UInt8> {
        var quote: UInt8?
        for index in tag.indices {
            let byte = tag[index]
            if let open = quote {
                if byte == open { quote = nil }
                continue
            }
            switch byte {
            case UInt8(ascii: ">"): return tag[(index + 1)...]
            case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
            case UInt8(ascii: "="): attributes += 1
            default: break
            }
        }
        return []
    }

    private static func after(_ end: StaticString, in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let end = Array("\(end)".utf8)
        guard let start = position(of: end, in: bytes) else { return [] }
        return bytes[(start + end.count)...]
    }

    private static func position(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = pattern.first else { return nil }
        var rest = bytes
        while let candidate = rest.firstIndex(of: first) {
            rest = bytes[candidate...]
            if rest.starts(with: pattern) { return candidate }
            rest = rest.dropFirst()
        }
        return nil
    }

    private static func line(of offset: Int, in bytes: [UInt8]) -> Int {
        bytes[..<offset].count { $0 == UInt8(ascii: "\n") } + 1
    }

    private static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}
