import FoundationEssentials
import ReconcileCore
import TestSupport
import Testing

@Suite struct RunReportTests {
    @Test func `a failure says that it needs a repair only if it does, and reads back as it was written`() throws {
        var failure = ItemFailure(RemoteFailure(.conflict, operation: .copy, target: "a", message: "holds other bytes"))
        for needsRepair in [false, true] {
            failure.needsRepair = needsRepair
            let row = RunReport.Failure(failure)
            let bytes = try JSONEncoder().encode(row)
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.contains(#""needsRepair":true"#) == needsRepair)
            #expect(text.contains("needsRepair") == needsRepair)
            #expect(try JSONDecoder().decode(RunReport.Failure.self, from: bytes) == row)
        }
    }

    @Test func `the report of a run is literally this`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "abc"])
        rehearsal.source.publish(version("2.0"), ["a.jar": "abc"])
        rehearsal.source.setFault(.wrongHash, on: "a.jar", in: version("2.0"))
        var options = Reconciler.Options()
        options.width = 1
        let report = await rehearsal.run(options)
        let zeros = String(repeating: "0", count: 64)
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(
            String(decoding: try report.document(), as: UTF8.self) == """
                {
                  "assets" : {
                    "adopted" : 0,
                    "copied" : 1,
                    "failed" : 1
                  },
                  "backup" : "memory://backup",
                  "bytes" : {
                    "copied" : 3
                  },
                  "concurrency" : {
                    "most" : 1,
                    "waitedSeconds" : {
                      "bytes" : 0,
                      "quotas" : 0,
                      "width" : 0
                    }
                  },
                  "domain" : "acme",
                  "failures" : [
                    {
                      "asset" : "a.jar",
                      "kind" : "corrupt",
                      "message" : "s3.PutObject acme/maven/releases/com/acme/app/2.0/a.jar: 3 bytes with SHA-256 \(sha256) are not the 3 bytes with SHA-256 \(zeros) listed (corrupt)",
                      "namespace" : "com.acme",
                      "package" : "app",
                      "repository" : "releases",
                      "version" : "2.0"
                    }
                  ],
                  "finishedAt" : "2026-11-22T08:36:12Z",
                  "format" : 1,
                  "outcome" : "partial",
                  "packages" : 1,
                  "recorded" : {
                    "repositories" : {
                      "releases" : 1
                    },
                    "versions" : 1
                  },
                  "repositories" : 1,
                  "requests" : {
                    "codeartifact.DescribePackageVersion" : 2,
                    "codeartifact.ListPackageVersionAssets" : 2,
                    "codeartifact.ListPackageVersions" : 1,
                    "codeartifact.ListPackages" : 1,
                    "codeartifact.ListRepositoriesInDomain" : 1,
                    "maven.GetAsset" : 2,
                    "maven.GetMetadata" : 1,
                    "s3.GetBucketVersioning" : 1,
                    "s3.GetObject" : 4,
                    "s3.ListObjectsV2" : 7,
                    "s3.PutObject" : 6
                  },
                  "retries" : 0,
                  "rpo" : {
                    "oldestUnprotectedSeconds" : 95336571
                  },
                  "runID" : "run-1",
                  "scope" : {
                    "exclude" : [

                    ],
                    "packages" : [

                    ],
                    "repositories" : [

                    ]
                  },
                  "shard" : "0/1",
                  "startedAt" : "2026-11-22T08:36:12Z",
                  "throttled" : 0,
                  "versions" : {
                    "copied" : 1,
                    "deleted" : 0,
                    "failed" : 1,
                    "inSync" : 0,
                    "left" : 0,
                    "listed" : 2,
                    "missing" : 2,
                    "mutated" : 0,
                    "orphaned" : 0,
                    "pending" : 0,
                    "skipped" : 0,
                    "stale" : 0,
                    "unavailable" : 0,
                    "unrecorded" : 0
                  },
                  "warnings" : [

                  ]
                }

                """
        )
    }

    @Test func `members that say nothing are null, not absent`() throws {
        var report = RunReport(runID: "r", domain: "acme", shard: .whole, startedAt: time("2026-11-22T08:36:12Z"))
        let failure = RemoteFailure(.denied, operation: .work("o"), target: "t", message: "m")
        report.failures = [RunReport.Failure(ItemFailure(failure))]
        let text = String(decoding: try report.document(), as: UTF8.self)
        #expect(text.contains(#""oldestUnprotectedSeconds" : null"#))
        for member in ["asset", "namespace", "package", "repository", "version"] {
            #expect(text.contains("\"\(member)\" : null"))
        }
        #expect(!text.contains(#""message" : null"#))
    }

    @Test func `a report comes back`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        let report = await rehearsal.run()
        #expect(try JSONDecoder().decode(RunReport.self, from: Data(try report.document())) == report)
    }

    @Test func `a report is stored under its day, once`() async throws {
        let store = InMemoryStore()
        let startedAt = time("2026-11-22T08:36:12Z")
        let report = RunReport(runID: "run-1", domain: "acme", shard: .whole, startedAt: startedAt)
        for _ in 0..<2 {
            try await report.store(in: store, layout: BackupLayout(domain: "acme"), startedAt: startedAt)
        }
        #expect(store.keys == ["acme/runs/2026-11-22/run-1.json"])
        #expect(store.writes.count == 1)
        // What is there already is read.
        #expect(store.conduct.counts == ["s3.PutObject": 2, "s3.GetObject": 1])
    }
}
