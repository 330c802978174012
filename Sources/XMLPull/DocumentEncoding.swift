import CLibXML2
import Glibc

/// Converts a document from its encoding to UTF-8, so that the parser handles only one encoding.
///
/// A document is UTF-8 unless it begins with the signature of UTF-16 or UTF-32 or declares another encoding. It may
/// declare any encoding that iconv supports on this machine and that is a superset of ASCII. That excludes EBCDIC, and
/// encodings that shift from one character set to another (UTF-7, ISO-2022), whose decoders are the least tested.
enum DocumentEncoding {
    /// Returns the document in UTF-8; a UTF-8 document comes back unchanged, including its byte order mark.
    ///
    /// Throws if the document is empty, is longer than the limit (as given or in UTF-8), declares an encoding that is
    /// unsupported or contradicts its first bytes, or is not valid in its encoding.
    static func utf8(_ bytes: [UInt8], limit: Int) throws(XMLFailure) -> [UInt8] {
        guard !bytes.isEmpty else { throw refusal("the document is empty") }
        guard bytes.count <= limit else {
            throw refusal("the document has \(bytes.count) bytes, more than the \(limit) that are accepted")
        }
        if let (start, wide) = signatures.first(where: { bytes.starts(with: $0.start) }) {
            // Drop a byte order mark, but keep a `<`: it is part of the text.
            return try text(of: bytes[(start.contains(UInt8(ascii: "<")) ? 0 : start.count)...], wide, limit)
        }
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let content = bytes.dropFirst(hasMark ? 3 : 0)
        guard let first = content.first, first == UInt8(ascii: "<") || isWhitespace(first),
            !content.prefix(4).contains(0)
        else { throw refusal("the document does not begin with markup in UTF-8") }
        switch declared(content) {
        case nil, "utf-8", "utf8":
            try check(bytes)
            return bytes
        case .some(let name) where hasMark:
            throw refusal("the document has a UTF-8 byte order mark but declares the encoding '\(name)'")
        case "us-ascii"?:
            if let offset = bytes.firstIndex(where: { $0 > 0x7F }) { throw invalid(offset, "us-ascii", bytes) }
            return bytes
        case "iso-8859-1"?:
            return try utf8(UTF32.self, bytes.lazy.map { UInt32($0) }, "ISO-8859-1", limit)
        case .some(let name):
            guard isName(name), let conversion = Conversion(from: name) else {
                throw refusal("the declared encoding '\(name)' is not supported on this machine")
            }
            guard conversion.keepsASCII else {
                throw refusal("the declared encoding '\(name)' is not supported, or the bytes are in another")
            }
            let (text, end) = conversion.utf8(bytes, limit: limit)
            switch end {
            case .complete: return text
            case .invalid(let offset): throw invalid(offset, name, bytes)
            case .tooLong: throw tooLong(limit)
            }
        }
    }

    // MARK: UTF-16 and UTF-32

    private enum Wide: String {
        case utf16LE = "UTF-16LE"
        case utf16BE = "UTF-16BE"
        case utf32LE = "UTF-32LE"
        case utf32BE = "UTF-32BE"

        /// The names under which a document may declare this encoding, in lower case. They need not give the byte
        /// order.
        var names: [String] {
            switch self {
            case .utf16LE, .utf16BE: ["utf-16", "iso-10646-ucs-2", "ucs-2", rawValue.lowercased()]
            case .utf32LE, .utf32BE: ["utf-32", "iso-10646-ucs-4", "ucs-4", rawValue.lowercased()]
            }
        }
    }

    /// The first bytes of a document: a byte order mark, or the `<` of a document without one. Longer signatures come
    /// first.
    private static let signatures: [(start: [UInt8], Wide)] = [
        ([0xFF, 0xFE, 0x00, 0x00], .utf32LE), ([0x00, 0x00, 0xFE, 0xFF], .utf32BE),
        ([0x3C, 0x00, 0x00, 0x00], .utf32LE), ([0x00, 0x00, 0x00, 0x3C], .utf32BE),
        ([0xFF, 0xFE], .utf16LE), ([0xFE, 0xFF], .utf16BE), ([0x3C, 0x00], .utf16LE), ([0x00, 0x3C], .utf16BE),
    ]

    private static func text(of bytes: ArraySlice<UInt8>, _ wide: Wide, _ limit: Int) throws(XMLFailure) -> [UInt8] {
        func units<Unit: FixedWidthInteger>(_ offsets: [Int]) -> some Sequence<Unit> {
            let width = offsets.count
            return stride(from: bytes.startIndex, to: bytes.endIndex - bytes.count % width, by: width).lazy.map {
                start in
                offsets.reduce(0) { $0 << 8 | Unit(bytes[start + $1]) }
            }
        }
        let text =
            switch wide {
            case .utf16LE: try utf8(UTF16.self, units([1, 0]), wide.rawValue, limit)
            case .utf16BE: try utf8(UTF16.self, units([0, 1]), wide.rawValue, limit)
            case .utf32LE: try utf8(UTF32.self, units([3, 2, 1, 0]), wide.rawValue, limit)
            case .utf32BE: try utf8(UTF32.self, units([0, 1, 2, 3]), wide.rawValue, limit)
            }
        guard bytes.count % (wide.rawValue.hasPrefix("UTF-16") ? 2 : 4) == 0 else {
            throw XMLFailure(line: MarkupScan.line(of: text.count, in: text), reason: "the last character is cut off")
        }
        if let declared = declared(text[...]), !wide.names.contains(declared) {
            throw refusal("the document is in \(wide.rawValue) but declares the encoding '\(declared)'")
        }
        return text
    }

    private static func utf8<Codec: UnicodeCodec>(
        _ codec: Codec.Type,
        _ units: some Sequence<Codec.CodeUnit>,
        _ name: String,
        _ limit: Int
    ) throws(XMLFailure) -> [UInt8] {
        var text: [UInt8] = []
        var decoder = Codec()
        var units = units.makeIterator()
        while true {
            switch decoder.decode(&units) {
            case .scalarValue(let scalar): text += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            case .emptyInput: return text
            case .error:
                let line = MarkupScan.line(of: text.count, in: text)
                throw XMLFailure(line: line, reason: "a character is not valid in \(name)")
            }
            if text.count > limit { throw tooLong(limit) }
        }
    }

    // MARK: Refusals

    private static func check(_ bytes: [UInt8]) throws(XMLFailure) {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw invalid(error.byteOffsets.lowerBound, "UTF-8", bytes)
        }
    }

    private static func invalid(_ offset: Int, _ name: String, _ bytes: [UInt8]) -> XMLFailure {
        let line = MarkupScan.line(of: offset, in: bytes)
        return XMLFailure(line: line, reason: "the bytes at offset \(offset) are not \(name)")
    }

    private static func tooLong(_ limit: Int) -> XMLFailure {
        refusal("the document has more than the \(limit) bytes that are accepted, in UTF-8")
    }

    private static func refusal(_ reason: String) -> XMLFailure { XMLFailure(line: 1, reason: reason) }

    // MARK: The declaration

    /// The value of `encoding` in the XML declaration, in lower case and cut to 40 bytes; nil if there is none.
    private static func declared(_ content: ArraySlice<UInt8>) -> String? {
        guard content.starts(with: Array("<?xml".utf8)) else { return nil }
        let declaration = content.prefix { $0 != UInt8(ascii: ">") }
        guard let word = MarkupScan.position(of: Array("encoding".utf8), in: declaration) else { return nil }
        let rest = declaration[(word + 8)...].drop { isWhitespace($0) || $0 == UInt8(ascii: "=") }
        guard let quote = rest.first else { return nil }
        return String(decoding: rest.dropFirst().prefix { $0 != quote }.prefix(40), as: UTF8.self).lowercased()
    }

    /// Whether a name is a valid encoding name (XML 1.0, production 81); iconv accepts more.
    private static func isName(_ name: String) -> Bool {
        let isLetter = { (byte: UInt8) in (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
        return name.utf8.first.map(isLetter) == true
            && name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || [0x2D, 0x2E, 0x5F].contains($0) }
    }

    private static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}

/// A conversion by iconv from one encoding to UTF-8.
@safe private struct Conversion: ~Copyable {
    enum End: Equatable {
        case complete
        /// The offset of a byte that is not valid in the encoding, or of a truncated character.
        case invalid(Int)
        case tooLong
    }

    private let handle: iconv_t

    /// Nil if iconv does not know the encoding.
    init?(from name: String) {
        let handle = unsafe iconv_open("UTF-8", name)
        guard Int(bitPattern: handle) != -1, let handle = unsafe handle else { return nil }
        unsafe self.handle = handle
    }

    deinit {
        _ = unsafe iconv_close(handle)
    }

    /// Whether the encoding is a superset of ASCII and has no sequences that shift to another character set. Ignores
    /// the backslash and the tilde, which East Asian encodings replace with other characters.
    var keepsASCII: Bool {
        let ascii = (UInt8(1)...0x7D).filter { $0 != UInt8(ascii: "\\") }
        let shifts = "\u{1B}$B0!\u{1B}(B \u{1B}$)C\u{E}0!\u{F} \u{1B}$)A\u{E}0!\u{F} +AGE-"
        let text = ascii + Array(shifts.utf8)
        return utf8(text, limit: 1_000) == (text, .complete)
    }

    /// Converts as much of the text as is valid; the result is incomplete unless `end` is `.complete`.
    func utf8(_ bytes: [UInt8], limit: Int) -> (text: [UInt8], end: End) {
        var text: [UInt8] = []
        var input = bytes
        let handle = unsafe handle
        let end = unsafe input.withUnsafeMutableBytes { input -> End in
            var next = unsafe input.baseAddress?.assumingMemoryBound(to: CChar.self)
            var left = input.count
            // After the input, iconv is called once more without any, to flush what it has buffered.
            var isFlushing = false
            while true {
                var (status, reason) = (0, Int32(0))
                let room = min(64 << 10, limit - text.count)
                let piece = unsafe [UInt8](unsafeUninitializedCapacity: room + 8) { output, count in
                    var start = unsafe output.baseAddress.map { UnsafeMutableRawPointer($0) }?
                        .assumingMemoryBound(to: CChar.self)
                    var space = output.count
                    status =
                        isFlushing
                        ? unsafe iconv(handle, nil, nil, &start, &space)
                        : unsafe iconv(handle, &next, &left, &start, &space)
                    if status == -1 { reason = errno }
                    count = output.count - space
                }
                text += piece
                if text.count > limit { return .tooLong }
                if status == -1 {
                    guard reason == E2BIG else { return .invalid(input.count - left) }
                } else if isFlushing {
                    return .complete
                } else {
                    isFlushing = true
                }
            }
        }
        return (text, end)
    }
}
