import Cryptography
import FoundationEssentials
import LocalServices
import ReconcileCore
import Subprocess
import TestSupport
import Testing

/// The main job on real parts: Debian's Java packages, a production S3 server, the aws CLI and mvn.
@Suite(.serialized, .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"))
struct RealArtifactTests {
    private static let artifacts = "/usr/share/maven-repo"

    /// A domain with the machine's Maven artifacts in the repository `debian`, and an empty bucket.
    private func withParts(
        _ body: @escaping @Sendable (LocalCodeArtifact, SeaweedFS, _ scratch: String) async throws -> Void
    ) async throws {
        try await withTimeout(900) {
            try await withScratchDirectory { scratch in
                try await SeaweedFS.with { store in
                    var configuration = LocalCodeArtifact.Configuration(
                        repositories: [.init("debian", imports: [Self.artifacts])]
                    )
                    configuration.domain = "real"
                    configuration.credentials = [store.credentials]
                    try await LocalCodeArtifact.with(configuration) { server in
                        try await body(server, store, scratch)
                    }
                }
            }
        }
    }

    private func reconcile(
        _ server: LocalCodeArtifact,
        _ store: SeaweedFS,
        _ arguments: [String] = [],
        environment: [String: String] = [:]
    ) async throws -> Reconciled {
        server.resetRequests()
        return try await server.reconcile(
            to: "s3://\(store.bucket)",
            arguments,
            environment: environment.merging(["AWS_ENDPOINT_URL_S3": store.endpoint]) { $1 },
            seconds: 600
        )
    }

    private func aws(_ store: SeaweedFS, _ arguments: [String]) async throws -> Finished {
        try await run(
            "aws",
            arguments + ["--endpoint-url", store.endpoint],
            environment: [
                "AWS_ACCESS_KEY_ID": store.credentials.accessKeyID,
                "AWS_SECRET_ACCESS_KEY": store.credentials.secretAccessKey,
                "AWS_REGION": store.region, "AWS_MAX_CONCURRENT_REQUESTS": "20",
            ],
            seconds: 600
        )
    }

    @Test func `a thousand real artifacts arrive whole, stay in sync, and follow changes exactly`() async throws {
        try await withParts { server, store, scratch in
            let bucket = store.bucket
            // The first run copies everything.
            let first = try await reconcile(server, store)
            #expect(first.status == 0, "\(first.errors.suffix(2_000))")
            let report = try #require(first.report)
            #expect(report.outcome == .converged)
            let source = try imported()
            #expect(report.assets.copied == source.count)
            #expect(source.count > 1_000)
            #expect(report.versions.copied == report.versions.listed)

            // Every object equals its source, read back by the aws CLI.
            let copy = "\(scratch)/copy"
            let listing = try await aws(
                store,
                ["s3api", "list-objects-v2", "--bucket", bucket, "--prefix", "real/maven/", "--output", "json"]
            )
            #expect(listing.status == 0, "\(listing.errors)")
            let sync = try await aws(store, ["s3", "sync", "--quiet", "s3://\(bucket)/real/maven/", copy])
            #expect(sync.status == 0, "\(sync.errors)")
            let stored = try files(below: "\(copy)/debian").filter { !$0.key.contains("/maven-metadata.xml") }
            #expect(Set(stored.keys) == Set(source.keys))
            var different: [String] = []
            for (path, file) in stored {
                guard let original = source[path] else { continue }
                if try sha256(file) != sha256(original) { different.append(path) }
                if !listing.output.contains("\"Key\": \"real/maven/debian/\(path)\"") { different.append(path) }
            }
            #expect(different.isEmpty)
            let sample = try #require(stored.keys.sorted().first { $0.hasSuffix(".jar") })
            let object = try await aws(
                store,
                ["s3api", "get-object", "--bucket", bucket, "--key", "real/maven/debian/\(sample)", "\(scratch)/one"]
            )
            #expect(object.status == 0, "\(object.errors)")
            #expect(try sha256(URL(filePath: "\(scratch)/one")) == sha256(#require(source[sample])))

            // Nothing is left to do, and it costs what the design says.
            let second = try await reconcile(server, store)
            #expect(second.status == 0)
            let settled = try #require(second.report)
            #expect(settled.versions.copied == 0)
            #expect(settled.versions.inSync == report.versions.listed)
            let packages = report.packages
            let expected = [
                "codeartifact.ListRepositoriesInDomain": 1,
                "codeartifact.ListPackages": (packages + 999) / 1_000,
                "codeartifact.ListPackageVersions": packages,
                // The domain's own tags, those of the one repository and of the root package group.
                "codeartifact.DescribeDomain": 1, "codeartifact.GetDomainPermissionsPolicy": 1,
                "codeartifact.DescribeRepository": 1, "codeartifact.GetRepositoryPermissionsPolicy": 1,
                "codeartifact.ListPackageGroups": 1, "codeartifact.ListTagsForResource": 3,
                // Two look for a checkpoint, of this month and of any; as there is none yet, one looks for reports, of which
                // the newest is read; one for the configuration's records.
                "s3.ListObjectsV2": (report.versions.listed + 999) / 1_000 + 4,
                "s3.GetObject": 1,
                "s3.GetBucketVersioning": 1,
                "s3.PutObject": 1,
            ]
            #expect(settled.requests == expected)
            let served = expected.filter { $0.key.hasPrefix("codeartifact.") }
            #expect(server.requests == served)

            // Three versions appear, one changes its status, one goes.
            for number in 1...3 {
                server.publish(
                    try version("com.acme:new:\(number)", in: "debian"),
                    assets: ["new-\(number).jar": Array("new \(number)".utf8), "new-\(number).pom": Array("<p/>".utf8)]
                )
            }
            try server.setStatus(.unlisted, of: version("junit:junit:4.x", in: "debian"))
            try server.delete(version("aopalliance:aopalliance:debian", in: "debian"))
            let third = try await reconcile(server, store)
            #expect(third.status == 0, "\(third.errors)")
            let changed = try #require(third.report)
            #expect(changed.versions.missing == 3)
            #expect(changed.versions.stale == 1)
            #expect(changed.versions.orphaned == 1)
            #expect(changed.versions.copied == 4)
            #expect(changed.versions.deleted == 1)
            #expect(changed.versions.failed == 0)
            #expect(changed.assets.copied == 6)
            #expect(changed.requests["maven.GetAsset"] == 6)

            let fourth = try await reconcile(server, store)
            #expect(fourth.report?.versions.copied == 0)
            #expect(fourth.report?.versions.orphaned == 1)

            try await resolve("junit:junit:4.x", fromFilesIn: "\(copy)/debian", scratch: scratch)
        }
    }

    @Test func `a bucket that the sample filled is adopted without a download`() async throws {
        try await withParts { server, store, scratch in
            let bucket = store.bucket
            let upload = try await aws(
                store,
                ["s3", "cp", "--quiet", "--recursive", Self.artifacts, "s3://\(bucket)/real/maven/debian/"]
            )
            #expect(upload.status == 0, "\(upload.errors)")
            let adopted = try await reconcile(server, store)
            #expect(adopted.status == 0, "\(adopted.errors.suffix(2_000))")
            let report = try #require(adopted.report)
            #expect(report.assets.copied == 0)
            #expect(report.assets.adopted == (try imported().count))
            #expect(report.versions.copied == report.versions.listed)
            #expect(report.requests["maven.GetAsset"] == nil)
            #expect(report.requests["codeartifact.GetAuthorizationToken"] == 1)
        }
    }

    @Test func `a plan says what a run then does, and writes nothing`() async throws {
        try await withParts { server, store, scratch in
            let bucket = store.bucket
            let scope = ["--package", "org.*"]
            let plan = try await run(
                Programs.reconcile,
                ["plan", "--output", "table"] + server.arguments(to: "s3://\(bucket)") + scope,
                environment: server.environment.merging(["AWS_ENDPOINT_URL_S3": store.endpoint]) { $1 }
            )
            #expect(plan.status == 4, "\(plan.errors)")
            let listing = try await aws(store, ["s3api", "list-objects-v2", "--bucket", bucket, "--output", "json"])
            #expect(!listing.output.contains("\"Key\""))
            let done = try await reconcile(server, store, scope)
            let report = try #require(done.report)
            let versions = "\(report.versions.copied) versions"
            #expect(plan.output.contains("a run would copy \(versions) (\(report.versions.missing) missing, 0 stale)"))
            #expect(plan.output.contains("\(report.assets.copied) assets"))
            for (operation, count) in report.requests {
                let line = plan.output.split(separator: "\n").first { $0.contains("  \(operation) ") }
                #expect(line?.hasSuffix("  \(count)") == true, "\(operation) \(count): \(line ?? "absent")")
            }
        }
    }

    @Test func `a bucket that may not be written ends the run with 7, and one that is not there with 8`() async throws {
        try await withParts { server, store, _ in
            let reader = store.readOnlyCredentials
            server.add(reader)
            let keys = ["AWS_ACCESS_KEY_ID": reader.accessKeyID, "AWS_SECRET_ACCESS_KEY": reader.secretAccessKey]
            let refused = try await reconcile(server, store, ["--package", "junit"], environment: keys)
            #expect(refused.status == 7, "\(refused.errors.suffix(2_000))")
            #expect(refused.report?.outcome == .failed)
            let absent = try await reconcile(server, store, ["--backup", "s3://no-such-bucket"])
            #expect(absent.status == 8, "\(absent.errors.suffix(2_000))")
            #expect(absent.errors.contains("no-such-bucket"))
        }
    }

    /// Debian's snapshots are no builds, which no client could have published; the sandbox leaves them out.
    private func imported() throws -> [String: URL] {
        try files(below: Self.artifacts).filter { !$0.key.contains("-SNAPSHOT/") }
    }

    /// Real Maven resolves an artifact from the tree, served as plain files.
    private func resolve(_ artifact: String, fromFilesIn tree: String, scratch: String) async throws {
        try await withFileServer(of: tree) { address in
            let settings = "\(scratch)/settings.xml"
            try Data(Self.settings(local: "\(scratch)/m2").utf8).write(to: URL(filePath: settings))
            let got = try await run(
                "mvn",
                [
                    "-B", "-q", "-s", settings, "org.apache.maven.plugins:maven-dependency-plugin:3.5.0:get",
                    "-DremoteRepositories=backup::default::\(address)", "-Dartifact=\(artifact)", "-Dtransitive=false",
                ]
            )
            #expect(got.status == 0, "\(got.output.suffix(3_000))\(got.errors.suffix(1_000))")
            let parts = artifact.split(separator: ":").map(String.init)
            let path = "\(parts[0].split(separator: ".").joined(separator: "/"))/\(parts[1])/\(parts[2])"
            let jar = "\(path)/\(parts[1])-\(parts[2]).jar"
            let resolved = try sha256(URL(filePath: "\(scratch)/m2/\(jar)"))
            #expect(try resolved == sha256(URL(filePath: "\(tree)/\(jar)")))
        }
    }

    /// Plugins come from Debian's packages, so that Maven needs no network.
    private static func settings(local: String) -> String {
        let debian = "<url>file:///usr/share/maven-repo</url>"
        return """
            <settings>
              <localRepository>\(local)</localRepository>
              <mirrors><mirror><id>debian</id><mirrorOf>central</mirrorOf>\(debian)</mirror></mirrors>
            </settings>
            """
    }

    /// Serves a directory's files over HTTP, as any web server would.
    private func withFileServer(
        of directory: String,
        _ body: @escaping @Sendable (_ address: String) async throws -> Void
    ) async throws {
        _ = try await Subprocess.run(
            .name("python3"),
            arguments: ["-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", directory, "0"],
            input: .none,
            output: .sequence,
            error: .discarded
        ) { execution in
            defer { try? execution.send(signal: .kill) }
            // "Serving HTTP on 127.0.0.1 port 41234 (http://127.0.0.1:41234/) ..."
            var port: Int?
            for try await line in execution.standardOutput.strings() {
                port = line.split(separator: " ").compactMap { Int($0) }.first
                break
            }
            try await body("http://127.0.0.1:\(#require(port))/")
        }
    }
}
