import Cryptography
import FoundationEssentials
import Glibc
import LocalServices
import ReconcileCore
import Subprocess
import TestSupport
import Testing

/// Each way a run can end, with its exit status and the sentence that says why, into a directory.
@Suite struct OutcomeTests {
    /// 400 versions beside the four of every domain here.
    private static let many = try? SyntheticRecipe.read("packages=200,versions=2,assets=1,size=100,seed=1").recipe

    private func withDomain<Value: Sendable>(
        _ configure: (inout LocalCodeArtifact.Configuration) -> Void = { _ in },
        _ body: @Sendable (LocalCodeArtifact, _ directory: String) async throws -> Value
    ) async throws -> Value {
        var configuration = LocalCodeArtifact.Configuration()
        configure(&configuration)
        return try await withScratchDirectory { directory in
            try await LocalCodeArtifact.with(configuration) { server in
                for number in 1...4 {
                    server.publish(
                        try version("com.acme:lib:1.\(number)"),
                        assets: [
                            "lib-1.\(number).jar": Array("jar \(number)".utf8),
                            "lib-1.\(number).pom": Array("<project/>".utf8),
                        ]
                    )
                }
                return try await body(server, directory)
            }
        }
    }

    private func keys(_ directory: String) throws -> Set<String> {
        FileManager.default.fileExists(atPath: directory) ? Set(try files(below: directory).keys) : []
    }

    @Test func `a reader of the log that goes does not end the run`() async throws {
        try await withDomain { server, directory in
            let line =
                "\(Programs.reconcile) run \(server.arguments(to: "file://\(directory)/backup").joined(separator: " "))"
            let ended = try await run(
                "bash",
                ["-c", "\(line) --log-level trace 2>&1 | head -n 1 > /dev/null; exit ${PIPESTATUS[0]}"],
                environment: server.environment
            )
            #expect(ended.status == 0, "\(ended.errors)")
            let reports = try keys("\(directory)/backup/my-domain/runs")
            #expect(reports.count == 1)
        }
    }

    @Test func `a first run converges and lays out a plain Maven repository`() async throws {
        try await withDomain { server, directory in
            let run = try await server.reconcile(to: "file://\(directory)/backup")
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.report?.outcome == .converged)
            #expect(run.report?.versions.copied == 4)
            let tree = try keys("\(directory)/backup/my-domain/maven/releases/com/acme/lib")
            #expect(
                tree == [
                    "1.1/lib-1.1.jar", "1.1/lib-1.1.pom", "1.2/lib-1.2.jar", "1.2/lib-1.2.pom", "1.3/lib-1.3.jar",
                    "1.3/lib-1.3.pom", "1.4/lib-1.4.jar", "1.4/lib-1.4.pom", "maven-metadata.xml",
                    "maven-metadata.xml.md5", "maven-metadata.xml.sha1",
                ]
            )
            let metadata = try String(
                contentsOf: URL(
                    filePath: "\(directory)/backup/my-domain/maven/releases/com/acme/lib/maven-metadata.xml"
                ),
                encoding: .utf8
            )
            #expect(metadata.contains("<latest>1.4</latest>"))
            #expect(metadata.contains("<release>1.4</release>"))
        }
    }

    @Test func `names that would leave the store, or break it, arrive encoded and come back`() async throws {
        let names = [
            "..", "a b.jar", "100%.jar", "%2e%2e", "a+b~c.jar", "größe-Ω.jar", "‮rtl.jar",
            String(repeating: "n", count: 255),
        ]
        try await withDomain { server, directory in
            for (number, name) in names.enumerated() {
                server.publish(try version("com.odd:names:\(number)"), assets: [name: Array("bytes \(number)".utf8)])
            }
            server.publish(try version("com.odd:..:1"), assets: ["x.jar": Array("x".utf8)])
            let run = try await server.reconcile(to: "file://\(directory)/backup")
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.report?.versions.copied == 4 + names.count + 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["backup"])
            let tree = try files(below: "\(directory)/backup/my-domain/maven/releases")
            for (number, name) in names.enumerated() {
                let file = try #require(tree["com/odd/names/\(number)/\(KeySegment.encode(name))"], "\(name)")
                #expect(try Data(contentsOf: file) == Data("bytes \(number)".utf8))
            }
            #expect(tree["com/odd/%2E%2E/1/x.jar"] != nil)
            let again = try await server.reconcile(to: "file://\(directory)/backup")
            #expect(again.status == 0)
            #expect(again.report?.versions.inSync == 4 + names.count + 1)
        }
    }

    @Test func `a source that suddenly lists nothing deletes nothing, until an operator says so`() async throws {
        try await withDomain { server, directory in
            let backup = "file://\(directory)/backup"
            #expect(try await server.reconcile(to: backup).status == 0)
            let before = try keys("\(directory)/backup/my-domain/manifests")
            for number in 1...4 { try server.delete(try version("com.acme:lib:1.\(number)")) }
            let refused = try await server.reconcile(to: backup)
            #expect(refused.status == 8)
            #expect(refused.report?.outcome == .refused)
            #expect(refused.report?.message?.contains("--allow-mass-deletion") == true)
            #expect(refused.report?.versions.orphaned == 4)
            #expect(try keys("\(directory)/backup/my-domain/manifests") == before)

            let allowed = try await server.reconcile(to: backup, ["--allow-mass-deletion"])
            #expect(allowed.status == 0, "\(allowed.errors)")
            let after = try keys("\(directory)/backup/my-domain/manifests")
            #expect(after.isSuperset(of: before))
            #expect(after.subtracting(before).filter { $0.hasSuffix(".Deleted.json") }.count == 4)
            #expect(try keys("\(directory)/backup/my-domain/maven").contains("releases/com/acme/lib/1.1/lib-1.1.jar"))
            let settled = try await server.reconcile(to: backup)
            #expect(settled.status == 0)
            #expect(settled.report?.versions.orphaned == 4)
        }
    }

    @Test func `a wrong secret key, and no credentials at all, end with 7 and say what was tried`() async throws {
        try await withDomain { server, directory in
            let wrong = try await server.reconcile(
                to: "file://\(directory)/backup",
                environment: ["AWS_SECRET_ACCESS_KEY": "wrong"]
            )
            #expect(wrong.status == 7, "\(wrong.errors)")
            let reason = "The AWS secret key does not match"
            #expect(wrong.errors.ranges(of: reason).count == 1, "said once: \(wrong.errors)")
            #expect(!wrong.errors.contains("local-sandbox-secret"))
            let none = try await server.reconcile(
                to: "file://\(directory)/backup",
                environment: ["AWS_SECRET_ACCESS_KEY": "", "AWS_ACCESS_KEY_ID": ""]
            )
            #expect(none.status == 7, "\(none.errors)")
            let place = "no credentials from environment variables: AWS_ACCESS_KEY_ID is not set"
            #expect(none.errors.ranges(of: place).count == 1, "\(none.errors)")
        }
    }

    @Test(arguments: ["text", "json"])
    func `what ends a run is said once, also where the report cannot be stored for it`(format: String) async throws {
        try await withDomain { server, _ in
            var bucket = LocalS3Configuration(beside: server.configuration)
            bucket.credentials = [AWSCredentials(accessKeyID: "AKIAOTHER", secretAccessKey: "other")]
            try await LocalS3.with(bucket) { store in
                let run = try await server.reconcile(
                    to: "s3://backup",
                    ["--log-format", format],
                    environment: ["AWS_ENDPOINT_URL_S3": store.endpoint]
                )
                #expect(run.status == 7)
                let reason = "The service does not know this AWS access key"
                #expect(run.errors.ranges(of: reason).count == 1, "\(run.errors)")
                #expect(run.errors.contains("could not be stored beside the backup for the same reason"))
            }
        }
    }

    @Test func `an output that cannot be written is not success, and a reader that goes is`() async throws {
        try await withDomain { server, directory in
            let backup = "file://\(directory)/backup"
            #expect(try await server.reconcile(to: backup).status == 0)
            let place = ["--domain", server.configuration.domain, "--backup", backup]
            let whole = server.arguments(to: backup)
            func ended(_ arguments: [String], to end: String, _ more: [String] = []) async throws -> Finished {
                let line = ([Programs.reconcile] + arguments + more).map { "'\($0)'" }.joined(separator: " ")
                return try await run(
                    "bash",
                    ["-c", "\(line) \(end); exit ${PIPESTATUS[0]}"],
                    environment: server.environment
                )
            }
            let printing = [
                ["--help"], ["--version"], ["plan"] + whole, ["drift"] + whole, ["show", "com.acme:lib"] + place,
                ["history", "com.acme:lib"] + place, ["restore", "--dry-run"] + whole, ["doctor"] + whole,
                ["policy", "--for", "verify", "--domain", "d", "--bucket", "b-1"],
                ["verify", "--report", "-"] + place, ["run", "--report", "-"] + whole,
            ]
            for arguments in printing {
                let full = try await ended(arguments, to: "> /dev/full")
                #expect(full.status == 8, "\(arguments): \(full.errors)")
                #expect(full.errors.contains("cannot be written: No space left on device"), "\(arguments)")
            }
            for arguments in printing.dropLast(2) {
                #expect(try await ended(arguments, to: "| true").status == 0, "\(arguments)")
            }
            for command in [["run"] + whole, ["verify"] + place] {
                let file = try await ended(command, to: "", ["--metrics-file", "/dev/full"])
                #expect(file.status == 8, "\(file.errors)")
                let push = try await ended(command, to: "", ["--metrics-push", "http://127.0.0.1:9"])
                #expect(push.status == 5, "\(push.errors)")
            }
        }
    }

    @Test func `a second SIGTERM ends a run that waits for a pipe which nobody writes`() async throws {
        try await withDomain { server, directory in
            let path = "\(directory)/token"
            #expect(unsafe mkfifo(path, 0o600) == 0)
            let finished = try await running(
                Programs.reconcile,
                server.arguments(to: "file://\(directory)/backup") + ["--report", "\(directory)/report.json"],
                environment: server.environment.merging([
                    "AWS_ACCESS_KEY_ID": "", "AWS_WEB_IDENTITY_TOKEN_FILE": path,
                    "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/r",
                ]) { $1 },
                seconds: 20
            ) { send in
                // A program that has not started yet would be ended by the signal itself.
                try await Task.sleep(for: .seconds(4))
                try send(.terminate)
                try await Task.sleep(for: .milliseconds(500))
                try send(.terminate)
            }
            #expect(finished.status == 9, "\(finished.errors)")
        }
    }

    @Test func `settings come from a pipe, certificates do not`() async throws {
        try await withDomain { server, directory in
            let settings = #"{"domain": "\#(server.configuration.domain)"}"#
            let rest = ["--domain-owner", server.configuration.owner, "--backup", "file://\(directory)/backup"]
            let command =
                "\(Programs.reconcile) --config <(sleep 0.2; echo '\(settings)') \(rest.joined(separator: " "))"
            let ended = try await run("bash", ["-c", command], environment: server.environment)
            #expect(ended.status == 0, "\(ended.errors)")
            let folder = try await run(
                "bash",
                ["-c", "AWS_CONFIG_FILE=\(directory) \(command)"],
                environment: server.environment
            )
            #expect(
                folder.errors.contains("AWS_CONFIG_FILE: \(directory) cannot be read: Is a directory\n"),
                "\(folder.errors)"
            )
            let bundle = "AWS_CA_BUNDLE=<(true) \(command)"
            let refused = try await run("bash", ["-c", bundle], environment: server.environment)
            #expect(refused.status == 8, "\(refused.errors)")
            #expect(refused.errors.contains("AWS_CA_BUNDLE: /dev/fd/"), "\(refused.errors)")
            #expect(refused.errors.contains("save them in a file"), "\(refused.errors)")
            let requests = "REQUESTS_\(bundle.dropFirst(4))"
            let other = try await run("bash", ["-c", requests], environment: server.environment)
            #expect(other.errors.contains("REQUESTS_CA_BUNDLE: /dev/fd/"), "\(other.errors)")
        }
    }

    @Test func `an unknown domain and an unknown repository end with 8`() async throws {
        try await withDomain { server, directory in
            let domain = try await server.reconcile(to: "file://\(directory)/backup", ["--domain", "no-such-domain"])
            #expect(domain.status == 8, "\(domain.errors)")
            #expect(domain.errors.contains("no-such-domain"))
            let repository = try await server.reconcile(
                to: "file://\(directory)/backup",
                ["--repository", "no-such-repository"]
            )
            #expect(repository.status == 8, "\(repository.errors)")
            #expect(repository.errors.contains("no-such-repository"))
        }
    }

    @Test func `a destination that cannot be written ends the run before it starts`() async throws {
        try await withDomain { server, directory in
            try Data("a file".utf8).write(to: URL(filePath: "\(directory)/file"))
            let inFile = try await server.reconcile(to: "file://\(directory)/file/backup")
            #expect(inFile.status == 8, "\(inFile.errors)")
            let absent = try await server.reconcile(to: "file://\(directory)/absent/parent/backup")
            #expect(absent.status == 8, "\(absent.errors)")
            #expect(absent.errors.contains("make it or mount it"))
            #expect(server.requests.isEmpty)
        }
    }

    /// At a tenth of the documented rates, of which a run takes 80 %: without a pace it would need a fifth of the time, and
    /// more than a second's requests, which the service lets through at once.
    @Test(arguments: ["1", "32", "256", "512", "auto"])
    func `a paced run is never refused, at any width`(width: String) async throws {
        let recipe = try SyntheticRecipe.read("packages=10,versions=5,assets=2,size=100,seed=1").recipe
        try await withDomain {
            $0.repositories = [.init("releases", synthetic: recipe)]
            $0.throttle = ThrottleRates(["reads": 80, "ListPackageVersionAssets": 20])
        } _: { server, directory in
            func reconcile(_ place: String, reads: Int, lists: Int) async throws -> Reconciled {
                let rates = ["--rate-reads", "\(reads)", "--rate-list-package-version-assets", "\(lists)"]
                return try await server.reconcile(to: "file://\(directory)/\(place)", ["--width", width] + rates)
            }
            let run = try await reconcile("backup", reads: 64, lists: 16)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.report?.versions.copied == 54)
            #expect(run.report?.throttled == 0)
            guard width != "1" else { return }
            #expect(try await reconcile("unpaced", reads: 100_000, lists: 100_000).report?.throttled != 0)
        }
    }

    @Test func `a source that is not there ends with 5`() async throws {
        try await withDomain { server, directory in
            let run = try await server.reconcile(
                to: "file://\(directory)/backup",
                ["--max-attempts", "2"],
                environment: ["AWS_ENDPOINT_URL_CODEARTIFACT": "http://127.0.0.1:9"]
            )
            #expect(run.status == 5, "\(run.errors)")
        }
    }

    @Test func `a deadline in the middle ends with 9, and the next run goes on`() async throws {
        try await withDomain {
            $0.repositories = [.init("releases", synthetic: Self.many)]
            $0.latency = .milliseconds(50)
        } _: { server, directory in
            let backup = "file://\(directory)/backup"
            let cut = try await server.reconcile(to: backup, ["--deadline", "6s", "--width", "4"])
            #expect(cut.status == 9, "\(cut.errors)")
            #expect(cut.report?.outcome == .deadline)
            let copied = cut.report?.versions.copied ?? 0
            #expect(copied > 0)
            let rest = try await server.reconcile(to: backup, ["--width", "16"])
            #expect(rest.status == 0, "\(rest.errors)")
            #expect((rest.report?.versions.inSync ?? 0) >= copied)
            #expect((rest.report?.versions.inSync ?? 0) + (rest.report?.versions.copied ?? 0) == 404)
        }
    }

    @Test(arguments: [false, true])
    func `SIGTERM and SIGHUP let running copies end, write the report and exit with 9`(isHangup: Bool) async throws {
        try await withDomain {
            $0.repositories = [.init("releases", synthetic: Self.many)]
            $0.latency = .milliseconds(20)
        } _: { server, directory in
            let finished = try await running(
                Programs.reconcile,
                server.arguments(to: "file://\(directory)/backup") + [
                    "--report", "\(directory)/report.json", "--width", "4",
                ],
                environment: server.environment
            ) { send in
                // The first copy shows that the run is in the middle.
                while server.requests["maven.GetAsset", default: 0] < 3 { try await Task.sleep(for: .milliseconds(20)) }
                try send(isHangup ? .terminalClosed : .terminate)
            }
            #expect(finished.status == 9, "\(finished.errors)")
            let bytes = try Data(contentsOf: URL(filePath: "\(directory)/report.json"))
            let report = try JSONDecoder().decode(RunReport.self, from: bytes)
            #expect(report.outcome == .deadline)
            #expect(report.message?.hasPrefix("interrupted (signal) after ") == true)
            #expect(report.versions.copied > 0)
            #expect(report.failures.isEmpty)
        }
    }

    @Test func `a second SIGTERM cuts off what still runs, and the report is written`() async throws {
        try await withDomain { server, directory in
            server.setFaults([try Fault("assets.GetObject:stall=100")])
            let finished = try await running(
                Programs.reconcile,
                server.arguments(to: "file://\(directory)/backup")
                    + ["--report", "\(directory)/report.json", "--grace", "90s"],
                environment: server.environment,
                seconds: 60
            ) { send in
                while server.requests["assets.GetObject", default: 0] < 3 {
                    try await Task.sleep(for: .milliseconds(20))
                }
                try send(.terminate)
                try await Task.sleep(for: .milliseconds(500))
                try send(.terminate)
            }
            #expect(finished.status == 9, "\(finished.errors)")
            #expect(finished.errors.contains("second signal"))
            let bytes = try Data(contentsOf: URL(filePath: "\(directory)/report.json"))
            let report = try JSONDecoder().decode(RunReport.self, from: bytes)
            #expect(report.outcome == .deadline)
            #expect(report.versions.copied == 0)
        }
    }
}
