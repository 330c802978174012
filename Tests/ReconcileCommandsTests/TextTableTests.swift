import ReconcileApp
import ReconcileCommands
import Testing

/// Tables and widths as a terminal of few columns shows them.
@Suite struct TextTableTests {
    private let columns = [TextTable.Column("VERSION"), .init("SIZE", isNumber: true), .init("TIME")]

    @Test func `columns are as wide as what they hold, and numbers stand to the right`() {
        let table = TextTable(columns, rows: [[["1.0"], ["12 B"], ["now"]], [["1.0.1"], ["4 B"], [""]]])
        #expect(
            table.lines(width: 80, indent: 2) == ["  VERSION  SIZE  TIME", "  1.0      12 B  now", "  1.0.1     4 B"]
        )
    }

    @Test func `what does not fit goes on below, and no character is lost`() {
        let table = TextTable(columns, rows: [[["abcdefghijklmnopqrstuvwxyz"], ["12 B"], ["now", "then"]]])
        #expect(
            table.lines(width: 24) == [
                "VERSION       SIZE  TIME", "abcdefghijkl  12 B  now", "mnopqrstuvwx        then", "yz",
            ]
        )
    }

    @Test func `wide and combining characters take the columns that they take`() {
        let table = TextTable(columns, rows: [[["日本"], ["1 B"], ["x"]], [["e\u{301}clair"], ["1 B"], ["x"]]])
        #expect(table.lines(width: 80) == ["VERSION  SIZE  TIME", "日本      1 B  x", "e\u{301}clair    1 B  x"])
        #expect(DisplayWidth.pieces(of: "日本語", width: 3) == ["日", "本", "語"])
        #expect(DisplayWidth.pieces(of: "", width: 3) == [""])
    }

    @Test func `a sentence breaks between words, and a word that is wider is cut`() {
        #expect(DisplayWidth.lines(of: "one two  three", width: 14) == ["one two  three"])
        #expect(DisplayWidth.lines(of: "one two three", width: 9) == ["one two", "three"])
        #expect(DisplayWidth.lines(of: "a abcdefgh b", width: 5) == ["a", "abcde", "fgh", "b"])
    }

    @Test func `a table without rows is nothing`() {
        #expect(TextTable(columns, rows: []).lines(width: 80) == [])
    }
}
