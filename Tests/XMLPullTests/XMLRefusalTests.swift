import Testing
import XMLPull

@Suite struct XMLRefusalTests {
    /// The failure of a document that must be refused.
    private func failure(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) -> XMLFailure? {
        #expect(throws: XMLFailure.self) { try events(bytes, limits: limits) }
    }

    private func failure(_ xml: String, limits: XMLLimits = XMLLimits()) -> XMLFailure? {
        failure(Array(xml.utf8), limits: limits)
    }

    @Test(arguments: [
        ("<!DOCTYPE a><a/>", 1),
        ("<?xml version='1.0'?>\n<!-- c -->\n<!DOCTYPE a SYSTEM 'file:///etc/hostname'>\n<a/>", 3),
        ("\u{FEFF}\n<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>\n<a>&x;</a>", 2),
        ("<!DOCTYPE a PUBLIC '-//X//Y' 'http://127.0.0.1:1/x.dtd'><a/>", 1),
        ("<!doctype html><html/>", 1),
        ("<a>\n<!DOCTYPE a>\n</a>", 2),
        ("<a/>\n\n<!DOCTYPE a>", 3),
        (
            """
            <!DOCTYPE a [
            <!ENTITY b "1234567890"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
            <!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;">
            <!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;">
            <!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]>
            <a k="&f;&f;&f;&f;">&f;</a>
            """, 1
        ),
    ])
    func `a DOCTYPE is refused with its line, whatever it declares`(xml: String, line: Int) {
        let reason = "a DOCTYPE is not accepted: remove it, and write out the entities that it declares"
        #expect(failure(xml) == XMLFailure(line: line, reason: reason))
    }

    @Test(arguments: [
        ("<a>\n&nbsp;</a>", 2, "nbsp"),
        ("<a k='&x;'/>", 1, "'x'"),
        ("<a>&#0;</a>", 1, "xmlChar value 0"),
        ("<a>\n<b>\n</a>", 3, "mismatch: b"),
        ("<a><b></a></b>", 1, "mismatch: b"),
        ("<a k='1' k='2'/>", 1, "Attribute k redefined"),
        ("<a k=1/>", 1, "AttValue"),
        ("<a k/>", 1, "attribute k"),
        ("<a>a & b</a>", 1, "xmlParseEntityRef"),
        ("<a>]]></a>", 1, "']]>'"),
        ("<a><!-- -- --></a>", 1, "Double hyphen"),
        (" <?xml version='1.0'?><a/>", 1, "XML declaration"),
        ("<a/>\n<b/>", 2, "or goes on after it"),
        ("<a/>junk", 1, "or goes on after it"),
        ("<a></a>\n\n\n\0", 4, "or goes on after it"),
        ("<a>\n<b>", 2, "the document ends before its root element does"),
        ("<!-- only -->\n", 2, "the document ends before its root element does"),
        ("   \n", 2, "the document ends before its root element does"),
    ])
    func `what is not well-formed is refused with line and reason`(xml: String, line: Int, reason: String) {
        // Most words are libxml2's own, so only the telling ones are expected.
        let failure = failure(xml)
        #expect(failure?.line == line)
        #expect(failure?.reason.contains(reason) == true, "\(String(describing: failure))")
    }

    @Test func `a document that was cut anywhere is refused`() throws {
        let whole = "<?xml version='1.0' encoding='UTF-8'?>\n<r x='é'><!-- c --><a><![CDATA[é]]>&amp;</a>\n<b/></r>"
        #expect(try events(whole).count == 8)
        let bytes = Array(whole.utf8)
        for count in 0..<bytes.count { #expect(failure(Array(bytes[..<count])) != nil) }
    }

    @Test(
        arguments: [
            [0xFF], [0xC3], [0xC3, 0x28], [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]]
    )
    func `bytes that are not UTF-8 are refused wherever they stand`(bytes: [UInt8]) {
        for (before, after) in [("<a>\n", "</a>"), ("<a\nk='", "'/>"), ("<a>\n<!--", "--></a>"), ("<a/>\n<?p ", "?>")] {
            let failure = failure(Array(before.utf8) + bytes + Array(after.utf8))
            #expect(failure == XMLFailure(line: 2, reason: "the bytes at offset \(before.utf8.count) are not UTF-8"))
        }
    }

    @Test(arguments: [
        "<a>\0</a>", "<a>\u{1}</a>", "<a>\u{FFFE}</a>", "<a>\u{B}</a>", "<a>&#x1;</a>", "<a k='\u{2}'/>",
        "<a>&#xD800;</a>",
    ])
    func `characters that XML does not have are refused`(xml: String) {
        #expect(failure(xml) != nil)
    }

    @Test(
        arguments: [
            [0x4C, 0x6F, 0xA7, 0x94, 0x93, 0x40],
            Array("junk<a/>".utf8), Array("{\"message\":null}".utf8), [0xEF, 0xBB, 0xBF],
        ] as [[UInt8]]
    )
    func `a document that does not begin with markup in UTF-8 is refused`(bytes: [UInt8]) {
        #expect(failure(bytes) == XMLFailure(line: 1, reason: "the document does not begin with markup in UTF-8"))
    }

    @Test(arguments: ["UTF-16", "UTF-32", "UCS-2", "UTF-7", "IBM037", "ISO-2022-JP", "ISO-2022-KR", "ISO-2022-CN-EXT"])
    func `an encoding that could hide markup is refused`(name: String) {
        let reason = "the declared encoding '\(name.lowercased())' is not supported, or the bytes are in another"
        #expect(
            failure("<?xml version=\"1.0\" encoding = \"\(name)\"?><a/>") == XMLFailure(line: 1, reason: reason)
        )
    }

    @Test(arguments: ["no-such", "", "utf-8//ignore", "../cp1252", "1252", "cp1252 "])
    func `an unknown encoding is refused`(name: String) {
        let reason = "the declared encoding '\(name)' is not supported on this machine"
        #expect(
            failure("<?xml version=\"1.0\" encoding = \"\(name)\"?><a/>") == XMLFailure(line: 1, reason: reason)
        )
    }

    @Test(arguments: ["ISO-8859-1", "windows-1252", "UTF-16"])
    func `a UTF-8 byte order mark contradicts another encoding`(name: String) {
        let reason =
            "the document has a UTF-8 byte order mark but declares the encoding '\(name.lowercased())'"
        let document = "\u{FEFF}<?xml version='1.0' encoding='\(name)'?><a/>"
        #expect(failure(document) == XMLFailure(line: 1, reason: reason))
    }

    @Test func `each bound is refused one past it and accepted at it`() throws {
        let depth = { (count: Int) in
            String(repeating: "<d>", count: count) + String(repeating: "</d>", count: count)
        }
        #expect(try events(depth(32)).count == 64)
        #expect(
            failure("\n" + depth(33)) == XMLFailure(line: 2, reason: "<d> is nested more than 32 elements deep")
        )

        let attributes = { (count: Int) in
            "<a \((0..<count).map { "x\($0)='=>'" }.joined(separator: " "))/>"
        }
        #expect(try events(attributes(32)).count == 2)
        #expect(
            failure("\n\n" + attributes(33))
                == XMLFailure(line: 3, reason: "an element has 33 attributes, more than the 32 accepted")
        )

        let names = { (count: Int) in "<r>\n" + (1..<count).map { "<n\($0)/>" }.joined() + "</r>" }
        #expect(try events(names(1000)).count == 2001)
        #expect(failure(names(1001)) == XMLFailure(line: 2, reason: "there are more than 1000 different names"))

        let limits = XMLLimits(maximumBytes: 100, maximumTextBytes: 10)
        #expect(try events("<a k='0123456789'>01234&amp;6789</a>", limits: limits).count == 3)
        let long = "a text is longer than 10 bytes"
        #expect(failure("<a>0123456789&#65;</a>", limits: limits) == XMLFailure(line: 1, reason: long))
        #expect(failure("<a>\n<b k='0123456789A'/></a>", limits: limits) == XMLFailure(line: 2, reason: long))

        #expect(try events("<a/>" + String(repeating: " ", count: 96), limits: limits).count == 2)
        #expect(
            failure("<a/>" + String(repeating: " ", count: 97), limits: limits)
                == XMLFailure(line: 1, reason: "the document has 101 bytes, more than the 100 that are accepted")
        )
        #expect(failure([]) == XMLFailure(line: 1, reason: "the document is empty"))
    }

    @Test func `libxml2's own depth is a failure like ours`() {
        let xml = String(repeating: "<d>", count: 5000)
        #expect(failure(xml, limits: XMLLimits(maximumDepth: 10_000))?.reason.hasPrefix("Excessive depth") == true)
    }

    @Test func `a fault after the last element of interest is still found`() {
        let failure = #expect(throws: XMLFailure.self) {
            try XMLPull.parse(Array("<a><b/></a>\njunk".utf8)) { reader in _ = try reader.next() }
        }
        #expect(failure?.line == 2)
    }

    @Test func `an error of the caller passes through`() {
        struct NotThere: Error {}
        #expect(throws: NotThere.self) { try XMLPull.parse(Array("<a>".utf8)) { _ in throw NotThere() } }
    }

    @Test func `a reader that failed keeps failing`() throws {
        let first = try #require(failure("<a><b></a>"))
        #expect(throws: first) {
            try XMLPull.parse(Array("<a><b></a>".utf8)) { reader in
                for _ in 0..<4 {
                    do throws(XMLFailure) {
                        _ = try reader.next()
                        Issue.record("a failed reader went on")
                    } catch { #expect(error == first) }
                }
            }
        }
    }
}
