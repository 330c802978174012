import Cryptography
import FoundationEssentials
import Testing

@Suite struct HTTPDateTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_795_335_372, "Sun, 22 Nov 2026 08:16:12 GMT"),
    ])
    func `a moment is written as HTTP writes it, and read back`(seconds: Int, text: String) {
        #expect(HTTPDate.text(of: Date(timeIntervalSince1970: Double(seconds))) == text)
        #expect(HTTPDate.date(of: text)?.timeIntervalSince1970 == Double(seconds))
    }

    @Test(arguments: [
        "", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "Sun, 30 Feb 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:49 GMT", " Sun, 06 Nov 1994 08:49:37 GMT",
    ])
    func `what is no such moment is none`(text: String) {
        #expect(HTTPDate.date(of: text) == nil)
    }
}
