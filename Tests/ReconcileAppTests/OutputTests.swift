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
    @Test func `a line goes above the progress line, which stays`() {
        let screen = Screen()
        let console = Console(isTerminal: true, columns: 40, write: screen.write)
        console.show(progress: "1/2")
        console.line("hello")
        console.show(progress: "")
        #expect(screen.text == "\r\u{1B}[K1/2\r\u{1B}[Khello\n1/2\r\u{1B}[K")
    }

    @Test func `where there is no terminal there is no progress line`() {
        let screen = Screen()
        let console = Console(isTerminal: false, columns: 40, write: screen.write)
        console.show(progress: "1/2")
        console.line("hello")
        #expect(screen.text == "hello\n")
    }

    @Test func `a progress line never wraps`() {
        let screen = Screen()
        let console = Console(isTerminal: true, columns: 20, write: screen.write)
        console.show(progress: String(repeating: "x", count: 50))
        #expect(screen.text == "\r\u{1B}[K" + String(repeating: "x", count: 19))
    }

    private func logger(json: Bool, _ screen: Screen) -> Logger {
        let console = Console(isTerminal: false, columns: 80, write: screen.write)
        return Logger(label: "test") { _ in
            LogLines(console: console, isJSON: json, level: .info) { Timestamp(seconds: 1_795_336_572) }
        }
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

    @Test func `the progress line says packages, versions, copies, bytes, rate and the time left`() {
        var progress = RunProgress()
        progress.packagesListed = 10
        progress.packagesDone = 5
        progress.versionsListed = 50
        #expect(
            ProgressLine(elapsed: .seconds(10), progress: progress).text == "5/10+ packages  50 versions  10s"
        )
        progress.listingComplete = true
        progress.packagesDone = 10
        progress.drifted = 30
        progress.settled = 10
        progress.failed = 1
        progress.bytesCopied = 20 << 20
        #expect(
            ProgressLine(elapsed: .seconds(10), progress: progress).text
                == "10/10 packages  50 versions  10/30 copied  1 failed  20.0 MiB  2.0 MiB/s  10s  10s left"
        )
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

    @Test func `the summary names what happened and every request`() {
        var report = RunReport(runID: "r", domain: "d", shard: .whole, startedAt: Timestamp(seconds: 0))
        report.outcome = .partial
        report.repositories = 1
        report.packages = 2
        report.versions.listed = 5
        report.versions.inSync = 1
        report.versions.missing = 4
        report.versions.copied = 3
        report.versions.failed = 1
        report.assets.copied = 6
        report.bytes.copied = 2_048
        report.requests = ["s3.PutObject": 12, "codeartifact.ListPackages": 1]
        report.retries = 2
        report.concurrency = .init(most: 64, waited: [.quotas: .seconds(2), .width: .milliseconds(400)])
        #expect(
            RunSummary(report, elapsed: .seconds(3)).lines == [
                "partial: 5 versions in 2 packages of 1 repository, 3s",
                "  in sync 1  missing 4  stale 0  orphaned 0  copied 3  failed 1  skipped 0",
                "  assets copied 6 (2.0 KiB)  adopted 0  failed 0",
                "  requests",
                "    codeartifact.ListPackages  1",
                "    s3.PutObject               12",
                "  retried 2, throttled 0",
                "  at most 64 assets at once; waited for quotas 2s",
            ]
        )
    }

    @Test func `the summary of a run that was stopped says why, and does not call a signal a deadline`() {
        var report = RunReport(runID: "r", domain: "d", shard: .whole, startedAt: Timestamp(seconds: 0))
        report.outcome = .deadline
        report.message = "interrupted by a signal"
        let lines = RunSummary(report, elapsed: .seconds(3)).lines
        #expect(lines.first == "stopped: 0 versions in 0 packages of 0 repositories, 3s")
        #expect(lines.dropFirst().first == "  interrupted by a signal")
    }
}
