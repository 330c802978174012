import TestSupport
import Testing

@testable import ReconcileCore

/// What a restore decides without asking anybody: which state, in which order, and what of it is missing.
@Suite struct RestorePlanTests {
    // MARK: Which state

    private static let history: [(String, VersionStatus)] = [
        ("2026-01-01T00:00:00Z", .published), ("2026-02-01T00:00:00Z", .unlisted),
        ("2026-03-01T00:00:00Z", .deleted), ("2026-04-01T00:00:00Z", .archived), ("2026-05-01T00:00:00Z", .disposed),
    ]

    @Test(
        arguments: [
            (nil, false, nil), (nil, true, "2026-04-01T00:00:00Z"),
            ("2025-12-31T23:59:59Z", true, nil),
            ("2026-01-01T00:00:00Z", false, "2026-01-01T00:00:00Z"),
            ("2026-02-15T00:00:00Z", false, "2026-02-01T00:00:00Z"),
            ("2026-03-15T00:00:00Z", false, nil), ("2026-03-15T00:00:00Z", true, "2026-02-01T00:00:00Z"),
            ("2026-04-30T23:59:59Z", false, "2026-04-01T00:00:00Z"),
        ] as [(String?, Bool, String?)]
    )
    func `the record to restore is the newest or that of a moment`(
        asOf: String?,
        deleted: Bool,
        expected: String?
    ) throws {
        let records = Self.history.map { record(version("1.0"), $0.0, status: $0.1) }
        var choice = RestoreChoice()
        choice.asOf = asOf.map(time)
        choice.includesDeleted = deleted
        let history = try #require(VersionHistory(records))
        #expect(choice.record(of: history)?.recordedAt.extended == expected)
    }

    @Test func `a version that was deleted before it was ever readable stays away`() throws {
        var choice = RestoreChoice()
        choice.includesDeleted = true
        let history = try #require(VersionHistory([record(version("1.0"), status: .deleted)]))
        #expect(choice.record(of: history) == nil)
    }

    // MARK: In which order

    private func groups(_ versions: [(String, VersionStatus)]) -> [[String]] {
        RestoreOrder(versions.map { record(version($0.0), status: $0.1) }).groups.map { group in
            group.map { "\($0.role) \($0.record.coordinates.version)" }
        }
    }

    @Test func `releases come in Maven's order, one by one`() {
        let found = groups([("1.10", .published), ("1.2", .archived), ("1.2-rc1", .unlisted), ("1.9", .published)])
        #expect(found == [["release 1.2-rc1"], ["release 1.2"], ["release 1.9"], ["release 1.10"]])
    }

    @Test func `builds come the oldest first with their snapshot behind them`() {
        let found = groups([
            ("1.0-20260102.101010-10", .unlisted), ("1.0-SNAPSHOT", .published), ("1.0-20260102.101010-9", .unlisted),
            ("1.0-20260101.101010-11", .archived), ("0.9", .published),
        ])
        #expect(
            found == [
                ["release 0.9"],
                [
                    "build 1.0-20260101.101010-11", "build 1.0-20260102.101010-9", "build 1.0-20260102.101010-10",
                    "snapshot 1.0-SNAPSHOT",
                ],
            ]
        )
    }

    @Test func `a release that is named as a build is none, and an unlisted one without a snapshot is`() {
        let found = groups([("1.0-20260101.101010-1", .published), ("2.0-20260101.101010-1", .unlisted)])
        #expect(found == [["release 1.0-20260101.101010-1"], ["build 2.0-20260101.101010-1"]])
    }

    @Test(arguments: [
        ("app-1.0-20260101.101010-1.jar", "1.0-SNAPSHOT"), ("app-1.0-20260101.101010-1-sources.jar", "1.0-SNAPSHOT"),
        ("LICENSE", "1.0-20260101.101010-1"), ("other-1.0-20260101.101010-1.jar", "1.0-20260101.101010-1"),
    ])
    func `a file lies in the snapshot's directory where its name is that of a build`(name: String, directory: String) {
        let build = version("1.0-20260101.101010-1")
        #expect(RestoreOrder.Role.build.directory(of: name, in: build) == directory)
        #expect(RestoreOrder.Role.release.directory(of: name, in: build) == "1.0-20260101.101010-1")
    }

    @Test(
        arguments: [
            (["a": ["b"], "b": ["c"]], ["a", "b", "c"]),
            (["c": ["b"], "b": ["a"]], ["c", "b", "a"]),
            (["b": ["x"], "x": ["a"]], ["b", "a", "c"]),
            (["a": ["b"], "b": ["a"]], ["b", "a", "c"]),
            ([:], ["a", "b", "c"]),
        ] as [([String: [String]], [String])]
    )
    func `a repository comes before those that it looks into`(upstreams: [String: [String]], expected: [String]) {
        #expect(RepositoryOrder.downstreamFirst(["c", "a", "b"], upstreams: upstreams) == expected)
    }

    // MARK: What is missing

    private func asset(_ name: String, _ bytes: String = "bytes") -> Asset {
        .listing(Array(bytes.utf8), name: name)
    }

    private func manifest(
        _ assets: [Asset],
        _ status: VersionStatus = .published,
        of coordinates: VersionCoordinates = version("1.0")
    ) -> Manifest {
        Manifest(
            coordinates: coordinates,
            revision: "cmV2",
            status: status,
            properties: VersionProperties(origin: .internal),
            recordedAt: time("2026-11-22T08:36:12Z"),
            recordedBy: Manifest.Recorder(door: "reconcile", version: "test"),
            assets: assets.map { Manifest.StoredAsset(asset: $0, key: ObjectKey($0.name), versionID: nil) }
        )
    }

    private func missing(_ plan: VersionPlan) -> [String] { plan.missing.map(\.asset.name) }

    @Test func `of a version that is not there everything is missing, its own POM first`() {
        let names = ["app-1.0.jar", "a.pom", "app-1.0.pom", "app-1.0.module", "maven-metadata.xml"]
        let plan = VersionPlan(manifest(names.map { asset($0) }), as: .release, present: nil)
        #expect(missing(plan) == ["app-1.0.pom", "a.pom", "app-1.0.jar", "app-1.0.module"])
        #expect(plan.publishesDocument)
        #expect(plan.changesStatus)
        #expect(plan.conflicts == [])
    }

    @Test(arguments: [VersionStatus.unlisted, .archived])
    func `a withdrawn version is not published by a document`(status: VersionStatus) {
        let assets = [asset("app-1.0.pom"), asset("maven-metadata.xml")]
        #expect(VersionPlan(manifest(assets, status), as: .release, present: nil).publishesDocument == false)
    }

    @Test func `a version that is as it was needs nothing, whatever document the service made`() {
        let present = VersionPlan.Present(
            status: .published,
            assets: [asset("app-1.0.jar"), asset("maven-metadata.xml", "made by the service")]
        )
        let plan = VersionPlan(manifest([asset("app-1.0.jar")]), as: .release, present: present)
        #expect(plan.isInSync)
        #expect(plan.present == 1)
    }

    @Test func `an unfinished version gets what it lacks`() {
        let present = VersionPlan.Present(status: .unfinished, assets: [asset("app-1.0.pom")])
        let plan = VersionPlan(manifest([asset("app-1.0.pom"), asset("app-1.0.jar")]), as: .release, present: present)
        #expect(missing(plan) == ["app-1.0.jar"])
        #expect(plan.changesStatus)
        #expect(plan.conflicts == [])
    }

    @Test func `other bytes, further assets, and what a finished version lacks are conflicts`() {
        let recorded = manifest([asset("a.jar"), asset("b.jar"), asset("c.jar")])
        let present = VersionPlan.Present(
            status: .published,
            assets: [asset("a.jar", "other"), asset("b.jar"), asset("d.jar")]
        )
        let plan = VersionPlan(recorded, as: .release, present: present)
        #expect(plan.conflicts.map(\.asset) == ["a.jar", "c.jar", "d.jar"])
        #expect(!plan.isInSync)
        let sha = "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"
        #expect(plan.conflicts[0].reason.contains(sha))
    }

    @Test func `a version whose bytes were never saved is a conflict`() {
        let plan = VersionPlan(manifest([], .archived), as: .release, present: nil)
        #expect(plan.conflicts.map(\.reason) == ["the backup has no assets of it: none could ever be read"])
    }

    @Test(arguments: [
        ("1.0-20260101.101010-1", true, false), ("1.0-20260103.101010-3", false, true),
        ("1.0-20260102.101010-2", false, false),
    ])
    func `a snapshot moves on to a newer build and never back`(shown: String, moves: Bool, refuses: Bool) {
        let snapshot = version("1.0-SNAPSHOT")
        let recorded = manifest([asset("app-1.0-20260102.101010-2.jar")], of: snapshot)
        let present = VersionPlan.Present(status: .published, assets: [asset("app-\(shown).jar")])
        let plan = VersionPlan(recorded, as: .snapshot, present: present) { _ in true }
        #expect(plan.publishesDocument == moves)
        #expect(plan.conflicts.isEmpty == !refuses)
        #expect(plan.missing == [])
    }

    @Test func `a snapshot publishes the files of a build that is not restored itself`() {
        let recorded = manifest([asset("app-1.0-20260102.101010-2.jar")], of: version("1.0-SNAPSHOT"))
        let alone = VersionPlan(recorded, as: .snapshot, present: nil) { _ in false }
        #expect(missing(alone) == ["app-1.0-20260102.101010-2.jar"])
        #expect(missing(VersionPlan(recorded, as: .snapshot, present: nil) { _ in true }) == [])
    }

    // MARK: How it ends

    @Test func `a failed comparison gives its exit status also where the report has no room for it`() {
        func failure(_ operation: ServiceOperation) -> ItemFailure {
            ItemFailure(
                RemoteFailure(.corrupt, operation: operation, target: "a", message: "b"),
                version: version("1.0")
            )
        }
        var report = RunReport(runID: "r", domain: "acme", shard: .whole, startedAt: Timestamp(seconds: 0))
        report.outcome = .partial
        var tally = RunTally(report: report, of: Selection())
        for _ in 0..<RunReport.maximumFailures { tally.fail(failure(TestOperations.putAsset)) { _ in } }
        #expect(!tally.failedOperations.contains(VersionRestorer.comparison))
        tally.fail(failure(VersionRestorer.comparison)) { _ in }
        #expect(tally.report.failures.count == RunReport.maximumFailures)
        let disagrees = tally.failedOperations.contains(VersionRestorer.comparison)
        #expect(RestoreReport(run: tally.report, findings: RestoreFindings(), disagrees: disagrees).exit.rawValue == 6)
        #expect(RestoreReport(run: tally.report, findings: RestoreFindings()).exit.rawValue == 3)
    }
}
