import Testing
import XMLPull

/// Documents in encodings other than UTF-8: the same events, the same bounds, the same refusals.
@Suite struct XMLEncodingTests {
    private static func declaring(_ name: String, _ text: String) -> String {
        "<?xml version='1.0' encoding='\(name)'?>\n<a>\(text)</a>"
    }

    private static func bytes<Unit: FixedWidthInteger>(_ units: some Sequence<Unit>, bigEndian: Bool) -> [UInt8] {
        units.flatMap { unit in
            let bytes = (0..<Unit.bitWidth / 8).map { UInt8(truncatingIfNeeded: unit >> (8 * $0)) }
            return bigEndian ? bytes.reversed() : bytes
        }
    }

    /// A text in each of the wide encodings.
    private static func wide(_ text: String) -> [[UInt8]] {
        [true, false].flatMap { bigEndian in
            [
                bytes(text.utf16, bigEndian: bigEndian),
                bytes(text.unicodeScalars.map(\.value), bigEndian: bigEndian),
            ]
        }
    }

    private func failure(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) -> XMLFailure? {
        #expect(throws: XMLFailure.self) { try events(bytes, limits: limits) }
    }

    private static let expected: [XMLEvent] = [
        .start(name: "a", attributes: [:]), .text("é日𝄞"), .end(name: "a"),
    ]

    @Test(arguments: [("UTF-16", 0), ("utf-16", 0), ("UTF-32", 1), ("ISO-10646-UCS-2", 0), ("ucs-4", 1)])
    func `UTF-16 and UTF-32 are read in either order, with a mark and without`(name: String, index: Int) throws {
        let document = Self.declaring(name, "é日𝄞")
        for bigEndian in [0, 2] {
            #expect(try events(Self.wide(document)[index + bigEndian]) == Self.expected)
            #expect(try events(Self.wide("\u{FEFF}" + document)[index + bigEndian]) == Self.expected)
        }
    }

    @Test func `a document in UTF-16 need not declare it`() throws {
        for bytes in Self.wide("\u{FEFF}<a>é日𝄞</a>") + Self.wide("<a>é日𝄞</a>") {
            #expect(try events(bytes) == Self.expected)
        }
    }

    @Test func `UTF-16 contradicts the declaration of another encoding`() {
        for bytes in Self.wide(Self.declaring("utf-8", "x")) {
            let failure = failure(bytes)
            #expect(
                failure?.reason.hasSuffix(" but declares the encoding 'utf-8'") == true,
                "\(String(describing: failure))"
            )
        }
    }

    @Test(
        arguments: [
            ("windows-1252", [0x80, 0x93, 0xE9, 0x94] as [UInt8], "€“é”"), ("cp1252", [0xE9], "é"),
            ("ISO-8859-15", [0xA4], "€"),
            ("iso-8859-1", [0xA4, 0x85], "¤\u{85}"), ("KOI8-R", [0xF0, 0xD2], "Пр"),
            ("windows-1251", [0xCF, 0xF0], "Пр"),
            ("Shift_JIS", [0x93, 0xFA], "日"), ("EUC-JP", [0xC6, 0xFC], "日"), ("GBK", [0xC8, 0xD5], "日"),
            ("GB18030", [0xC8, 0xD5, 0x81, 0x30, 0x81, 0x30], "日\u{80}"), ("Big5", [0xA4, 0xE9], "日"),
            ("UTF8", Array("é".utf8), "é"),
        ] as [(String, [UInt8], String)]
    )
    func `a declared encoding is read if ASCII is ASCII in it`(name: String, text: [UInt8], expected: String)
        throws
    {
        let parts = Self.declaring(name, "|").split(separator: "|").map { Array($0.utf8) }
        let document = parts[0] + text + parts[1]
        #expect(try events(document) == [.start(name: "a", attributes: [:]), .text(expected), .end(name: "a")])
    }

    @Test func `bytes not valid in the declared encoding are refused with their line`() {
        for (name, byte) in [("US-ASCII", 0x80), ("windows-1252", 0x81), ("EUC-JP", 0xFF)] as [(String, UInt8)] {
            let parts = Self.declaring(name, "|").split(separator: "|").map { Array($0.utf8) }
            #expect(
                failure(parts[0] + [byte] + parts[1])
                    == XMLFailure(line: 2, reason: "the bytes at offset \(parts[0].count) are not \(name.lowercased())")
            )
        }
        #expect(failure([0xFF, 0xFE, 0x3C, 0, 0x61, 0, 0x0A, 0, 0x00, 0xDC, 0x3E, 0])?.line == 2)
        #expect(failure([0xFF, 0xFE, 0x3C, 0, 0x61])?.reason == "the last character is cut off")
        #expect(
            failure([0x00, 0x00, 0x00, 0x3C, 0x00, 0x11, 0x00, 0x00])?.reason == "a character is not valid in UTF-32BE"
        )
    }

    @Test func `no encoding gets a DOCTYPE, too many attributes or too many bytes past the scan`() {
        let reason = "a DOCTYPE is not accepted: remove it, and write out the entities that it declares"
        for bytes in Self.wide("\u{FEFF}<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x 'y'>]>\n<a>&x;</a>") {
            #expect(failure(bytes) == XMLFailure(line: 2, reason: reason))
        }
        // A wide bracket is not a bracket.
        let full =
            Array("<?xml version='1.0' encoding='Shift_JIS'?>\n".utf8) + [0x81, 0x83] + Array("!DOCTYPE a><a/>".utf8)
        #expect(failure(full)?.line == 2)
        let attributes = "<a \((0..<33).map { "x\($0)=''" }.joined(separator: " "))/>"
        for bytes in Self.wide(attributes) {
            #expect(failure(bytes)?.reason == "an element has 33 attributes, more than the 32 accepted")
        }
        let limits = XMLLimits(maximumBytes: 200)
        let text = String(repeating: "日", count: 70)
        let tooLong = "the document has more than the 200 bytes that are accepted, in UTF-8"
        #expect(failure(Self.wide("<a>\(text)</a>")[0], limits: limits) == XMLFailure(line: 1, reason: tooLong))
        let latin = Array("<?xml version='1.0' encoding='windows-1252'?><a>".utf8) + Array(repeating: 0xE9, count: 140)
        #expect(failure(latin + Array("</a>".utf8), limits: limits) == XMLFailure(line: 1, reason: tooLong))
    }
}
