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
        of selection: Selection = Selection(),
        counting repositories: [String: Int]? = nil
    ) -> ReportedRun {
        var report = RunReport(
            runID: "run",
            domain: "acme",
            selection: selection,
            startedAt: ReconcileCoreTests.time(time)
        )
        report.shard = shard
        report.recorded = versions.map { RunReport.Recorded(versions: $0, repositories: repositories) }
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
        let words = counts.largest.map { counted in
            let part = counted.part.map { " in \($0.repositories.joined())" + $0.include.map { " of \($0)" }.joined() }
            return "\(counted.count) \(counted.report)\(part ?? "")"
        }
        return words.isEmpty ? "none" : words.joined(separator: ", ")
    }

    private func selection(_ repositories: String...) -> Selection {
        var selection = Selection()
        selection.repositories = repositories
        return selection
    }

    @Test func `each repository is counted for itself where all of them, or some, were listed`() throws {
        let whole = report(9, counting: ["releases": 6, "snapshots": 3])
        #expect(try most([whole]) == "9 report 0, 6 report 0 in releases, 3 report 0 in snapshots")
        #expect(try most([whole], of: selection("releases")) == "6 report 0")
        #expect(
            try most([whole], of: selection("snapshots", "releases"))
                == "6 report 0 in releases, 3 report 0 in snapshots"
        )
        #expect(try most([whole], of: selection("other")) == "none")
        let some = report(9, of: selection("releases", "snapshots"), counting: ["releases": 6, "snapshots": 3])
        #expect(try most([some], of: selection("releases")) == "6 report 0")
        // The later count of everything hides nothing of the earlier one of a part.
        let later = report(20, counting: ["releases": 5, "snapshots": 15])
        #expect(try most([whole, later]) == "20 report 1, 6 report 1 in releases, 15 report 1 in snapshots")
    }

    @Test func `the counts of a repository in shards are added up`() throws {
        let shards = [
            report(4, shard: "0/2", counting: ["releases": 3, "snapshots": 1]),
            report(2, shard: "1/2", counting: ["releases": 2]),
        ]
        #expect(try most(shards, of: selection("releases")) == "5 report 1")
        #expect(try most(shards) == "6 report 1, 5 report 1 in releases, 1 report 0 in snapshots")
    }

    @Test func `of a repository of which a run saw some packages, these are counted`() throws {
        var part = Selection()
        part.include = [try #require(VersionPattern("com.acme:*"))]
        let partial = report(5, of: part, counting: ["releases": 3, "snapshots": 2])
        #expect(try most([partial], of: selection("releases")) == "3 report 0 in releases of com.acme:*")
        var rest = Selection()
        rest.exclude = part.include
        let counted = report(5, of: rest, counting: ["releases": 3, "snapshots": 2])
        #expect(try most([counted], of: rest) == "5 report 0, 3 report 0 in releases, 2 report 0 in snapshots")
        rest.repositories = ["releases"]
        #expect(try most([counted], of: rest) == "3 report 0")
        #expect(try most([partial], of: rest) == "none")
    }

    @Test func `names beyond what a domain can have fill no memory`() throws {
        let names = Dictionary(uniqueKeysWithValues: (0..<12_000).map { ("r\($0)", 1) })
        var counts = ReportedCounts(of: Selection(), after: AcceptedLosses(), in: layout)
        let isCounted = counts.add(report(1, counting: names), of: .whole, at: ObjectKey("report"))
        #expect(isCounted)
        #expect(counts.largest.count == 10_000)
        var part = Selection()
        part.include = [try #require(VersionPattern("com.acme:*"))]
        #expect(try most([report(1, of: part, counting: names), report(5)]).hasPrefix("5 report 1, "))
        let hostile = report(2, counting: ["releases": -1, "snapshots": .max])
        #expect(try most([hostile]) == "2 report 0")
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

    @Test func `a part is counted for itself, and the whole for no part`() throws {
        #expect(try most([report(3, of: selection("releases"))]) == "3 report 0 in releases")
        #expect(
            try most([report(3, of: selection("releases")), report(9), report(4, of: selection("other"))])
                == "9 report 1, 4 report 2 in other, 3 report 0 in releases"
        )
        #expect(try most([report(3)], of: selection("releases")) == "none")
        #expect(try most([report(3, of: selection("other"))], of: selection("releases")) == "none")
    }

    @Test func `a pattern is a part of everything, of its repository, and of the same pattern there`() throws {
        var part = selection("releases")
        part.include = [try #require(VersionPattern("com.acme:*"))]
        var pattern = part
        pattern.repositories = []
        #expect(try most([report(3, of: part)]) == "3 report 0 in releases of com.acme:*")
        #expect(try most([report(3, of: part)], of: selection("releases")) == "3 report 0 in releases of com.acme:*")
        #expect(try most([report(3, of: part)], of: pattern) == "3 report 0 in releases of com.acme:*")
        #expect(try most([report(3, of: pattern)], of: part) == "none")
        var excluding = Selection()
        excluding.exclude = pattern.include
        #expect(try most([report(3)], of: excluding) == "none")
        #expect(try most([report(3, of: excluding)]) == "3 report 0 in ")
    }

    @Test func `a part that no program can have selected counts for nothing`() throws {
        var hostile = report(3, of: selection("releases"))
        hostile.scope?.packages = ["no pattern"]
        #expect(try most([hostile]) == "none")
        hostile.scope?.packages = Array(repeating: "a:b", count: 1_001)
        #expect(try most([hostile]) == "none")
    }

    @Test(arguments: [(10_000, nil), (10_001, 10_001)])
    func `counts of too many parts are not compared, and that is said`(count: Int, said: Int?) throws {
        let reader = RecordReader(layout: layout, now: time("2026-11-22T08:36:12Z"))
        let counts = (0..<count).map { number in
            ReportedVersions(count: 1, report: ObjectKey("report \(number)"), part: nil)
        }
        let found = EarlierCounts(counts, of: Selection(), reader: reader, unreadable: [], unread: 0)
        let warning = said.map {
            "reports of runs count the versions of \($0) parts of the backup: 10000 were compared with what is there, as "
                + "there are too many. Find out who wrote them"
        }
        #expect(found.warning == warning && found.warningOfUnread == warning)
    }

    @Test func `versions are counted once, each in every part that has it`() throws {
        var counts = ReportedCounts(of: Selection(), after: AcceptedLosses(), in: layout)
        for (number, part) in [Selection(), selection("releases"), selection("other")].enumerated() {
            _ = counts.add(report(9, of: part), of: .whole, at: ObjectKey("report \(number)"))
        }
        let now = time("2026-11-22T08:36:12Z")
        let reader = RecordReader(layout: layout, now: now)
        var found = EarlierCounts(counts.largest, of: Selection(), reader: reader, unreadable: [], unread: 0)
        for (repository, text) in [
            ("other", "1"), ("releases", "1"), ("releases", "1"), ("releases", "e\u{301}"), ("releases", "\u{e9}"),
        ] {
            let package = PackageCoordinates(repository: repository, namespace: "g", name: "a")
            let version = VersionCoordinates(package: package, version: text)
            found.see(ManifestRecord(coordinates: version, recordedAt: now, revision: "r", status: .published))
            let later = time("2026-11-22T08:46:12Z")
            let other = VersionCoordinates(package: package, version: "of the future")
            found.see(ManifestRecord(coordinates: other, recordedAt: later, revision: "r", status: .published))
        }
        #expect(found.lost().map(\.found) == [4, 1, 3])
        #expect(found.lost(finding: 9).map(\.found) == [1, 3])
        #expect(found.losses.map(\.words).last?.hasPrefix("only 3 of the 9 versions in releases that were") == true)
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

    private func accepted(_ rest: String, kind: String = "lostVersions") throws -> AcceptedLosses {
        let record = #"""
            {"domain":"acme","format":1,"lost":[{"key":"acme/manifests/maven/","kind":"\#(kind)",\#(rest)}],\#
            "reason":"r","recordedAt":"2026-11-23T08:00:00Z","recordedBy":{"door":"verify","version":"1"}}
            """#
        var losses = AcceptedLosses()
        losses.add(try LossRecord(decoding: Array(record.utf8)), at: ObjectKey("losses"))
        return losses
    }

    @Test func `after lost versions were accepted, what was left of each repository counts too`() throws {
        let losses = try accepted(#""repositories":{"releases":3,"snapshots":1},"versions":4"#)
        #expect(try most([report(9)], after: losses) == "4 losses, 3 losses in releases, 1 losses in snapshots")
        #expect(try most([report(9)], of: selection("releases"), after: losses) == "3 losses")
        #expect(try most([report(9)], of: selection("other"), after: losses) == "none")
        let later = report(6, at: "2026-11-23T09:00:00Z", counting: ["releases": 2, "snapshots": 4])
        #expect(
            try most([later], after: losses) == "6 report 0, 3 losses in releases, 4 report 0 in snapshots"
        )
    }

    @Test(arguments: [
        (#""repositories":{"releases":-1},"versions":4"#, "lostVersions"),
        (#""repositories":{"releases":1000000001},"versions":4"#, "lostVersions"),
        (#""repositories":{"releases":1}"#, "stray"),
    ])
    func `counts of repositories that no record of lost versions has are refused`(rest: String, kind: String) {
        #expect(throws: RecordRefusal.self) { try accepted(rest, kind: kind) }
    }

    @Test func `what is gone is the difference, and never less than nothing`() {
        let reported = ReportedVersions(count: 5, report: ObjectKey("acme/runs/x"))
        #expect([0, 4, 5, 6].map { reported.loss(finding: $0)?.count } == [5, 1, nil, nil])
        #expect([LostVersions]().fault(in: layout) == nil)
        let lost = LostVersions(reported: reported, found: 4)
        #expect([lost].fault(in: layout)?.message.hasPrefix("only 4 of the 5 versions that were") == true)
        let many = Array(repeating: lost, count: 5)
        #expect(many.words.hasSuffix("; the other records are gone, and so are others of 2 parts more"))
    }
}
