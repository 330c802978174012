import FoundationEssentials
import LocalServices
import ReconcileCore
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// What a run takes where there is very much: memory that depends on neither the size of an asset nor, beyond the
/// index, on the number of versions.
@Suite(.enabled(if: Programs.areReal), .serialized) struct ScaleTests {
    /// Bytes that no run here may have resident at any time.
    private static let memoryLimit = 64 << 20
    private static let assetSize: Int64 = 2 << 30

    @Test func `an asset of two GiB goes to S3 in less than 64 MiB`() async throws {
        try await withLargeAsset { domain in
            var s3 = LocalS3Configuration()
            s3.region = domain.configuration.region
            s3.credentials = domain.configuration.credentials
            s3.keptBytes = 1 << 20
            try await LocalS3.with(s3) { store in
                expectWhole(
                    try await domain.reconcileMeasured(
                        to: "s3://backup",
                        environment: ["AWS_ENDPOINT_URL_S3": store.endpoint]
                    )
                )
                // LocalS3 has compared the bytes with the signed hash and with the checksum: two assets, three of
                // metadata, the manifest, the configuration, the report.
                #expect(store.requests["s3.PutObject"] == 8)
            }
        }
    }

    @Test func `an asset of two GiB goes to a directory in less than 64 MiB`() async throws {
        try await withScratchDirectory { directory in
            try await withLargeAsset { domain in
                expectWhole(try await domain.reconcileMeasured(to: "file://\(directory)"))
                let jar = "artifact-000000/1.0.0/artifact-000000-1.0.0.jar"
                let path = "\(directory)/my-domain/maven/releases/com/example/group0/\(jar)"
                let file = try FileDescriptor.open(FilePath(path), .readOnly)
                defer { try? file.close() }
                let size = try file.seek(offset: 0, from: .end)
                #expect(size == Self.assetSize)
            }
        }
    }

    /// As it is released: a debug build needs minutes for what takes seconds, and holds more.
    @Test func `a run and a drift report that find a million versions in sync make no needless request, in 96 MiB`()
        async throws
    {
        let listings = [
            "codeartifact.ListRepositoriesInDomain": 1,
            "codeartifact.ListPackages": 10,
            "codeartifact.ListPackageVersions": 10_000,
            "s3.ListObjectsV2": 1_000,
        ]
        // Of one repository and the root package group.
        let configuration = [
            "codeartifact.DescribeDomain": 1, "codeartifact.GetDomainPermissionsPolicy": 1,
            "codeartifact.DescribeRepository": 1, "codeartifact.GetRepositoryPermissionsPolicy": 1,
            "codeartifact.ListPackageGroups": 1, "codeartifact.ListTagsForResource": 3,
        ]
        try await withSandbox(["--synthetic", "packages=10000,versions=100", "--s3-port", "0", "--in-sync"]) { found in
            func measured(_ subcommand: String) async throws -> MeasuredRun {
                let measured = try await runMeasured(
                    Programs.release("reconcile"),
                    [subcommand, "--domain", "my-domain", "--domain-owner", "111122223333", "--backup", "s3://backup"]
                        + ["--report", "-", "--rate-list-package-versions", "100000", "--rate-reads", "100000"],
                    environment: found
                )
                #expect(measured.finished.status == 0, "\(measured.finished.errors)")
                // 62 to 69 MiB alone; 82 were seen beside other tests, where answers wait longer to be taken in.
                #expect(measured.peakMemory < Self.memoryLimit + (32 << 20))
                return measured
            }
            let run = try await measured("run")
            let report = try JSONDecoder().decode(RunReport.self, from: Data(run.finished.output.utf8))
            #expect(report.versions.inSync == 1_000_000)
            var requests = report.requests
            // In parts, at most one list more for each thousand packages, and three; two look for a checkpoint, one for
            // reports, as there is none, and one for records of the configuration.
            #expect((1_004...1_017).contains(requests["s3.ListObjectsV2", default: 0]), "\(requests)")
            requests["s3.ListObjectsV2"] = 1_000
            // The report, the first checkpoint and the first record of the configuration, which is read back.
            let own = ["s3.GetBucketVersioning": 1, "s3.PutObject": 3, "s3.GetObject": 1]
            #expect(requests == listings.merging(own) { $1 }.merging(configuration) { $1 })
            #expect(report.checkpoint?.records == 1_000_000)
            let drift = try await measured("drift")
            let document = try JSONDecoder().decode(DriftDocument.self, from: Data(drift.finished.output.utf8))
            // The record of the configuration is listed and read.
            let compared = ["s3.GetBucketVersioning": 1, "s3.ListObjectsV2": 1_001, "s3.GetObject": 1]
            #expect(document.requests == listings.merging(configuration) { $1 }.merging(compared) { $1 })
        }
    }

    private func withLargeAsset(_ body: @Sendable (LocalCodeArtifact) async throws -> Void) async throws {
        let recipe = SyntheticRecipe(packages: 1, versions: 1, size: Self.assetSize...Self.assetSize)
        var configuration = LocalCodeArtifact.Configuration()
        configuration.repositories = [.init("releases", synthetic: recipe)]
        try await LocalCodeArtifact.with(configuration, body)
    }

    private func expectWhole(_ run: MeasuredRun) {
        let report = try? JSONDecoder().decode(RunReport.self, from: Data(run.finished.output.utf8))
        #expect(run.finished.status == 0, "\(run.finished.errors)")
        #expect(report?.assets.copied == 2)
        #expect((report?.bytes.copied ?? 0) > Self.assetSize)
        #expect(run.peakMemory < Self.memoryLimit)
    }

    /// Starts the sandbox, and gives `body` the environment that finds it.
    private func withSandbox(
        _ arguments: [String],
        _ body: @escaping @Sendable (_ environment: [String: String]) async throws -> Void
    ) async throws {
        struct Ready: Decodable {
            let environment: [String: String]
        }
        try await withTimeout(600) {
            _ = try await Subprocess.run(
                .path(FilePath(Programs.built("sandbox"))),
                arguments: Arguments(arguments),
                input: .none,
                output: .sequence,
                error: .discarded
            ) { execution in
                defer { try? execution.send(signal: .terminate) }
                var line = ""
                for try await text in execution.standardOutput.strings() {
                    line = text
                    break
                }
                try await body(JSONDecoder().decode(Ready.self, from: Data(line.utf8)).environment)
            }
        }
    }
}

/// A program that has ended, and the most bytes that it had resident.
struct MeasuredRun: Sendable {
    let finished: Finished
    let peakMemory: Int
}

/// Runs a program to its end as `run` does, and measures it (`ru_maxrss` of wait4, which other children have no part in).
func runMeasured(
    _ program: String,
    _ arguments: [String],
    environment: [String: String],
    seconds: Double = 300
) async throws -> MeasuredRun {
    let script = """
        import os, sys
        child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
        _, status, usage = os.wait4(child, 0)
        open(sys.argv[1], "w").write(str(usage.ru_maxrss))
        sys.exit(os.waitstatus_to_exitcode(status) & 255)
        """
    return try await withScratchDirectory { directory in
        let finished = try await run(
            "python3",
            ["-c", script, "\(directory)/peak", program] + arguments,
            environment: environment,
            seconds: seconds
        )
        let peak = try String(contentsOf: URL(filePath: "\(directory)/peak"), encoding: .utf8)
        let kibibytes = try #require(Int(peak))
        return MeasuredRun(finished: finished, peakMemory: kibibytes << 10)
    }
}

extension LocalCodeArtifact {
    fileprivate func reconcileMeasured(
        to backup: String,
        _ arguments: [String] = [],
        environment more: [String: String] = [:]
    ) async throws -> MeasuredRun {
        try await runMeasured(
            Programs.reconcile,
            self.arguments(to: backup) + ["--report", "-"] + arguments,
            environment: environment.merging(more) { $1 }
        )
    }
}

extension Programs {
    /// A program that `swift build -c release` has made.
    fileprivate static func release(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: ".build/release/\(name)").path
    }
}
