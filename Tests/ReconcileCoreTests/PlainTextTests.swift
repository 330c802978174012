import ReconcileCore
import Testing

@Suite struct PlainTextTests {
    @Test(arguments: [
        ("com/acme/lib.jar", "com/acme/lib.jar"), ("", ""), ("a\u{1B}[31mb", "a?[31mb"), ("a\r\nb", "a??b"),
        ("\u{0}\u{7F}\u{9F}", "???"), ("\u{A0}é\u{2028}", "\u{A0}é\u{2028}"),
    ])
    func `each control character is replaced, and nothing else`(text: String, plain: String) {
        #expect(text.replacingControls(with: "?") == plain)
    }

    @Test func `the control characters are those of Unicode's general category`() {
        let wrong = (0...0x10FFFF as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init)
            .filter { $0.isControl != ($0.properties.generalCategory == .control) }
        #expect(wrong.isEmpty)
    }
}
