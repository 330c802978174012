import Cryptography
import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// The built bootstrap under AWS's own emulator, between the local CodeArtifact and a real S3 server.
@Suite(.serialized, .seaweedFS, .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"))
struct LambdaTests {
    private static let schedule = #"{"job":"reconcile","shard":"0/1","executionId":"d32c5kddcf5bb8c3","attempt":"1"}"#

    private func event(_ version: VersionCoordinates, domain: String = "my-domain", format: String = "maven") -> String
    {
        #"{"version":"0","detail-type":"CodeArtifact Package Version State Change","source":"aws.codeartifact","#
            + #""detail":{"domainName":"\#(domain)","domainOwner":"111122223333","#
            + #""repositoryName":"\#(version.package.repository)","packageFormat":"\#(format)","#
            + #""packageNamespace":"\#(version.package.namespace)","packageName":"\#(version.package.name)","#
            + #""packageVersion":"\#(version.version)","packageVersionState":"Published","operationType":"Created"}}"#
    }

    /// A domain with a few versions, an S3 server, and the function between them.
    private func withFunction<Value: Sendable>(
        _ domain: String,
        timeout: Int = 60,
        recipe: String? = nil,
        environment: [String: String] = [:],
        signingKey: String? = nil,
        _ body: @escaping @Sendable (LocalCodeArtifact, RuntimeEmulator) async throws -> Value
    ) async throws -> Value {
        let store = try #require(SeaweedFS.current)
        var configuration = LocalCodeArtifact.Configuration()
        configuration.domain = domain
        configuration.credentials = [store.credentials]
        configuration.signingKeyPEM = signingKey
        if let recipe {
            configuration.repositories = [.init("made", synthetic: try SyntheticRecipe.read(recipe).recipe)]
        }
        return try await withTimeout { [configuration] in
            try await LocalCodeArtifact.with(configuration) { server in
                for number in 1...4 {
                    server.publish(
                        try version("com.acme:lib:1.\(number)"),
                        assets: ["lib.jar": Array("jar \(number)".utf8), "lib.pom": Array("<project/>".utf8)]
                    )
                }
                let settings = [
                    "RECONCILE_DOMAIN": domain, "RECONCILE_DOMAIN_OWNER": "111122223333",
                    "DESTINATION_BUCKET": store.bucket, "AWS_ENDPOINT_URL_S3": store.endpoint,
                    "AWS_LAMBDA_FUNCTION_NAME": "backup",
                ]
                let all = server.environment.merging(settings) { $1 }.merging(environment) { $1 }
                return try await RuntimeEmulator.with(environment: all, timeout: timeout) { emulator in
                    try await body(server, emulator)
                }
            }
        }
    }

    @Test func `an event copies one version, the same again nothing, and the schedule copies the rest`() async throws {
        try await withFunction("my-domain") { server, function in
            let subject = try version("com.acme:lib:1.1")
            let first = try #require(try await function.invoke(event(subject)).report)
            #expect(first.outcome == .converged)
            #expect(first.versions.copied == 1 && first.assets.copied == 2)

            server.resetRequests()
            let again = try #require(try await function.invoke(event(subject)).report)
            #expect(again.versions.inSync == 1 && again.versions.copied == 0)
            #expect(server.requests == ["codeartifact.DescribePackageVersion": 1])
            #expect(again.requests == ["codeartifact.DescribePackageVersion": 1, "s3.ListObjectsV2": 1])

            let rest = try #require(try await function.invoke(Self.schedule).report)
            #expect(rest.outcome == .converged)
            #expect(rest.versions.inSync == 1 && rest.versions.missing == 3 && rest.versions.copied == 3)
            // The process is the same one: the token of the first event still holds.
            #expect(server.requests["codeartifact.GetAuthorizationToken"] == nil)

            for scheduled in [
                #"{"detail-type":"Scheduled Event","source":"aws.scheduler","detail":"{}"}"#,
                #"{"detail-type":"Scheduled Event","source":"aws.events","detail":{}}"#,
            ] {
                let run = try #require(try await function.invoke(scheduled).report)
                #expect(run.versions.inSync == 4 && run.versions.copied == 0)
            }

            try server.delete(subject)
            let gone = try #require(try await function.invoke(event(subject)).report)
            #expect(gone.versions.orphaned == 1 && gone.versions.deleted == 1)
        }
    }

    @Test func `a verification is recorded where status finds it, and tells a lost file from a failed invocation`()
        async throws
    {
        try await withFunction("verified") { server, function in
            server.setFaults([])
            _ = try #require(try await function.invoke(Self.schedule).report)
            func verify(_ job: String) async throws -> VerifyReport {
                let text = try await function.invoke(job).text
                return try JSONDecoder().decode(VerifyReport.self, from: Data(text.utf8))
            }
            let intact = try await verify(#"{"job":"verify","depth":"bytes","subset":"0/1"}"#)
            #expect(intact.outcome == .sound && intact.depth == .bytes && intact.sample == "subset 0/1")
            #expect(intact.looked.versions == 4 && intact.looked.objects.read >= 8)
            let store = try #require(SeaweedFS.current)
            let status = try await run(
                Programs.reconcile,
                ["status", "--domain", "verified", "--backup", "s3://\(store.bucket)", "--output", "json"],
                environment: server.environment.merging(["AWS_ENDPOINT_URL_S3": store.endpoint]) { $1 }
            )
            #expect(status.output.contains(intact.runID), "\(status)")
            let plain = try await verify(#"{"job":"verify"}"#)
            #expect(plain.outcome == .sound && plain.depth == .objects && plain.sample == "all")
        }
    }

    @Test func `a comparison finds what no event and no run has recorded, and writes nothing`() async throws {
        try await withFunction("compared") { server, function in
            let job = #"{"job":"drift"}"#
            let nothing = try #require(try await function.invoke(Self.schedule).report)
            #expect(nothing.outcome == .converged)
            let same = try #require(try await function.invoke(job).report)
            #expect(same.outcome == .converged && same.versions.inSync == 4 && same.versions.orphaned == 0)

            try server.delete(try version("com.acme:lib:1.1"))
            let gone = try #require(try await function.invoke(job).report)
            #expect(gone.outcome == .converged && gone.versions.orphaned == 1 && gone.versions.deleted == 0)

            _ = try await function.invoke(Self.schedule)
            let recorded = try #require(try await function.invoke(job).report)
            #expect(recorded.outcome == .converged && recorded.versions.orphaned == 1)

            server.setFaults([try Fault("codeartifact.ListPackages:403")])
            let failed = try #require(try await function.invoke(job).report)
            #expect(failed.outcome == .partial && failed.failures.map(\.kind) == ["denied"])
        }
    }

    @Test func `a verification that the time does not suffice for ends in a report that says so`() async throws {
        try await withFunction("cut") { _, function in
            let copied = try #require(try await function.invoke(Self.schedule).report)
            #expect(copied.versions.copied == 4)
        }
        // All of one second is kept for the report.
        try await withFunction("cut", timeout: 1) { _, function in
            // What a busy machine needs to start the process is not to be taken from it.
            _ = try await function.invoke(event(try version("com.acme:lib:1.1"), domain: "cut", format: "npm"))
            let text = try await function.invoke(#"{"job":"verify","depth":"bytes"}"#).text
            let report = try JSONDecoder().decode(VerifyReport.self, from: Data(text.utf8))
            #expect(report.outcome == .deadline, "\(text)")
            #expect(report.looked.versions < 4 && report.findings.isEmpty)
        }
    }

    @Test func `a new version of two files takes seventeen requests of a new process, and fourteen of a warm one`()
        async throws
    {
        try await withFunction("counted") { _, function in
            var counts = [
                "codeartifact.DescribePackageVersion": 2, "codeartifact.ListPackageVersionAssets": 1,
                "maven.GetAsset": 2, "s3.ListObjectsV2": 3, "s3.PutObject": 6,
            ]
            #expect(counts.values.reduce(0, +) == 14)
            let subjects = try ["1.1", "1.2"].map { try version("com.acme:lib:\($0)") }
            let first = try #require(try await function.invoke(event(subjects[0], domain: "counted")).report)
            let next = try #require(try await function.invoke(event(subjects[1], domain: "counted")).report)
            #expect(first.versions.copied == 1 && next.versions.copied == 1)
            #expect(next.requests == counts)
            // The names of the namespaces, for ten minutes; a token, and where the repository answers.
            counts["s3.ListObjectsV2"] = 4
            counts["codeartifact.GetAuthorizationToken"] = 1
            counts["codeartifact.GetRepositoryEndpoint"] = 1
            #expect(first.requests == counts)
        }
    }

    @Test func `a scheduled run notifies at its end, an event does not`() async throws {
        let posts = try await ScriptedHTTPServer.withServer { _ in
            .reply(204, text: "")
        } _: { server in
            try await withFunction(
                "noticed",
                environment: [
                    "RECONCILE_NOTIFY": server.url("/hook/s3cret"), "RECONCILE_NOTIFY_STYLE": "healthchecks",
                ]
            ) { _, function in
                _ = try await function.invoke(event(try version("com.acme:lib:1.1"), domain: "noticed"))
                #expect(server.requests.isEmpty)
                let report = try #require(try await function.invoke(Self.schedule).report)
                #expect(report.outcome == .converged)
                return server.requests
            }
        }
        #expect(posts.map(\.target) == ["/hook/s3cret/start", "/hook/s3cret"])
        let said = String(decoding: posts.last?.body ?? [], as: UTF8.self)
        for line in [
            #""command" : "run""#, #""domain" : "noticed""#, #""backup" : "s3://"#, #""outcome" : "converged""#,
            #""exit" : 0"#, #""copied" : 3"#, #""report" : "noticed/runs/"#,
        ] {
            #expect(said.contains(line), "\(line) in \(said)")
        }
    }

    @Test func `a run that cannot end well notifies of its failure`() async throws {
        let posts = try await ScriptedHTTPServer.withServer { _ in
            .reply(204, text: "")
        } _: { server in
            try await withFunction("failing", environment: ["RECONCILE_NOTIFY": server.url("/hook")]) {
                local,
                function in
                local.setFaults([try Fault("codeartifact.ListPackages:403")])
                _ = try await function.invoke(Self.schedule)
                return server.requests
            }
        }
        #expect(posts.map(\.target) == ["/hook"])
        let said = String(decoding: posts.last?.body ?? [], as: UTF8.self)
        #expect(said.contains(#""exit" : 7"#))
    }

    @Test func `what is not for this backup is skipped with the reason, and nonsense is an error`() async throws {
        try await withFunction("others") { server, function in
            let subject = try version("com.acme:lib:1.1")
            let elsewhere = try #require(try await function.invoke(event(subject, domain: "my-domain")).report)
            #expect(elsewhere.versions.skipped == 1)
            #expect(elsewhere.message?.contains("the event is about the domain my-domain") == true)
            let npm = try #require(try await function.invoke(event(subject, domain: "others", format: "npm")).report)
            #expect(npm.message == "the package format is npm; only maven is backed up")
            #expect(server.requests.isEmpty)
            let nonsense = try await function.invoke(#"{"job":"restore"}"#).text
            #expect(nonsense.contains(#""errorType":"Input.NotUnderstood""#))
            #expect(nonsense.contains("the job restore is unknown"))
        }
    }

    @Test func `a version that cannot be copied fails the invocation, and the next attempt protects it`() async throws {
        try await withFunction("retried") { server, function in
            let subject = try version("com.acme:lib:1.1")
            server.setFaults([try Fault("assets.GetObject:flip=0")])
            let failed = try await function.invoke(event(subject, domain: "retried")).text
            #expect(failed.contains(#""errorType":"Backup.corrupt""#), "\(failed)")
            server.setFaults([])
            let report = try #require(try await function.invoke(event(subject, domain: "retried")).report)
            #expect(report.versions.copied == 1)
        }
    }

    @Test func `an event whose record KMS does not sign fails, and the next attempt records the version`() async throws
    {
        try await withScratchDirectory { scratch in
            let (key, trust) = ("\(scratch)/key.pem", "\(scratch)/trust.json")
            let made = ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key]
            #expect(try await run("openssl", made).status == 0)
            let printed = try await run(
                Programs.reconcile,
                [
                    "trust", "--signing-key", key, "--domain", "signed", "--domain-owner", "111122223333", "--region",
                    LocalCodeArtifact.Configuration().region,
                ]
            )
            try Data(printed.output.utf8).write(to: URL(filePath: trust))
            let arn = try await LocalCodeArtifact.with { $0.signingKeyARN }
            try await withFunction(
                "signed",
                environment: ["RECONCILE_TRUST": trust, "RECONCILE_SIGNING_KEY": arn, "AWS_MAX_ATTEMPTS": "2"],
                signingKey: try String(contentsOfFile: key, encoding: .utf8)
            ) { server, function in
                let subject = try version("com.acme:lib:1.1")
                server.setFaults([try Fault("kms.Sign:503")])
                let failed = try await function.invoke(event(subject, domain: "signed")).text
                #expect(failed.contains(#""errorType":"Backup.partial""#), "\(failed)")
                #expect(failed.contains("1 version stored and not recorded"), "\(failed)")
                server.setFaults([])
                // What the process was answered last counts for half a minute.
                try await Task.sleep(for: .seconds(31))
                let report = try #require(try await function.invoke(event(subject, domain: "signed")).report)
                #expect(report.versions.copied == 1)
                #expect(report.requests["kms.Sign"] == 1)
                // In sync: nothing to sign. And a process has its certificate for its next events.
                let again = try #require(try await function.invoke(event(subject, domain: "signed")).report)
                #expect(again.versions.inSync == 1)
                #expect(again.requests["kms.Sign"] == nil)
                let next = try version("com.acme:lib:1.2")
                let other = try #require(try await function.invoke(event(next, domain: "signed")).report)
                #expect(other.versions.copied == 1)
                #expect(other.requests["kms.Sign"] == nil)
            }
        }
    }

    /// A batch as SQS sends it, of messages by id.
    private func queue(_ messages: KeyValuePairs<String, String>) throws -> String {
        let records = try messages.map { id, body in
            let quoted = String(decoding: try JSONEncoder().encode(body), as: UTF8.self)
            return #"{"messageId":"\#(id)","eventSource":"aws:sqs","body":\#(quoted)}"#
        }
        return #"{"Records":[\#(records.joined(separator: ","))]}"#
    }

    @Test func `a batch is answered with the records that may pass when they are sent again`() async throws {
        try await withFunction("queued") { server, function in
            func about(_ number: String, format: String = "maven") throws -> String {
                event(try version("com.acme:lib:\(number)"), domain: "queued", format: format)
            }
            server.setFaults([try Fault("assets.GetObject:flip=0:on=1.2/")])
            let batch = try queue([
                "one": about("1.1"), "two": about("1.2"), "again": about("1.1"), "other": about("1.1", format: "npm"),
                "nonsense": "{}", "three": about("1.3"),
                "nameless": about("1.4").replacing(#""packageNamespace":"com.acme","#, with: ""),
            ])
            let answer = try await function.invoke(batch).text
            #expect(answer == #"{"batchItemFailures":[{"itemIdentifier":"two"}]}"#)
            // An event that is in the batch twice is about the same state.
            #expect(server.requests["codeartifact.DescribePackageVersion"] == 6)

            // Without ids nothing can be asked for again alone.
            let pipe = "[\(try about("1.4")),\(try about("1.2"))]"
            let failed = try await function.invoke(pipe).text
            #expect(failed.contains(#""errorType":"Backup.corrupt""#), "\(failed)")
            #expect(failed.contains("1 of 2 events failed"), "\(failed)")
            server.setFaults([])
            #expect(try await function.invoke(pipe).text == #"{"batchItemFailures":[]}"#)

            let run = try #require(try await function.invoke(Self.schedule).report)
            #expect(run.versions.inSync == 4 && run.versions.copied == 0)

            let alone = try await function.invoke(
                about("1.4").replacing(#""packageNamespace":"com.acme","#, with: "")
            ).text
            #expect(alone.contains(#""errorType":"Input.NotUnderstood""#), "\(alone)")
            #expect(alone.contains("without a packageNamespace"), "\(alone)")
        }
    }

    @Test func `records that the time does not suffice for are to be sent again`() async throws {
        try await withFunction("late", timeout: 3) { server, function in
            // What a busy machine needs to start the process is not to be taken from the eight seconds.
            _ = try await function.invoke(event(try version("com.acme:lib:1.1"), domain: "late", format: "npm"))
            server.setFaults([try Fault("assets.GetObject:stall=100:on=1.2/")])
            let batch = try queue([
                "one": event(try version("com.acme:lib:1.1"), domain: "late"),
                "two": event(try version("com.acme:lib:1.2"), domain: "late"),
                "three": event(try version("com.acme:lib:1.3"), domain: "late"),
            ])
            let answer = try await function.invoke(batch).text
            #expect(answer == #"{"batchItemFailures":[{"itemIdentifier":"two"},{"itemIdentifier":"three"}]}"#)
            server.setFaults([])
            #expect(try await function.invoke(batch).text == #"{"batchItemFailures":[]}"#)
        }
    }

    @Test func `eight seconds end in a clean partial report, and the next invocation finishes`() async throws {
        try await withFunction(
            "short",
            timeout: 8,
            recipe: "packages=40,versions=4,assets=1,size=2000,seed=7",
            environment: ["RECONCILE_WIDTH": "4"]
        ) { server, function in
            // What a busy machine needs to start the process is not to be taken from the three seconds.
            _ = try await function.invoke(event(try version("com.acme:lib:1.1"), domain: "short", format: "npm"))
            server.setFaults([try Fault("assets.GetObject:stall=1:after=12")])
            let report = try #require(try await function.invoke(Self.schedule).report)
            #expect(report.outcome == .deadline)
            #expect(report.versions.copied > 0 && report.versions.copied < 160)
            #expect(report.failures.isEmpty)
            server.setFaults([])
            var next = try #require(try await function.invoke(Self.schedule).report)
            for _ in 0..<10 where next.outcome == .deadline {
                next = try #require(try await function.invoke(Self.schedule).report)
            }
            #expect(next.outcome == .converged)
            #expect(next.versions.listed == 164)
        }
    }

    @Test func `settings that make no sense are reported when the function starts`() async throws {
        try await withFunction("bad", environment: ["RECONCILE_DOMAIN_OWNER": "12"]) { _, function in
            let answer = try await function.invoke(Self.schedule).text
            #expect(answer.contains("Init.usage"), "\(answer)")
            #expect(answer.contains("RECONCILE_DOMAIN_OWNER"), "\(answer)")
        }
    }
}
