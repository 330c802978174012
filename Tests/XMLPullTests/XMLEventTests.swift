import Testing
import XMLPull

/// All events of a document.
func events(_ xml: String, limits: XMLLimits = XMLLimits()) throws -> [XMLEvent] {
    try events(Array(xml.utf8), limits: limits)
}

func events(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) throws -> [XMLEvent] {
    try XMLPull.parse(bytes, limits: limits) { reader in
        var events: [XMLEvent] = []
        while let event = try reader.next() { events.append(event) }
        return events
    }
}

@Suite struct XMLEventTests {
    @Test func `elements, attributes and text arrive in the document's order`() throws {
        #expect(
            try events("<a x='1' y=\"2\">one<b/>two</a>") == [
                .start(name: "a", attributes: ["x": "1", "y": "2"]),
                .text("one"),
                .start(name: "b", attributes: [:]),
                .end(name: "b"),
                .text("two"),
                .end(name: "a"),
            ]
        )
    }

    @Test func `an empty root is begun and ended`() throws {
        #expect(try events("<a z='&lt;'/>") == [.start(name: "a", attributes: ["z": "<"]), .end(name: "a")])
    }

    @Test(arguments: [
        ("plain", "plain"),
        ("&amp;&lt;&gt;&quot;&apos;", "&<>\"'"),
        ("&#65;&#x42;&#x1F600;", "AB😀"),
        ("<![CDATA[<b>&amp;]]>", "<b>&amp;"),
        ("a<![CDATA[b]]>c<![CDATA[d]]>", "abcd"),
        ("a<!-- - -->b<?p q?>c&#100;", "abcd"),
        ("a<!-- <!DOCTYPE x> -->b", "ab"),
        ("<![CDATA[<!DOCTYPE x>]]>", "<!DOCTYPE x>"),
        (" \t\n ", " \t\n "),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("été 日本", "été 日本"),
        (">", ">"),
    ])
    func `text between two tags is one piece`(content: String, text: String) throws {
        #expect(
            try events("<a>\(content)</a>") == [.start(name: "a", attributes: [:]), .text(text), .end(name: "a")]
        )
    }

    @Test func `no text is not an event`() throws {
        #expect(try events("<a><![CDATA[]]><!-- --></a>") == [.start(name: "a", attributes: [:]), .end(name: "a")])
    }

    @Test func `a text that is longer than the parser's steps is still one piece`() throws {
        let long = String(repeating: "0123456789", count: 3000)
        #expect(
            try events("<a>&amp;\(long)&amp;</a>") == [
                .start(name: "a", attributes: [:]), .text("&\(long)&"), .end(name: "a"),
            ]
        )
    }

    @Test(arguments: [
        "<p:a xmlns:p='urn:x' p:k='v'/>",
        "<a xmlns='urn:x' k='v'/>",
        "<p:a p:k='v'/>",
        "<a xsi:k='v'/>",
    ])
    func `names are local names, whether the prefix is declared or not`(xml: String) throws {
        #expect(try events(xml) == [.start(name: "a", attributes: ["k": "v"]), .end(name: "a")])
    }

    @Test(arguments: [
        "<a/>", "<?xml version='1.0'?><a/>", "<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<a/>\n",
        "\u{FEFF}<a/>", "\u{FEFF}<?xml version='1.0' encoding='UTF-8'?><a/>", " \r\n<a/>",
        "<!-- x --><?p?><a/><!-- y --><?q?> ",
        "<?xml version='1.0' encoding='US-ASCII'?><a/>", "<a></a>", "<a\n></a\n>",
    ])
    func `what may stand around the root is accepted and not reported`(xml: String) throws {
        #expect(try events(xml) == [.start(name: "a", attributes: [:]), .end(name: "a")])
    }

    @Test func `ISO-8859-1 is read when it is declared`() throws {
        let bytes = Array("<?xml version='1.0' encoding='ISO-8859-1'?><a>".utf8) + [0xE9] + Array("</a>".utf8)
        #expect(try events(bytes) == [.start(name: "a", attributes: [:]), .text("é"), .end(name: "a")])
    }

    @Test func `a visit sees each child, and what it leaves unread is skipped`() throws {
        let xml =
            "<r> <a>1<x>no</x>2</a> text <skip><a><a>deep</a></a></skip><b k='v'/><c>half<d/>rest</c><a>3</a> </r>"
        var seen: [String] = []
        try XMLPull.parse(Array(xml.utf8)) { reader in
            #expect(try reader.next() == .start(name: "r", attributes: [:]))
            try reader.children { (reader, name, attributes) throws(XMLFailure) in
                switch name {
                case "a": seen.append("a=\(try reader.text())")
                case "c": seen.append("c=\(String(describing: try reader.next()))")
                default: seen.append("\(name) \(attributes)")
                }
            }
            #expect(try reader.next() == nil)
            #expect(try reader.next() == nil)
        }
        #expect(seen == ["a=12", "skip [:]", "b [\"k\": \"v\"]", "c=Optional(XMLPull.XMLEvent.text(\"half\"))", "a=3"])
    }

    @Test func `the text and the children of an empty element are none`() throws {
        var visits = 0
        let text = try XMLPull.parse(Array("<r><a/><b/></r>".utf8)) { reader in
            _ = try reader.next()
            _ = try reader.next()
            let text = try reader.text()
            _ = try reader.next()
            try reader.children { _, _, _ in visits += 1 }
            return text
        }
        #expect(text == "")
        #expect(visits == 0)
    }

    @Test func `a failure names the line of the element that was begun last`() throws {
        let xml = "<r>\n\n<a>x</a>\n<b>\n</b></r>"
        let failures = try XMLPull.parse(Array(xml.utf8)) { reader in
            var failures: [String] = []
            while let event = try reader.next() {
                if case .start(let name, _) = event { failures.append("\(reader.failure(name))") }
            }
            return failures
        }
        #expect(failures == ["line 1: r", "line 3: a", "line 4: b"])
    }

    @Test func `documents are read side by side`() async throws {
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for width in 1...64 {
                group.addTask {
                    try events("<r>" + String(repeating: "<a>é</a>", count: width * 50) + "</r>").count
                }
            }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(counts == Set((1...64).map { $0 * 150 + 2 }))
    }
}
