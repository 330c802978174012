/// Rejects dangerous documents before libxml2 sees a byte of them.
///
/// libxml2 reads ahead of the events that it reports: before a caller could reject a DOCTYPE, libxml2 has parsed all of
/// it and expanded its entities in the root's attributes. Its work also grows with the square of the number of
/// attributes of an element. One linear pass over the markup prevents both. Documents that are merely malformed are
/// left to libxml2.
enum MarkupScan {
    /// Throws if a document, in UTF-8, has a DOCTYPE or an element with too many attributes.
    static func check(_ bytes: [UInt8], maximumAttributes: Int) throws(XMLFailure) {
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

    /// Returns what follows a tag whose `<` has been consumed, and counts the equals signs outside quotes as
    /// attributes.
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

    static func position(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = pattern.first else { return nil }
        var rest = bytes
        while let candidate = rest.firstIndex(of: first) {
            rest = bytes[candidate...]
            if rest.starts(with: pattern) { return candidate }
            rest = rest.dropFirst()
        }
        return nil
    }

    static func line(of offset: Int, in bytes: [UInt8]) -> Int {
        bytes[..<offset].count { $0 == UInt8(ascii: "\n") } + 1
    }
}
