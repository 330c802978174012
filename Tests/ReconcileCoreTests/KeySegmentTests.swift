import ReconcileCore
import TestSupport
import Testing

@Suite struct KeySegmentTests {
    @Test(arguments: [
        ("app-1.0.jar", "app-1.0.jar"),
        ("", "%"),
        ("%", "%25"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("...", "..."),
        (".hidden", ".hidden"),
        ("..twodots", "..twodots"),
        ("a b", "a b"),
        (" a ", " a "),
        ("1.0+build.7", "1.0+build.7"),
        ("~a~", "~a~"),
        ("%2E", "%252E"),
        ("100%", "100%25"),
        ("a/b", "a%2Fb"),
        ("../../etc/passwd", "..%2F..%2Fetc%2Fpasswd"),
        ("/", "%2F"),
        ("a\0b", "a%00b"),
        ("a\nb\u{1F}", "a%0Ab%1F"),
        ("a\r\nb", "a%0D%0Ab"),
        ("\u{7F}", "%7F"),
        ("\u{80}\u{9F}", "%C2%80%C2%9F"),
        ("\u{A0}", "\u{A0}"),
        ("\u{FFFE}\u{FFFF}", "%EF%BF%BE%EF%BF%BF"),
        ("Grüße 日本語", "Grüße 日本語"),
        ("🦆", "🦆"),
        ("back\\slash?*<>|\"'#&", "back\\slash?*<>|\"'#&"),
    ])
    func `a name and its segment are made of each other`(name: String, segment: String) {
        #expect(Array(KeySegment.encode(name).utf8) == Array(segment.utf8))
        #expect(KeySegment.decode(segment).map { Array($0.utf8) } == Array(name.utf8))
    }

    @Test(arguments: [
        "", ".", "..", "%2e", "%2f", "a%2", "a%", "%%", "%41", "a%20b", "%G0", "%FF", "%C2", "a\nb", "a/b", "%2E%2E%2E",
        "\u{80}",
    ])
    func `a segment that no name is written as is refused`(segment: String) {
        #expect(KeySegment.decode(segment) == nil)
    }

    @Test func `canonically equivalent names keep their own bytes`() {
        let composed = "caf\u{E9}/"
        let decomposed = "cafe\u{301}/"
        #expect(Array(KeySegment.encode(composed).utf8) == Array("caf\u{E9}%2F".utf8))
        #expect(Array(KeySegment.encode(decomposed).utf8) == Array("cafe\u{301}%2F".utf8))
        #expect(KeySegment.decode("cafe\u{301}%2F").map { Array($0.utf8) } == Array(decomposed.utf8))
    }

    @Test func `a name of 255 bytes stands as it is`() {
        let name = String(repeating: "n", count: 255)
        #expect(KeySegment.encode(name) == name)
        #expect(KeySegment.decode(name) == name)
    }

    @Test func `any name comes back, and no two names share a segment`() throws {
        var random = SeededGenerator(seed: 20_261_122)
        let alphabet: [Unicode.Scalar] = [
            "%", "/", ".", "2", "E", "F", "5", " ", "+", "~", "a", "\0", "\n", "\u{7F}", "\u{85}", "é", "e", "\u{301}",
            "🦆",
        ]
        var names: [ExactText: ExactText] = [:]
        for _ in 0..<20_000 {
            var name = ""
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                try name.unicodeScalars.append(#require(alphabet.randomElement(using: &random)))
            }
            let segment = KeySegment.encode(name)
            #expect(!segment.isEmpty && segment != "." && segment != ".." && !segment.utf8.contains(UInt8(ascii: "/")))
            #expect(KeySegment.decode(segment).map(ExactText.init) == ExactText(name))
            #expect(
                names.updateValue(ExactText(name), forKey: ExactText(segment)) ?? ExactText(name) == ExactText(name)
            )
        }
        #expect(names.count > 10_000)
    }
}
