import ReconcileCore
import Testing

@Suite struct ReportMergingTests {
    private func report(
        _ shard: String,
        _ outcome: RunReport.Outcome = .converged,
        domain: String = "acme",
        _ change: (inout RunReport) -> Void = { _ in }
    ) throws -> RunReport {
        let parsed = try #require(Shard(shard))
        var report = RunReport(
            runID: "run-\(parsed.index)",
            domain: domain,
            shard: parsed,
            startedAt: time("2026-11-22T08:00:00Z")
        )
        report.outcome = outcome
        report.repositories = 2
        change(&report)
        return report
    }

    @Test func `counts are summed and the time runs from the first start to the last end`() throws {
        let one = try report("0/2") {
            $0.startedAt = "2026-11-22T08:00:05Z"
            $0.finishedAt = "2026-11-22T08:10:00Z"
            $0.packages = 3
            $0.versions.listed = 10
            $0.versions.inSync = 1
            $0.versions.missing = 2
            $0.versions.stale = 3
            $0.versions.orphaned = 4
            $0.versions.copied = 5
            $0.versions.failed = 6
            $0.versions.skipped = 7
            $0.assets.copied = 8
            $0.assets.adopted = 9
            $0.assets.failed = 10
            $0.bytes.copied = 1 << 40
            $0.requests = ["a": 1, "b": 2]
            $0.retries = 1
            $0.throttled = 2
            $0.concurrency = .init(most: 60, waited: [.quotas: .seconds(4), .bytes: .milliseconds(700)])
            $0.rpo.oldestUnprotectedSeconds = 60
            $0.warnings = ["w0"]
        }
        let two = try report("1/2") {
            $0.startedAt = "2026-11-22T08:00:00Z"
            $0.finishedAt = "2026-11-22T08:09:00Z"
            $0.packages = 4
            $0.versions = one.versions
            $0.assets = one.assets
            $0.bytes.copied = 1
            $0.requests = ["b": 3, "c": 4]
            $0.retries = 10
            $0.throttled = 20
            $0.concurrency = .init(most: 30, waited: [.quotas: .seconds(3), .width: .seconds(2)])
            $0.rpo.oldestUnprotectedSeconds = 90
            $0.warnings = ["w1"]
        }
        var expected = try report("0/1") {
            $0.startedAt = "2026-11-22T08:00:00Z"
            $0.finishedAt = "2026-11-22T08:10:00Z"
            $0.packages = 7
            $0.versions.listed = 20
            $0.versions.inSync = 2
            $0.versions.missing = 4
            $0.versions.stale = 6
            $0.versions.orphaned = 8
            $0.versions.copied = 10
            $0.versions.failed = 12
            $0.versions.skipped = 14
            $0.assets.copied = 16
            $0.assets.adopted = 18
            $0.assets.failed = 20
            $0.bytes.copied = 1 << 40 + 1
            $0.concurrency = .init(
                most: 90,
                waited: [.quotas: .seconds(4), .width: .seconds(2), .bytes: .seconds(1)]
            )
            $0.requests = ["a": 1, "b": 5, "c": 4]
            $0.retries = 11
            $0.throttled = 22
            $0.rpo.oldestUnprotectedSeconds = 90
            $0.warnings = ["w0", "w1"]
        }
        expected.runID = "run-0+run-1"
        #expect(try RunReport.merging([two, one]) == expected)
    }

    @Test(
        arguments: [
            ([.converged, .converged, .converged], .converged), ([.converged, .deadline, .converged], .deadline),
            ([.partial, .deadline, .converged], .partial), ([.partial, .refused, .deadline], .refused),
            ([.refused, .partial, .failed], .failed),
        ] as [([RunReport.Outcome], RunReport.Outcome)]
    )
    func `the whole is as bad as its worst part`(parts: [RunReport.Outcome], whole: RunReport.Outcome) throws {
        let reports = try parts.enumerated().map { try report("\($0.offset)/3", $0.element) }
        #expect(try RunReport.merging(reports).outcome == whole)
    }

    @Test func `a failed shard gives its class and its message`() throws {
        let good = try report("0/2", .deadline) { $0.message = "stopped" }
        let bad = try report("1/2", .failed) {
            $0.message = "no credentials"
            $0.failureKind = .credentials
        }
        let whole = try RunReport.merging([good, bad])
        #expect(whole.exit == .credentials)
        #expect(whole.message == "shard 0/2: stopped. shard 1/2: no credentials")
    }

    @Test func `the report of the whole is its own sum`() throws {
        let whole = try report("0/1") { $0.versions.listed = 5 }
        #expect(try RunReport.merging([whole]) == whole)
    }

    @Test func `reports of different selections are no parts of one whole`() throws {
        var other = try report("1/2")
        other.scope?.packages = ["com.acme:app"]
        let parts = [try report("0/2"), other]
        let failure = #expect(throws: MergeFailure.self) { try RunReport.merging(parts) }
        #expect(failure?.description == "the reports run-0 and run-1 are of different selections of the domain")
    }

    @Test func `reports of two backups are no parts of one whole, and one that does not say of which it is may be`()
        throws
    {
        func report(_ shard: String, of backup: String?) throws -> RunReport {
            try self.report(shard) { $0.backup = backup }
        }
        let one = [try report("0/3", of: "s3://one"), try report("1/3", of: nil), try report("2/3", of: "s3://one")]
        #expect(try RunReport.merging(one).backup == "s3://one")
        let none = [try report("0/2", of: nil), try report("1/2", of: nil)]
        #expect(try RunReport.merging(none).backup == nil)
        let late = [try report("0/2", of: nil), try report("1/2", of: "s3://one")]
        #expect(try RunReport.merging(late).backup == "s3://one")
        let two = [try report("0/3", of: nil), try report("1/3", of: "s3://one"), try report("2/3", of: "s3://two")]
        let failure = #expect(throws: MergeFailure.self) { try RunReport.merging(two) }
        #expect(
            failure?.description
                == "the reports are of two backups: run-1 of s3://one, run-2 of s3://two. Give every shard the same --backup"
        )
    }

    @Test(arguments: [("2026-11-22T09:09:00Z", true), ("2026-11-22T09:09:01Z", false)])
    func `a shard that began more than an hour after the others had ended is of another run`(
        begin: String,
        isOne: Bool
    ) throws {
        let parts = [
            try report("0/3") { ($0.startedAt, $0.finishedAt) = (begin, "2026-11-22T10:00:00Z") },
            try report("1/3") { ($0.startedAt, $0.finishedAt) = ("2026-11-22T08:00:00Z", "2026-11-22T08:09:00Z") },
            try report("2/3") { ($0.startedAt, $0.finishedAt) = ("2026-11-22T08:01:00Z", "2026-11-22T08:05:00Z") },
        ]
        guard !isOne else {
            #expect(try RunReport.merging(parts).startedAt == "2026-11-22T08:00:00Z")
            return
        }
        let failure = #expect(throws: MergeFailure.self) { try RunReport.merging(parts) }
        #expect(
            failure?.description
                == "the reports are of different runs: run-1 of shard 1/3 had ended for more than an hour when run-0 of shard "
                + "0/3 began"
        )
    }

    @Test func `what are not the parts of one whole is refused, and the missing ones are named`() throws {
        let cases: [([RunReport], String)] = try [
            ([], "there is no report to merge"),
            (
                [report("0/4"), report("2/4")],
                "the merged report would be incomplete: there is no report for 1/4, 3/4"
            ),
            (
                [report("0/2"), report("1/2", domain: "other")],
                "the reports are of two domains, acme and other"
            ),
            ([report("0/2"), report("1/3")], "the reports are of different divisions, 0/2 and 1/3"),
            (
                [report("0/2"), report("1/2"), report("0/2")],
                "the shard 0/2 is there twice, in the reports run-0 and run-0"
            ),
            (
                [report("0/1") { $0.format = 2 }],
                "the report run-0 has the format 2, which is not 1"
            ),
            (
                [report("0/1") { $0.shard = "7/2" }],
                "the report run-0 has an invalid shard, 7/2"
            ),
        ]
        for (reports, sentence) in cases {
            let failure = #expect(throws: MergeFailure.self) { try RunReport.merging(reports) }
            #expect(failure?.description == sentence)
        }
    }
}
