import AWSServices
import ReconcileApp
import ReconcileCore
import Testing

@Suite struct SummaryTests {
    private var partial: RunReport {
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
        report.assets.failed = 2
        report.bytes.copied = 2_048
        report.requests = ["s3.PutObject": 12, "codeartifact.ListPackages": 1]
        report.retries = 2
        report.concurrency = .init(most: 64, waited: [.quotas: .seconds(2), .width: .milliseconds(400)])
        return report
    }

    @Test func `the summary names what happened and leaves out what did not`() {
        #expect(
            RunSummary(partial, elapsed: .seconds(3)).lines == [
                "partial: 5 versions in 2 packages of 1 repository, 3s",
                "  in sync 1  missing 4  copied 3  failed 1",
                "  assets copied 6 (2.0 KiB)  failed 2",
                "  retried 2",
                "  at most 64 assets at once; waited for quotas 2s",
            ]
        )
    }

    @Test func `the requests are counted where more is asked for`() {
        let lines = RunSummary(partial, elapsed: .seconds(3), isVerbose: true).lines
        #expect(
            lines.dropFirst(3).prefix(3) == [
                "  requests 1 CodeArtifact, 12 S3: under $0.01 (list prices of 2026-11-22)",
                "    codeartifact.ListPackages  1", "    s3.PutObject               12",
            ]
        )
    }

    @Test func `what the requests cost is one line, and downloads of assets cost nothing`() {
        let requests = [
            "codeartifact.ListPackages": 3_000, "maven.GetAsset": 5_000, "assets.GetObject": 4_900,
            "s3.PutObject": 10_000,
            "s3.GetObject": 10_000, "kms.Sign": 2,
        ]
        let cost = RequestCost(of: requests)
        // 8,000 at $0.05 for 10,000, 10,000 at $0.005 and 10,000 at $0.0004 for 1,000, two signatures.
        #expect(abs(cost.dollars - (0.04 + 0.05 + 0.004 + 0.00003)) < 1e-9)
        #expect(
            cost.words
                == "4900 assets, 8000 CodeArtifact, 2 KMS, 20000 S3: about $0.09 (list prices of 2026-11-22)"
        )
        #expect(RequestCost(of: ["directory.write": 3]).words == "3 directory: no charge (list prices of 2026-11-22)")
        #expect(RequestCost(of: [:]).words == nil)
        let lines = RunSummary(partial, elapsed: .seconds(3), tellsCost: true).lines
        #expect(lines.contains("  requests 1 CodeArtifact, 12 S3: under $0.01 (list prices of 2026-11-22)"))
        #expect(!lines.contains("    s3.PutObject               12"))
    }

    @Test func `an operation has the price in a report that it has before it is sent`() {
        let ofDomain = Purpose.allCases.flatMap(\.domainUses).flatMap(\.operations)
        let others = S3Operations.all + S3BucketOperations.all + KMSOperations.all + [AssetStoreOperations.get]
        for operation in ofDomain + others {
            #expect(AWSPrices.dollars(of: "\(operation)") == operation.dollars, "\(operation)")
        }
    }

    @Test func `the summary of a run that was stopped begins with how far it came`() {
        var report = RunReport(runID: "r", domain: "d", shard: .whole, startedAt: Timestamp(seconds: 0))
        report.outcome = .deadline
        report.message = "interrupted (signal) after 209 of 600 packages; completed work is kept"
        #expect(
            RunSummary(report, elapsed: .seconds(3)).lines == [
                "interrupted (signal) after 209 of 600 packages; completed work is kept",
                "  seen 0 versions in 0 packages of 0 repositories, 3s",
            ]
        )
    }

    @Test func `equal failures are shown once with their number and the first places`() {
        var report = partial
        for number in 1...5 {
            let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app")
            let version = VersionCoordinates(package: package, version: "\(number)")
            let failure = RemoteFailure(
                .denied,
                operation: .copy,
                target: "\(version)",
                message: "refused for request A\(number)"
            )
            report.failures.append(RunReport.Failure(ItemFailure(failure, version: version)))
        }
        let lines = FailureLines(report.failures, of: 7).lines { [String(repeating: " ", count: $1) + $0] }
        #expect(
            lines == [
                "  5 times copy: refused for request … (denied)", "    releases/com.acme:app:1",
                "    releases/com.acme:app:2", "    releases/com.acme:app:3", "    and 2 more",
                "  and 2 more; the report names them",
            ]
        )
    }
}
