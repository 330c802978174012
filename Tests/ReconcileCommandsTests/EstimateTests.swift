import AWSServices
import DirectoryAdapter
import Foundation
import ReconcileApp
import Testing

@testable import ReconcileCommands
@testable import ReconcileCore

@Suite struct EstimateTests {
    private let store = StoreOperations(
        list: S3Operations.list,
        inspect: S3Operations.head,
        read: S3Operations.get,
        write: S3Operations.put
    )

    private func plan(assets: Int, configuration: [ServiceOperation: Int] = [:]) -> RunEstimate {
        var report = RunReport(runID: "plan", domain: "d", shard: .whole, startedAt: Timestamp(seconds: 0))
        report.versions.listed = 6_000
        report.versions.missing = 4_000
        report.versions.orphaned = 7
        let sent = [
            CodeArtifactOperations.listVersions: 1_000, CodeArtifactOperations.listAssets: 24_000,
            S3Operations.list: 10,
        ]
        let writes = DryRunStore.Writes(assets: assets, bytes: Int64(assets) * 1_024, documents: 4_000)
        var planned = PlannedCopies(keepsAll: false)
        for number in (1...25).reversed() { planned.insert(summary(number)) }
        return RunEstimate(
            report: report,
            planned: planned.sorted(),
            sent: sent,
            writes: writes,
            store: store,
            configuration: configuration
        )
    }

    private func summary(_ number: Int) -> CopySummary {
        let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app")
        let manifest = Manifest(
            coordinates: VersionCoordinates(package: package, version: "1.\(number < 10 ? "0" : "")\(number)"),
            revision: "r",
            status: .published,
            properties: VersionProperties(origin: .unknown),
            recordedAt: Timestamp(seconds: 0),
            recordedBy: Manifest.Recorder(door: "plan", version: "test"),
            assets: []
        )
        return CopySummary(manifest: manifest, copied: 0, adopted: 0, bytes: 7)
    }

    @Test func `a plan counts what a run would send on top of what it sent itself`() {
        #expect(
            plan(assets: 8_000).requests.byName == [
                "codeartifact.ListPackageVersions": 1_000, "codeartifact.ListPackageVersionAssets": 24_000,
                "s3.ListObjectsV2": 10, "s3.PutObject": 12_001, "maven.GetAsset": 8_000,
                "codeartifact.GetAuthorizationToken": 1,
            ]
        )
    }

    @Test func `a plan of nothing but deletions to record is drift, and one of nothing is none`() {
        func exit(_ change: (inout RunReport.Versions) -> Void) -> ReconcileCore.ExitStatus {
            var report = RunReport(runID: "plan", domain: "d", shard: .whole, startedAt: Timestamp(seconds: 0))
            change(&report.versions)
            return RunEstimate(
                report: report,
                planned: PlannedCopies(keepsAll: false),
                sent: [:],
                writes: DryRunStore.Writes(assets: 0, bytes: 0, documents: 0),
                store: store
            ).exit
        }
        #expect(exit { $0.listed = 3 } == .converged)
        #expect(exit { $0.deleted = 1 } == .drift)
        #expect(exit { $0.stale = 1 } == .drift)
    }

    @Test func `a plan counts the reading of the configuration, in this run and in each that follows`() {
        let reading = CodeArtifactOperations.readingConfiguration(repositories: 2, groups: 1)
        let plan = plan(assets: 0, configuration: reading)
        let asked = [
            "codeartifact.DescribeDomain": 1, "codeartifact.GetDomainPermissionsPolicy": 1,
            "codeartifact.DescribeRepository": 2, "codeartifact.GetRepositoryPermissionsPolicy": 2,
            "codeartifact.ListPackageGroups": 1, "codeartifact.ListTagsForResource": 4,
        ]
        #expect(plan.idle.byName.filter { asked.keys.contains($0.key) } == asked)
        #expect(plan.requests.byName.filter { asked.keys.contains($0.key) } == asked)
        #expect(plan.idle.byName["s3.ListObjectsV2"] == 9 && plan.requests.byName["s3.ListObjectsV2"] == 10)
    }

    @Test func `without assets no token and no GET is counted`() {
        let requests = plan(assets: 0).requests.byName
        #expect(requests["maven.GetAsset"] == nil)
        #expect(requests["codeartifact.GetAuthorizationToken"] == nil)
        #expect(requests["s3.PutObject"] == 4_001)
    }

    @Test func `the least time is the slowest quota's`() {
        // 24,000 asset listings at 200 a second take longer than 33,001 reads at 800.
        #expect(plan(assets: 8_000).requests.minimumMinutes == 2)
    }

    @Test func `requests are priced by their operations`() {
        #expect([CodeArtifactOperations.listPackages: 10_000].dollars.isNear(0.05))
        #expect([MavenOperations.getAsset: 10_000].dollars.isNear(0.05))
        #expect([S3Operations.put: 1_000].dollars.isNear(0.005))
        #expect([S3Operations.get: 1_000].dollars.isNear(0.0004))
        #expect([DirectoryOperations.write: 1_000].dollars == 0)
    }

    @Test func `a restore counts what it would send to the domain, and keeps to every quota`() {
        let report = RunReport(runID: "plan", domain: "d", shard: .whole, startedAt: Timestamp(seconds: 0))
        var findings = RestoreFindings()
        findings.writes.assets = 600
        let restore = RestoreReport(run: report, findings: findings)
        let sent = [CodeArtifactOperations.listVersions: 24_000, S3Operations.list: 10]
        let plan = RestoreEstimate(restore, sent: sent)
        #expect(plan.requests.byName == ["codeartifact.ListPackageVersions": 24_000, "maven.PutAsset": 600])
        // 24,000 version listings at 200 a second take longer than as many reads at 800 or 600 writes at 100.
        #expect(plan.requests.minimumMinutes == 2)
        #expect(plan.lines(width: 80).suffix(2) == ["", "at least 2.0 minutes at 100 writes a second"])
        let limits: [RateClass: Double] = [.accountWrites: 0.5]
        let slow = RestoreEstimate(restore, sent: sent, limits: limits)
        #expect(slow.lines(width: 80).suffix(2) == ["", "at least 20.0 minutes at 0.5 writes a second"])
        #expect(slow.document.minutes == 20)
        let lines = slow.lines(width: 80)
        #expect(zip(lines, lines.dropFirst()).allSatisfy { !$0.isEmpty || !$1.isEmpty })
    }

    @Test func `a preview of a restore says what each version becomes`() throws {
        let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app")
        func planned(_ name: String, _ status: VersionStatus, gone: VersionStatus? = nil) -> PlannedVersion {
            let version = VersionCoordinates(package: package, version: name)
            let record = gone.map {
                ManifestRecord(
                    coordinates: version,
                    recordedAt: Timestamp(seconds: 1_795_336_572),
                    revision: nil,
                    status: $0
                )
            }
            return PlannedVersion(version: version, isMissing: true, status: status, gone: record)
        }
        var findings = RestoreFindings()
        findings.writes.versions = 3
        findings.planned = [
            planned("1.0", .published), planned("1.1", .unlisted), planned("1.2", .published, gone: .deleted),
        ]
        let report = RunReport(runID: "plan", domain: "d", shard: .whole, startedAt: Timestamp(seconds: 0))
        let plan = RestoreEstimate(RestoreReport(run: report, findings: findings), sent: [:])
        let lines = plan.lines(width: 80)
        #expect(lines.contains("  releases/com.acme:app:1.0  missing"))
        #expect(lines.contains("  releases/com.acme:app:1.1  missing; comes back Unlisted"))
        #expect(
            lines.contains("  releases/com.acme:app:1.2  missing; deleted 2026-11-22T08:36:12Z, comes back Published")
        )
        let json = try OutputWriter.json(plan)
        #expect(json.contains(#""exit" : 4"#) && json.contains(#""outcome" : "converged""#))
        #expect(json.contains(#""restoredStatus" : "Unlisted""#) && json.contains(#""status" : "Deleted""#))
    }

    @Test func `a rehearsal that failed says why, once, and nothing of what a restore would do`() {
        var report = RunReport(runID: "plan", domain: "d", shard: .whole, startedAt: Timestamp(seconds: 0))
        report.outcome = .failed
        report.message = "no such repository"
        let failure = RemoteFailure(
            .absent,
            operation: CodeArtifactOperations.listRepositories,
            target: "d",
            message: "no such repository"
        )
        report.failures = [RunReport.Failure(ItemFailure(failure))]
        let plan = RestoreEstimate(RestoreReport(run: report, findings: RestoreFindings()), sent: [:])
        #expect(
            plan.lines(width: 80) == ["failed: no such repository", "nothing can be said of what a restore would do"]
        )
    }

    @Test func `a plan that failed estimates nothing`() {
        var report = RunReport(runID: "plan", domain: "d", shard: .whole, startedAt: Timestamp(seconds: 0))
        report.outcome = .failed
        report.message = "no such domain"
        let plan = RunEstimate(
            report: report,
            planned: PlannedCopies(keepsAll: false),
            sent: [:],
            writes: DryRunStore.Writes(),
            store: StoreOperations(
                list: S3Operations.list,
                inspect: S3Operations.head,
                read: S3Operations.get,
                write: S3Operations.put
            )
        )
        #expect(plan.lines(width: 80) == ["failed: no such domain", "nothing can be said of what a run would do"])
    }

    @Test func `the plan names the first versions, and gives calls, time and dollars now and later`() {
        let named = (1...20).map { "  releases/com.acme:app:1.\($0 < 10 ? "0" : "")\($0)  Published, 0 assets" }
        #expect(
            plan(assets: 8_000).lines(width: 80) == [
                "a run would copy 4000 versions (4000 missing, 0 stale) of 6000 listed, 8000 assets, 7.8 MiB"
            ] + named + [
                "  and 5 more: --output json names all",
                "orphaned in the backup: 7",
                "",
                "requests",
                "  codeartifact.GetAuthorizationToken     1",
                "  codeartifact.ListPackageVersionAssets  24000",
                "  codeartifact.ListPackageVersions       1000",
                "  maven.GetAsset                         8000",
                "  s3.ListObjectsV2                       10",
                "  s3.PutObject                           12001",
                "",
                "at least 2.0 minutes at the service's default quotas",
                "$0.23 for these requests",
                "under $0.01 a month to store what it would copy (S3 Standard)",
                // 1,000 lists of versions, 8 lists and 2 PUTs at $0.000005, a GET at $0.0000004.
                "then, with nothing to do: 1011 requests a run, under a minute; a month daily $0.15, hourly $3.69",
                "at the list prices of 2026-11-22, us-east-1",
            ]
        )
    }

    @Test func `a plan's document has the account of the run, and of those that follow`() throws {
        let text = try OutputWriter.json(plan(assets: 8_000))
        let document = try #require(
            JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        )
        #expect(
            document.keys.sorted() == [
                "assets", "bytes", "dollarsAMonthDaily", "dollarsAMonthHourly", "exit", "format", "idle", "message",
                "otherPackages", "outcome", "planned", "prices", "run", "storageDollarsAMonth", "versions", "warnings",
            ]
        )
        #expect((document["run"] as? [String: Any])?.keys.sorted() == ["count", "dollars", "minutes"])
        #expect(document["format"] as? Int == 1)
        #expect(document["message"] is NSNull && document["otherPackages"] is NSNull)
        #expect((document["planned"] as? [[String: Any]])?.count == 25)
    }

    @Test func `a document names every version`() throws {
        var all = PlannedCopies(keepsAll: true)
        let summaries = try #require(plan(assets: 0).planned.versions.first)
        #expect(summaries.bytes == 7)
        #expect(plan(assets: 0).planned.count == 25)
        for number in 0..<2_000 { all.insert(summary(number)) }
        #expect(
            all.sorted().versions.map(\.version) == (0..<2_000).map { "\(summary($0).manifest.coordinates)" }.sorted()
        )
        var some = PlannedCopies(keepsAll: false)
        for number in (0..<2_000).reversed() { some.insert(summary(number)) }
        #expect(some.sorted().versions.prefix(20) == all.sorted().versions.prefix(20))
        #expect(some.count == 2_000)
        #expect(some.versions.count < 1_100)
    }

    @Test(
        arguments: [
            (0, "nothing"), (0.004, "under $0.01"), (0.01, "$0.01"), (0.255, "$0.26"), (1.005, "$1.00"),
            (99.4, "$99.40"),
            (180.2, "$180"),
        ] as [(Double, String)]
    )
    func `an amount is as exact as it is worth`(amount: Double, text: String) {
        #expect("\(Dollars(amount))" == text)
    }

    @Test(
        arguments: [
            (0, "under a minute"), (0.99, "under a minute"), (1, "at least 1.0 minutes"),
            (119.94, "at least 119.9 minutes"),
            (150, "at least 2.5 hours"), (13_104, "at least 9.1 days"),
        ] as [(Double, String)]
    )
    func `a least time is in the unit that fits`(minutes: Double, text: String) {
        #expect("\(LeastTime(minutes: minutes))" == text)
    }
}

extension Double {
    fileprivate func isNear(_ other: Double) -> Bool { abs(self - other) < 1e-12 }
}
