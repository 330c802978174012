import ArgumentParser
import Logging
import ReconcileApp
import ReconcileCore
import Synchronization
import Testing

/// Keeps what a console writes.
private final class Screen: Sendable {
    private let written = Mutex("")

    var text: String { written.withLock { $0 } }

    func write(_ text: String) {
        written.withLock { $0 += text }
    }
}

@Suite struct OutputTests {
    private func console(
        _ screen: Screen,
        columns: @escaping @Sendable () -> Int = { 40 },
        isTerminal: Bool = true,
        hasColours: Bool = false
    ) -> Console {
        Console(
            isTerminal: isTerminal,
            showsProgress: isTerminal,
            hasColours: hasColours,
            columns: columns,
            write: screen.write
        )
    }

    private func line(_ text: String, colour: Colour? = nil) -> ProgressLine {
        ProgressLine([ProgressLine.Part(text, rank: 1, colour: colour)])
    }

    // MARK: The progress line

    @Test func `a line goes above the progress line, which stays`() {
        let screen = Screen()
        let console = console(screen)
        console.show(line("1/2"))
        console.line("hello")
        console.hideProgress()
        #expect(screen.text == "\r\u{1B}[K1/2\r\u{1B}[Khello\n1/2\r\u{1B}[K")
    }

    @Test func `a line that has not changed is not drawn again`() {
        let screen = Screen()
        let console = console(screen)
        console.show(line("1/2"))
        console.show(line("1/2"))
        #expect(screen.text == "\r\u{1B}[K1/2")
    }

    @Test func `where there is no terminal there is no progress line`() {
        let screen = Screen()
        let console = console(screen, isTerminal: false)
        console.show(line("1/2"))
        console.line("hello")
        #expect(screen.text == "hello\n")
    }

    @Test func `the last column stays free`() {
        let screen = Screen()
        let console = console(screen, columns: { 20 })
        console.show(line(String(repeating: "x", count: 20)))
        #expect(screen.text == "\r\u{1B}[K")
        console.show(line(String(repeating: "x", count: 19)))
        #expect(screen.text == "\r\u{1B}[K\r\u{1B}[K" + String(repeating: "x", count: 19))
    }

    @Test func `a line that a narrower terminal has wrapped is erased as a whole`() {
        let screen = Screen()
        let columns = Mutex(100)
        let console = console(screen, columns: { columns.withLock { $0 } })
        let long = String(repeating: "x", count: 50)
        console.show(ProgressLine([ProgressLine.Part(long, short: "x", rank: 1)]))
        columns.withLock { $0 = 20 }
        console.redraw()
        #expect(screen.text == "\r\u{1B}[K\(long)\r\u{1B}[2A\u{1B}[Jx")
    }

    @Test func `colours go around the text and take no columns`() {
        let screen = Screen()
        let console = console(screen, columns: { 9 }, hasColours: true)
        console.show(line("1 failed", colour: .red))
        #expect(screen.text == "\r\u{1B}[K\u{1B}[31m1 failed\u{1B}[39m")
    }

    // MARK: Logs

    private func logger(json: Bool, _ screen: Screen, hasColours: Bool = false) -> Logger {
        let console = console(screen, isTerminal: false, hasColours: hasColours)
        return Logger(label: "test") { _ in
            LogLines(console: console, isJSON: json, level: .info) { Timestamp(seconds: 1_795_336_572) }
        }
    }

    @Test func `numbers and truth values are such in JSON`() {
        let screen = Screen()
        logger(json: true, screen).info(
            "done",
            metadata: [
                "failed": .stringConvertible(0), "bytes": .stringConvertible(Int64(1) << 40),
                "ms": .stringConvertible(1.5), "all": .stringConvertible(true), "shard": "0/1",
                "places": ["a", .stringConvertible(2)], "none": .stringConvertible(Double.nan),
            ]
        )
        #expect(
            screen.text == #"{"all":true,"bytes":1099511627776,"failed":0,"level":"info","message":"done","ms":1.5,"#
                + #""none":"nan","places":["a",2],"shard":"0/1","timestamp":"2026-11-22T08:36:12Z"}"# + "\n"
        )
    }

    @Test func `on a terminal the level is in colour, whatever the message holds`() {
        let screen = Screen()
        logger(json: false, screen, hasColours: true).error("bad\u{1B}[0m")
        #expect(screen.text == "08:36:12 \u{1B}[31merror:\u{1B}[39m bad\u{FFFD}[0m\n")
    }

    @Test func `JSON logs are one object a line with sorted keys`() {
        let screen = Screen()
        logger(json: true, screen).info("run \"started\"", metadata: ["domain": "d", "path": "a/b"])
        #expect(
            screen.text == #"{"domain":"d","level":"info","message":"run \"started\"","path":"a/b","#
                + "\"timestamp\":\"2026-11-22T08:36:12Z\"}\n"
        )
    }

    @Test func `text logs keep a hostile name on one line and without colours`() {
        let screen = Screen()
        logger(json: false, screen).error("bad\n\u{1B}[31mname")
        #expect(screen.text == "08:36:12 error: bad\u{FFFD}\u{FFFD}[31mname\n")
    }

    @Test func `below its level nothing is logged`() {
        let screen = Screen()
        logger(json: false, screen).debug("quiet")
        #expect(screen.text == "")
    }

    @Test(
        arguments: [
            (0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_536, "1.5 KiB"), (1_048_575, "1.0 MiB"),
            (5 << 30, "5.0 GiB"),
        ] as [(Int64, String)]
    )
    func `bytes are spelled in powers of 1024`(count: Int64, text: String) {
        #expect(Quantity.bytes(count) == text)
    }

    @Test(arguments: [(0.4, "0s"), (59.0, "59s"), (250.0, "4m10s"), (7_500.0, "2h05m")])
    func `durations are spelled for a person`(seconds: Double, text: String) {
        #expect(Quantity.time(.seconds(seconds)) == text)
    }
}
