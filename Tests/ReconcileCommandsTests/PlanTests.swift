import ReconcileApp
import ReconcileCommands
import ReconcileCore
import Testing

@Suite struct PlanTests {
    private func plan(assets: Int) -> RunPlan {
        var report = RunReport(runID: "plan", domain: "d", shard: .whole, startedAt: Timestamp(seconds: 0))
        report.versions.listed = 6_000
        report.versions.missing = 4_000
        report.versions.orphaned = 7
        report.requests = [
            "codeartifact.ListPackageVersions": 1_000, "codeartifact.ListPackageVersionAssets": 24_000,
            "s3.ListObjectsV2": 10,
        ]
        let writes = DryRunStore.Writes(assets: assets, bytes: Int64(assets) * 1_024, documents: 4_000)
        return RunPlan(report: report, writes: writes, isBucket: true)
    }

    @Test func `a plan counts what a run would send on top of what it sent itself`() {
        #expect(
            plan(assets: 8_000).requests == [
                "codeartifact.ListPackageVersions": 1_000, "codeartifact.ListPackageVersionAssets": 24_000,
                "s3.ListObjectsV2": 10, "s3.PutObject": 12_001, "maven.GetAsset": 8_000,
                "codeartifact.GetAuthorizationToken": 1,
            ]
        )
    }

    @Test func `without assets no token and no GET is counted`() {
        let requests = plan(assets: 0).requests
        #expect(requests["maven.GetAsset"] == nil)
        #expect(requests["codeartifact.GetAuthorizationToken"] == nil)
        #expect(requests["s3.PutObject"] == 4_001)
    }

    @Test func `the least time is the slowest quota's`() {
        // 24,000 asset listings at 200 a second take longer than 33,001 reads at 800.
        #expect(plan(assets: 8_000).minimumMinutes == 2)
    }

    @Test func `requests are priced by the table`() {
        #expect(PriceTable.dollars(for: ["codeartifact.ListPackages": 10_000]).isNear(0.05))
        #expect(PriceTable.dollars(for: ["maven.GetAsset": 10_000]).isNear(0.05))
        #expect(PriceTable.dollars(for: ["s3.PutObject": 1_000]).isNear(0.005))
        #expect(PriceTable.dollars(for: ["s3.GetObject": 1_000]).isNear(0.0004))
        #expect(PriceTable.dollars(for: ["directory.Write": 1_000]) == 0)
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
