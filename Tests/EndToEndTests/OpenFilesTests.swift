import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A process that may open few files copies everything, however much it is asked to do at once.
@Suite struct OpenFilesTests {
    @Test(
        arguments: [(64, "512"), (256, "auto"), (256, "512"), (1024, "512"), (1024, "auto")],
        ["a bucket", "a directory"]
    )
    func `a wide run under a low limit`(limits: (files: Int, width: String), kind: String) async throws {
        var configuration = LocalCodeArtifact.Configuration()
        // So long that everything that may be open at once is.
        configuration.latency = .milliseconds(100)
        try await LocalCodeArtifact.with(configuration) { [configuration] server in
            var storage = LocalS3Configuration(beside: configuration)
            storage.latency = configuration.latency
            try await LocalS3.with(storage) { store in
                // At the highest limit, more assets than it allows at once.
                let count = limits.files > 256 ? 200 : 100
                for number in 0..<count {
                    let name = "lib-\(number)-1.0"
                    let bytes = [UInt8](repeating: 7, count: 100)
                    server.publish(
                        try version("com.acme:lib-\(number):1.0"),
                        assets: ["\(name).jar": bytes, "\(name).pom": bytes, "\(name)-sources.jar": bytes]
                    )
                }
                try await withScratchDirectory { directory in
                    let place = kind == "a bucket" ? BackupPlace.bucket(store, prefix: "b") : .directory(directory)
                    let rates = ["list-packages", "list-package-versions", "list-package-version-assets", "reads"]
                    let finished = try await run(
                        "bash",
                        ["-c", "ulimit -n \(limits.files); exec \"$0\" \"$@\"", Programs.reconcile, "run"]
                            + ["--report", "-"]
                            + ["--width", limits.width, "--max-attempts", "1"]
                            + rates.flatMap { ["--rate-\($0)", "100000"] } + server.arguments(to: place.url),
                        environment: server.environment.merging(place.environment) { $1 },
                        seconds: 120
                    )
                    #expect(finished.status == 0, "\(finished.errors.suffix(2000))")
                    let report = try JSONDecoder().decode(RunReport.self, from: Data(finished.output.utf8))
                    #expect(report.assets.copied == 3 * count && report.versions.copied == count)
                }
            }
        }
    }
}
