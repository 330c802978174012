import Logging
import ReconcileApp
import ReconcileCore
import Testing

@Suite struct ProgressTests {
    /// A first run, 130 seconds in: a quarter of the packages, and no end of their list in sight.
    private var early: RunProgress {
        var progress = RunProgress()
        progress.packagesListed = 2_000
        progress.packagesDone = 500
        progress.versionsListed = 5_000
        progress.drifted = 5_000
        progress.settled = 4_900
        progress.bytesCopied = 130 << 20
        return progress
    }

    private func line(_ progress: RunProgress, _ seconds: Int, stalled: Int = 0) -> ProgressLine {
        RunStanding(progress, elapsed: .seconds(seconds), stalled: stalled).line
    }

    // MARK: What it says

    @Test func `a preview says what it looks at, and moves no bytes`() {
        let line = RunStanding(early, elapsed: .seconds(130), isPreview: true).line.text
        #expect(line == "500/2000+ packages  5000 versions  4900/5000+ looked at  2m10s  6m41s+ left")
    }

    @Test func `the line says packages, versions, copies, bytes, rate and the time left`() {
        var progress = RunProgress()
        progress.packagesListed = 10
        progress.packagesDone = 10
        progress.versionsListed = 50
        progress.allPackagesListed = true
        progress.listingComplete = true
        progress.drifted = 30
        progress.settled = 10
        progress.failed = 1
        progress.bytesCopied = 20 << 20
        #expect(
            line(progress, 10).text
                == "10/10 packages  50 versions  9/30 done  1 failed  20.0 MiB  2.0 MiB/s  10s  20s left"
        )
    }

    @Test func `before anything is listed the line says so`() {
        #expect(line(RunProgress(), 3).text == "listing  3s")
    }

    @Test func `transfers that do not move are counted`() {
        #expect(line(RunProgress(), 8, stalled: 2).text == "listing  2 stalled  8s")
    }

    // MARK: The time left

    @Test func `what is not listed yet counts too, and is at least so much`() {
        #expect(
            line(early, 130).text
                == "500/2000+ packages  5000 versions  4900/5000+ done  130.0 MiB  1.0 MiB/s  2m10s  6m41s+ left"
        )
    }

    @Test func `where nothing has to be copied the listing's own pace counts`() {
        var progress = RunProgress()
        progress.packagesListed = 3_000
        progress.packagesDone = 1_000
        progress.allPackagesListed = true
        #expect(RunStanding(progress, elapsed: .seconds(60)).timeLeft == .seconds(120))
    }

    @Test func `there is no time left before a pace is known, and none at the end`() {
        #expect(RunStanding(early, elapsed: .seconds(4)).timeLeft == nil)
        var done = early
        done.packagesDone = 2_000
        done.settled = 5_000
        #expect(RunStanding(done, elapsed: .seconds(100)).timeLeft == nil)
        #expect(RunStanding(RunProgress(), elapsed: .seconds(100)).timeLeft == nil)
    }

    // MARK: Width

    @Test(
        arguments: [
            (19, "500/2000+  2m10s"),
            (24, "500/2000+  6m41s+ left"),
            (39, "500/2000+ packages  2m10s  6m41s+ left"),
            (79, "500/2000+ packages  4900/5000+ done  130.0 MiB  1.0 MiB/s  2m10s  6m41s+ left"),
            (129, "500/2000+ packages  5000 versions  4900/5000+ done  130.0 MiB  1.0 MiB/s  2m10s  6m41s+ left"),
        ]
    )
    func `the most important parts are shown, in their order`(columns: Int, text: String) {
        #expect(line(early, 130).text(columns: columns) == text)
    }

    @Test func `no width is ever exceeded`() {
        for columns in 0...200 {
            let text = line(early, 130, stalled: 3).text(columns: columns)
            #expect(text.count <= columns, "\(text)")
        }
    }

    // MARK: For a program

    @Test func `the record has what is done, left and expected as numbers`() {
        let record = RunStanding(early, elapsed: .seconds(130), stalled: 1).record
        #expect(
            record.mapValues { "\($0)" } == [
                "packagesDone": "500", "packagesListed": "2000", "packagesLeft": "1500", "allPackagesListed": "false",
                "versionsListed": "5000", "versionsDone": "4900", "versionsLeft": "100", "failed": "0",
                "bytes": "136314880", "bytesPerSecond": "1048576", "stalled": "1", "seconds": "130",
                "secondsLeft": "401",
            ]
        )
        for (name, value) in record {
            guard case .stringConvertible = value else {
                Issue.record("\(name) is not a number")
                continue
            }
        }
    }

    @Test func `a verification says what was looked at, and its faults`() {
        let progress = VerifyProgress(faults: 2)
        #expect(
            VerifyStanding(progress, elapsed: .seconds(61), stalled: 1).line.text
                == "0 packages  0 manifests  0 B read  2 faults  1 stalled  1m01s"
        )
        let waiting = VerifyStanding(VerifyProgress(waiting: 144), elapsed: .seconds(61))
        #expect(
            waiting.line.text
                == "0 packages  0 manifests  0 B read  0 faults  waiting for 144 files that changed recently  1m01s"
        )
        #expect(waiting.record["waiting"]?.description == "144")
    }
}
