import AWSServices
import DirectoryAdapter
import ReconcileApp
import ReconcileCommands
import ReconcileCore
import Testing

@Suite struct EstimateTests {
    private func plan(assets: Int) -> RunEstimate {
        var report = RunReport(runID: "plan", domain: "d", shard: .whole, startedAt: Timestamp(seconds: 0))
        report.versions.listed = 6_000
        report.versions.missing = 4_000
        report.versions.orphaned = 7
        let sent = [
            CodeArtifactOperations.listVersions: 1_000, CodeArtifactOperations.listAssets: 24_000,
            S3Operations.list: 10,
        ]
        let writes = DryRunStore.Writes(assets: assets, bytes: Int64(assets) * 1_024, documents: 4_000)
        let store = StoreOperations(
            list: S3Operations.list,
            inspect: S3Operations.head,
            read: S3Operations.get,
            write: S3Operations.put
        )
        return RunEstimate(report: report, sent: sent, writes: writes, store: store)
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

    @Test func `without assets no token and no GET is counted`() {
        let requests = plan(assets: 0).requests.byName
        #expect(requests["maven.GetAsset"] == nil)
        #expect(requests["codeartifact.GetAuthorizationToken"] == nil)
        #expect(requests["s3.PutObject"] == 4_001)
    }

    @Test func `the least time is the slowest quota's`() {
        // 24,000 asset listings at 200 a second take longer than 33,001 reads at 800.
        #expect(plan(assets: 8_000).minimumMinutes == 2)
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
        #expect(plan.minimumMinutes == 2)
    }

    @Test func `the plan is printed with calls, minutes and dollars`() {
        #expect(
            plan(assets: 8_000).lines == [
                "a run would copy 4000 versions (4000 missing, 0 stale) of 6000 listed, 8000 assets, 7.8 MiB",
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
                "about $0.23 for these requests (list prices of 2026-11-22, us-east-1)",
            ]
        )
    }
}

extension Double {
    fileprivate func isNear(_ other: Double) -> Bool { abs(self - other) < 1e-12 }
}
