import TestSupport
import Testing

@testable import ReconcileCore

/// How many versions earlier reports count, by the rule of a status and of a verification.
@Suite struct ReportedCountsTests {
    private let layout = BackupLayout(domain: "acme")

    private func report(
        _ versions: Int?,
        shard: String = "0/1",
        at time: String = "2026-11-22T08:36:12Z",
        of selection: Selection = Selection()
    ) -> ReportedRun {
        var report = RunReport(
            runID: "run",
            domain: "acme",
            selection: selection,
            startedAt: ReconcileCoreTests.time(time)
        )
        report.shard = shard
        report.recorded = versions.map { RunReport.Recorded(versions: $0) }
        return ReportedRun(report)
    }

    private func most(
        _ reports: [ReportedRun],
        of selection: Selection = Selection(),
        after losses: AcceptedLosses = AcceptedLosses()
    ) throws -> String {
        var counts = ReportedCounts(of: selection, after: losses, in: layout)
        for (number, report) in reports.enumerated() {
            _ = counts.add(report, of: try #require(Shard(report.shard)), at: ObjectKey("report \(number)"))
        }
        return counts.most.map { "\($0.count) \($0.report)" } ?? "none"
    }

    private func selection(_ repository: String) -> Selection {
        var selection = Selection()
        selection.repositories = [repository]
        return selection
    }

    @Test func `the largest count holds, whichever run came last`() throws {
        #expect(try most([]) == "none")
        #expect(try most([report(3), report(5), report(4)]) == "5 report 2")
        #expect(try most([report(nil), report(0)]) == "0 report 1")
    }

    @Test func `shards of one number are added up, each with its largest`() throws {
        let shards = [report(3, shard: "0/2"), report(4, shard: "1/2"), report(2, shard: "0/2")]
        #expect(try most(shards) == "7 report 2")
        #expect(try most(shards + [report(8, shard: "0/4")]) == "8 report 3")
    }

    @Test(arguments: [-1, 1_000_000_001, 4_611_686_018_427_387_904, .max, .min])
    func `a number that no backup has counts for nothing`(number: Int) throws {
        #expect(try most([report(number), report(number, shard: "1/2"), report(2)]) == "2 report 2")
    }

    @Test func `a part counts for the whole, and the whole for no part`() throws {
        #expect(try most([report(3, of: selection("releases"))]) == "3 report 0")
        #expect(try most([report(3)], of: selection("releases")) == "none")
        #expect(try most([report(3, of: selection("other"))], of: selection("releases")) == "none")
    }

    @Test func `after lost versions were accepted, what was left counts, and later reports`() throws {
        let time = "2026-11-23T08:00:00Z"
        let record = #"""
            {"domain":"acme","format":1,"lost":[{"key":"acme/manifests/maven/","kind":"lostVersions","versions":4}],\#
            "reason":"r","recordedAt":"\#(time)","recordedBy":{"door":"verify","version":"1"}}
            """#
        var losses = AcceptedLosses()
        losses.add(try LossRecord(decoding: Array(record.utf8)), at: ObjectKey("losses"))
        #expect(try most([report(9)], after: losses) == "4 losses")
        #expect(try most([report(9), report(5, at: "2026-11-23T09:00:00Z")], after: losses) == "5 report 1")
        #expect(try most([report(9)], of: selection("releases"), after: losses) == "none")
    }

    @Test func `what is gone is the difference, and never less than nothing`() {
        let reported = ReportedVersions(count: 5, report: ObjectKey("acme/runs/x"))
        #expect([0, 4, 5, 6].map(reported.lost(finding:)) == [5, 1, 0, 0])
        #expect(reported.fault(finding: 5, in: layout) == nil)
        #expect(reported.fault(finding: 4, in: layout)?.message.hasPrefix("only 4 of the 5 versions that were") == true)
    }
}
