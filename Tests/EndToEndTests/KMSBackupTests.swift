import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// The programs with a signing key in KMS, on a backup in a directory or a bucket.
@Suite(.timeLimit(.minutes(10))) struct KMSBackupTests {
    /// A domain of two versions of two files each, a key in KMS, and the trust file of it.
    private struct Stage: Sendable {
        let server: LocalCodeArtifact
        let scratch: String

        var url: String { "file://\(scratch)/backup" }
        var trust: String { "\(scratch)/trust.json" }
        var signing: [String] { ["--trust", trust, "--signing-key", server.signingKeyARN] }

        func run(
            _ arguments: [String] = [],
            to backup: String? = nil,
            _ environment: [String: String] = [:]
        ) async throws -> Reconciled {
            server.resetRequests()
            return try await server.reconcile(
                to: backup ?? url,
                signing + arguments,
                environment: ["AWS_MAX_ATTEMPTS": "3"].merging(environment) { $1 },
                seconds: 120
            )
        }

        var signs: Int { server.requests["kms.Sign"] ?? 0 }
        var downloads: Int { server.requests["maven.GetAsset"] ?? 0 }

        /// What is stored, by path from the domain's folder: records, and files of versions.
        func stored() throws -> (records: [String], assets: [String]) {
            let folder = "\(scratch)/backup/my-domain"
            guard FileManager.default.fileExists(atPath: folder) else { return ([], []) }
            let paths = try files(below: folder).keys.sorted()
            return (
                paths.filter { path in ["manifests/", "configuration/"].contains { path.hasPrefix($0) } },
                paths.filter { $0.hasSuffix(".jar") || $0.hasSuffix(".pom") }
            )
        }
    }

    private func withStage(
        _ configuration: LocalCodeArtifact.Configuration = .init(),
        _ body: @Sendable (Stage) async throws -> Void
    ) async throws {
        try await withScratchDirectory { scratch in
            try await LocalCodeArtifact.with(configuration) { server in
                for number in ["1.0", "2.0"] {
                    server.publish(
                        try version("com.acme:app:\(number)"),
                        assets: [
                            "app-\(number).jar": Array("jar \(number)".utf8),
                            "app-\(number).pom": Array("<project/>".utf8),
                        ]
                    )
                }
                let stage = Stage(server: server, scratch: scratch)
                let made = try await trustFile(of: server.signingKeyARN, server)
                #expect(made.status == 0, "\(made.errors)")
                try Data(made.output.utf8).write(to: URL(filePath: stage.trust))
                try await body(stage)
            }
        }
    }

    private func trustFile(of key: String, _ server: LocalCodeArtifact) async throws -> Finished {
        try await EndToEndTests.run(
            Programs.reconcile,
            ["trust", "--signing-key", key, "--domain", "my-domain", "--domain-owner", "111122223333"],
            environment: server.environment
        )
    }

    @Test func `a backup is signed with one Sign, verified with the trust file, and gone on with`() async throws {
        try await withStage { stage in
            let first = try await stage.run()
            #expect(first.status == 0, "\(first.errors)")
            #expect(stage.signs == 1)
            #expect(first.report?.requests["kms.Sign"] == 1)
            let (records, assets) = try stage.stored()
            #expect(records.count == 3)
            #expect(assets.count == 4)
            for path in records {
                let file = URL(filePath: "\(stage.scratch)/backup/my-domain/\(path)")
                let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
                #expect(text.contains(#","signature":""#), "\(path)")
            }
            let seen = try await Verification(server: stage.server, url: stage.url, environment: [:])
                .run(["--trust", stage.trust])
            #expect(seen.status == 0, "\(seen.errors)")
            // Nothing to record, and no checkpoint is due.
            #expect(try await stage.run().status == 0)
            #expect(stage.signs == 0)
        }
    }

    /// A fault of KMS at the start of a run: what the run must make of it.
    struct Start: Sendable {
        let fault: String
        let status: Int
        /// How many times KMS is asked, at most.
        let signs: Int
        var says: [String] = []

        static let all = [
            Start(
                fault: "kms.Sign:403",
                status: 7,
                signs: 1,
                says: ["kms:Sign", "in the role's policy", "administers the key"]
            ),
            Start(fault: "kms.Sign:409", status: 7, signs: 1, says: ["cannot be used", "is disabled"]),
            Start(fault: "kms.Sign:404", status: 7, signs: 1, says: ["cannot be used", "pending deletion"]),
            Start(fault: "kms.Sign:429", status: 5, signs: 4, says: ["ThrottlingException"]),
            Start(fault: "kms.Sign:500", status: 5, signs: 4, says: ["KMSInternalException"]),
            Start(fault: "kms.Sign:503", status: 5, signs: 4, says: ["DependencyTimeoutException"]),
            Start(fault: "kms.Sign:reset", status: 5, signs: 4, says: ["kms.Sign"]),
            Start(fault: "kms.Sign:429:first=2", status: 0, signs: 3),
            Start(fault: "kms.Sign:500:first=1", status: 0, signs: 2),
            Start(fault: "kms.Sign:reset:first=1", status: 0, signs: 2),
            Start(fault: "kms.Sign:stall=3", status: 0, signs: 1),
        ]
    }

    @Test("KMS refusing, throttling and slow at start", arguments: Start.all)
    func start(of case: Start) async throws {
        try await withStage { stage in
            stage.server.setFaults([try Fault(`case`.fault)])
            let ended = try await stage.run()
            #expect(ended.status == `case`.status, "\(ended.errors)")
            // As the run counts them: after a reset, curl itself sends once more.
            let signs = ended.report?.requests["kms.Sign"] ?? 0
            #expect((1...`case`.signs).contains(signs), "\(signs)")
            for words in `case`.says { #expect(ended.errors.contains(words), "\(ended.errors)") }
            let (records, assets) = try stage.stored()
            let report = try #require(ended.report)
            switch `case`.status {
            case 7:
                // The first answer comes before the first byte.
                #expect((records, assets) == ([], []))
                #expect(stage.downloads == 0)
                #expect(ended.errors.contains(stage.server.signingKeyARN))
                return
            case 5:
                #expect(records == [])
                #expect(assets.count == 4)
                #expect(report.versions.unrecorded == 2)
                #expect(report.versions.failed == 0)
                #expect(report.versions.unprotected == 2)
                #expect(report.failures == [])
                #expect(report.outcome == .partial)
                stage.server.setFaults([])
                let next = try await stage.run()
                #expect(next.status == 0, "\(next.errors)")
                #expect(stage.downloads == 0)
                #expect(next.report?.assets.adopted == 4)
                #expect(next.report?.versions.copied == 2)
            default:
                #expect(report.versions.copied == 2)
            }
            #expect(try stage.stored().records.count == 3)
            let seen = try await Verification(server: stage.server, url: stage.url, environment: [:])
                .run(["--trust", stage.trust])
            #expect(seen.status == 0, "\(seen.errors)")
        }
    }

    /// All objects of a bucket, by key.
    private typealias Objects = [(key: String, bytes: [UInt8])]

    /// One run on a bucket of these objects, whose clock is some hours behind.
    private func run(
        _ stage: Stage,
        on objects: Objects,
        hoursBehind hours: Int,
        signs: Bool = true
    ) async throws -> (run: Reconciled, after: Objects) {
        var bucket = LocalS3Configuration()
        bucket.region = stage.server.configuration.region
        bucket.credentials = stage.server.configuration.credentials
        bucket.clockOffset = .seconds(-hours * 3_600)
        return try await LocalS3.with(bucket) { store in
            for (key, bytes) in objects { store.store(bytes, under: key) }
            let endpoint = ["AWS_ENDPOINT_URL_S3": store.endpoint]
            let run =
                signs
                ? try await stage.run(to: "s3://backup", endpoint)
                : try await stage.server.reconcile(to: "s3://backup", environment: endpoint, seconds: 120)
            #expect(run.status == 0, "\(run.errors)")
            return (run, store.keys().map { ($0, store.bytes(under: $0) ?? []) })
        }
    }

    @Test func `a run with nothing to do costs one list, one GET and one PUT for its checkpoint, and one Sign`()
        async throws
    {
        try await withStage { stage in
            // Records are dated by the bucket's clock. The second run writes the first checkpoint, which is not overdue yet
            // for the third.
            let (first, recorded) = try await run(stage, on: [], hoursBehind: 6)
            #expect(first.report?.versions.copied == 2 && stage.signs == 1)
            let (_, checked) = try await run(stage, on: recorded, hoursBehind: 2)
            let checkpoint = try #require(checked.first { $0.key.contains("/checkpoints/") }?.key)
            let (bare, _) = try await run(stage, on: checked, hoursBehind: 0, signs: false)
            let (signed, after) = try await run(stage, on: checked, hoursBehind: 0)
            let report = try #require(signed.report)
            #expect(report.versions.inSync == 2 && report.checkpoint?.previous == checkpoint)
            // What docs/DESIGN.md counts in section 4, and for checkpoints: the first run of a month lists twice.
            let isOfMonth = checkpoint.contains("/checkpoints/\(report.startedAt.prefix(7))-")
            #expect(report.requests["s3.ListObjectsV2"] == 2 + (isOfMonth ? 1 : 2))
            // And the record of the configuration, which is signed: neither its name nor its size says what it holds.
            #expect(report.requests["s3.GetObject"] == 0 + 1 + 1)
            #expect(report.requests["s3.PutObject"] == 1 + 1)
            #expect(stage.signs == 1)
            // Without a trust file it is the same, but for the signature.
            let without = try #require(bare.report?.requests)
            let more = report.requests.merging(without) { $0 - $1 }.filter { $0.value != 0 }
            #expect(more == ["kms.Sign": 1])
            func records(_ objects: Objects) -> [String] {
                objects.map { $0.key }.filter { $0.contains("/manifests/") || $0.contains("/configuration/") }.sorted()
            }
            #expect(records(after) == records(recorded))
            // The checkpoint of this hour is there, so there is nothing to sign.
            let (again, _) = try await run(stage, on: after, hoursBehind: 0)
            #expect(again.report?.requests["kms.Sign"] == nil && stage.signs == 0)
        }
    }

    @Test func `keys that cannot sign records are refused by name, and nothing is copied`() async throws {
        try await withStage { stage in
            let alias = "arn:aws:kms:us-west-2:111122223333:alias/backup"
            for (key, words) in [
                (alias, "is an alias, which may come to mean another key"), ("alias/backup", "is an alias"),
                ("arn:aws:kms:us-west-2:1:key/1", "is not the ARN of a KMS key"),
            ] {
                let ended = try await stage.server.reconcile(
                    to: stage.url,
                    ["--trust", stage.trust, "--signing-key", key]
                )
                #expect(ended.status == 8, "\(ended.errors)")
                #expect(ended.errors.contains(words), "\(ended.errors)")
                let made = try await trustFile(of: key, stage.server)
                #expect(made.status == 8)
                #expect(made.errors.contains(words), "\(made.errors)")
            }
            let absent = try await stage.server.reconcile(
                to: stage.url,
                ["--trust", stage.trust, "--signing-key", "\(stage.server.signingKeyARN)0"]
            )
            #expect(absent.status == 7, "\(absent.errors)")
            #expect(try stage.stored().assets == [])
        }
        var configuration = LocalCodeArtifact.Configuration()
        for (spec, usage) in [("ECC_NIST_P384", "SIGN_VERIFY"), ("RSA_2048", "ENCRYPT_DECRYPT")] {
            configuration.signingKeySpec = spec
            configuration.signingKeyUsage = usage
            try await LocalCodeArtifact.with(configuration) { server in
                let made = try await trustFile(of: server.signingKeyARN, server)
                #expect(made.status == 8)
                #expect(made.output == "")
                #expect(made.errors.contains("\(server.signingKeyARN) is \(spec) for \(usage)"), "\(made.errors)")
            }
        }
    }

    @Test func `a KMS key that the trust file does not have ends the run with 8 before the first copy`() async throws {
        try await withStage { stage in
            try await LocalCodeArtifact.with { other in
                let made = try await trustFile(of: other.signingKeyARN, other)
                try Data(made.output.utf8).write(to: URL(filePath: stage.trust))
            }
            let ended = try await stage.run()
            #expect(ended.status == 8, "\(ended.errors)")
            #expect(ended.errors.contains("does not pass its own trust file"), "\(ended.errors)")
            #expect(stage.signs == 1)
            #expect(stage.downloads == 0)
            #expect(try stage.stored().records == [])
        }
    }

    @Test(
        "doctor tries the key, and says what keeps it from signing",
        arguments: [
            (nil, 0, ["signs, and the trust file has it"]),
            ("kms.Sign:403", 7, ["kms:Sign", "SigningKey"]),
            ("kms.Sign:409", 7, ["kms:Sign", "is disabled"]),
            ("kms.Sign:503", 0, ["did not sign"]),
        ] as [(String?, Int, [String])]
    )
    func doctor(fault: String?, status: Int, words: [String]) async throws {
        try await withStage { stage in
            #expect(try await stage.run().status == 0)
            if let fault { stage.server.setFaults([try Fault(fault)]) }
            let found = try await doctor(stage)
            #expect(found.status == status, "\(found.output) \(found.errors)")
            for word in words { #expect(found.output.contains(word), "\(found.output)") }
        }
    }

    @Test func `doctor names a key of another kind, and one that the trust file does not have`() async throws {
        var configuration = LocalCodeArtifact.Configuration()
        try await withStage { stage in
            try await LocalCodeArtifact.with { other in
                let made = try await trustFile(of: other.signingKeyARN, other)
                try Data(made.output.utf8).write(to: URL(filePath: stage.trust))
            }
            let found = try await doctor(stage)
            #expect(found.status == 8, "\(found.output)")
            #expect(found.output.contains("the trust file does not have it"), "\(found.output)")
        }
        // The trust file is made while the key is still what it should be.
        let pem = try await openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout"])
        configuration.signingKeyPEM = pem
        try await withStage(configuration) { [configuration] stage in
            var other = configuration
            other.signingKeySpec = "ECC_NIST_P521"
            try await LocalCodeArtifact.with(other) { server in
                let found = try await doctor(Stage(server: server, scratch: stage.scratch))
                #expect(found.status == 8, "\(found.output)")
                #expect(found.output.contains("is ECC_NIST_P521 for SIGN_VERIFY"), "\(found.output)")
            }
        }
    }

    private func openssl(_ arguments: [String]) async throws -> String {
        try await EndToEndTests.run("openssl", arguments).output
    }

    private func doctor(_ stage: Stage) async throws -> Finished {
        try await EndToEndTests.run(
            Programs.reconcile,
            ["doctor"] + stage.server.arguments(to: stage.url) + stage.signing + ["--output", "json"],
            environment: stage.server.environment
        )
    }

    @Test func `a loss is accepted with the key, and without it nothing is written`() async throws {
        try await withStage { stage in
            #expect(try await stage.run().status == 0)
            let lost = try #require(try stage.stored().assets.first { $0.hasSuffix("app-1.0.jar") })
            try FileManager.default.removeItem(atPath: "\(stage.scratch)/backup/my-domain/\(lost)")
            let accepting = ["--accept-loss", "my-domain/\(lost)", "--reason", "test"] + stage.signing
            let verification = Verification(
                server: stage.server,
                url: stage.url,
                environment: ["AWS_MAX_ATTEMPTS": "2"]
            )
            stage.server.setFaults([try Fault("kms.Sign:403")])
            let refused = try await verification.run(accepting)
            #expect(refused.status != 0)
            let folder = "\(stage.scratch)/backup/my-domain/losses"
            #expect(!FileManager.default.fileExists(atPath: folder))
            stage.server.setFaults([])
            stage.server.resetRequests()
            let accepted = try await verification.run(accepting)
            #expect(accepted.status == 0, "\(accepted.errors)")
            #expect(stage.signs == 1)
        }
    }
}
