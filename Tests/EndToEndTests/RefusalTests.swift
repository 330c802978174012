import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A right that is missing for a whole operation ends a run at once with 7 and the IAM action; a refusal of one item is a
/// failure of that item alone.
@Suite struct RefusalTests {
    private static let width = 8

    private func withDomain(
        _ faults: [String] = [],
        packages: Int = 50,
        _ body: @Sendable (LocalCodeArtifact, LocalS3) async throws -> Void
    ) async throws {
        try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
            var configuration = LocalS3Configuration(beside: server.configuration)
            configuration.plan = server.faults
            try await LocalS3.with(configuration) { store in
                for number in 10..<(10 + packages) {
                    server.publish(
                        try version("com.acme:lib-\(number):1.0"),
                        assets: ["lib-\(number)-1.0.jar": [UInt8(number)], "lib-\(number)-1.0.pom": [1]]
                    )
                }
                server.setFaults(try faults.map { try Fault($0) })
                try await body(server, store)
            }
        }
    }

    private func errors(_ run: Reconciled) -> [Substring] {
        run.errors.split(separator: "\n").filter { $0.contains(#""level":"error""#) }
    }

    /// A run that ends with 7, names the action, and logs three errors at most.
    private func expectRefusedRun(
        of server: LocalCodeArtifact,
        into store: LocalS3,
        naming action: String
    ) async throws {
        let run = try await server.reconcile(
            to: "s3://backup/b",
            ["--width", "\(Self.width)"],
            environment: ["AWS_ENDPOINT_URL_S3": store.endpoint]
        )
        #expect(run.status == 7, "\(run.errors)")
        #expect(run.report?.message?.contains(action) == true, "\(run.output)")
        #expect(errors(run).count <= 3, "\(run.errors)")
    }

    @Test(
        "An operation of the domain that is refused as a whole ends the run with 7 and few calls",
        arguments: [
            ("codeartifact.ListRepositoriesInDomain", "codeartifact:ListRepositoriesInDomain"),
            ("codeartifact.ListPackages", "codeartifact:ListPackages"),
            ("codeartifact.ListPackageVersions", "codeartifact:ListPackageVersions"),
            ("codeartifact.ListPackageVersionAssets", "codeartifact:ListPackageVersionAssets"),
            ("codeartifact.DescribePackageVersion", "codeartifact:DescribePackageVersion"),
            ("codeartifact.GetAuthorizationToken", "codeartifact:GetAuthorizationToken"),
            ("codeartifact.GetRepositoryEndpoint", "codeartifact:GetRepositoryEndpoint"),
            ("maven.GetAsset", "codeartifact:ReadFromRepository"),
            ("maven.GetMetadata", "codeartifact:ReadFromRepository"),
        ]
    )
    func whole(_ operation: String, _ action: String) async throws {
        try await withDomain(["\(operation):403"]) { server, store in
            try await expectRefusedRun(of: server, into: store, naming: action)
            #expect(server.requests[operation, default: 0] <= Self.width + 20, "\(server.requests)")
            #expect(server.requests["codeartifact.GetAuthorizationToken", default: 0] <= Self.width + 20)
            #expect(server.requests["maven.GetAsset", default: 0] <= 2 * (Self.width + 20), "\(server.requests)")
        }
    }

    @Test(
        "An operation on a repository that is refused in a domain of two packages ends the run with 7",
        arguments: [
            ("codeartifact.ListPackages", "codeartifact:ListPackages"),
            ("codeartifact.GetRepositoryEndpoint", "codeartifact:GetRepositoryEndpoint"),
        ]
    )
    func few(_ operation: String, _ action: String) async throws {
        try await withDomain(["\(operation):403"], packages: 2) { server, store in
            let run = try await server.reconcile(
                to: "s3://backup/b",
                environment: ["AWS_ENDPOINT_URL_S3": store.endpoint]
            )
            #expect(run.status == 7, "\(run.errors)")
            #expect(run.report?.message?.contains(action) == true, "\(run.output)")
        }
    }

    @Test(
        "An operation of the store that is refused as a whole ends the run with 7",
        arguments: [
            ("s3.ListObjectsV2", "s3:ListBucket"), ("s3.PutObject", "s3:PutObject"),
            ("s3.GetBucketVersioning", "s3:GetBucketVersioning"), ("s3.GetObject", "s3:GetObject"),
            ("s3.HeadObject", "s3:GetObject"),
        ]
    )
    func store(_ operation: String, _ action: String) async throws {
        try await withDomain { server, store in
            // What is already under the keys of assets is inspected.
            for number in 10..<60 where operation == "s3.HeadObject" {
                store.store(
                    [1, 2],
                    under: "b/my-domain/maven/releases/com/acme/lib-\(number)/1.0/lib-\(number)-1.0.jar"
                )
            }
            store.inject(LocalS3Fault(.error(status: 403, code: "AccessDenied"), on: operation, .always))
            let run = try await server.reconcile(
                to: "s3://backup/b",
                ["--width", "\(Self.width)"],
                environment: ["AWS_ENDPOINT_URL_S3": store.endpoint]
            )
            #expect(run.status == 7, "\(run.errors)")
            let said = run.errors + run.output
            #expect(said.contains(action), "\(said)")
            #expect(errors(run).count <= 3, "\(run.errors)")
            if operation.hasSuffix("Object"), operation != "s3.PutObject" {
                #expect(store.requests[operation, default: 0] <= Self.width + 20, "\(store.requests)")
            }
        }
    }

    @Test
    func `a restore whose records may not be read ends with 7, and one archived record is named with the command`()
        async throws
    {
        try await withDomain { server, store in
            let environment = ["AWS_ENDPOINT_URL_S3": store.endpoint]
            #expect(try await server.reconcile(to: "s3://backup/b", environment: environment).status == 0)
            try server.loseEverything()
            func restore() async throws -> Reconciled {
                store.resetRequests()
                return try await server.reconcile(
                    "restore",
                    "s3://backup/b",
                    ["--width", "\(Self.width)"],
                    environment: environment,
                    seconds: 120
                )
            }
            store.inject(LocalS3Fault(.error(status: 403, code: "AccessDenied"), on: "s3.GetObject", .always))
            let none = try await restore()
            #expect(none.status == 7, "\(none.errors)")
            #expect(none.errors.contains("s3:GetObject") && errors(none).count <= 3, "\(none.errors)")
            #expect(store.requests["s3.GetObject", default: 0] <= Self.width + 20, "\(store.requests)")

            store.clearFaults()
            store.inject(
                LocalS3Fault(
                    .error(status: 403, code: "InvalidObjectState"),
                    on: "s3.GetObject",
                    keyPart: "manifests/maven/releases/com.acme/lib-33/",
                    .always
                )
            )
            let one = try await restore()
            #expect(one.status == 3, "\(one.errors)")
            #expect(errors(one).count == 1)
            let command =
                "aws s3api restore-object --bucket backup --key 'b/my-domain/manifests/maven/releases/com.acme/lib-33/"
            #expect(one.errors.contains(command), "\(one.errors)")
            #expect(one.report?.versions.copied == 49)
        }
    }

    @Test(
        "A right that two operations need ends the run with 7 after a dozen refusals, and three errors at most"
    )
    func twoOperations() async throws {
        try await withDomain(["maven.GetAsset:403", "maven.GetMetadata:403"]) { server, store in
            try await expectRefusedRun(of: server, into: store, naming: "codeartifact:ReadFromRepository")
            for operation in ["maven.GetAsset", "maven.GetMetadata"] {
                #expect(server.requests[operation, default: 0] <= Self.width + 20, "\(server.requests)")
            }
        }
    }

    @Test("A right that two operations on the bucket need is reported in three errors at most")
    func twoOperationsOfTheStore() async throws {
        try await withDomain { server, store in
            for number in 10..<60 {
                store.store(
                    [1, 2],
                    under: "b/my-domain/maven/releases/com/acme/lib-\(number)/1.0/lib-\(number)-1.0.jar"
                )
            }
            for operation in ["s3.GetObject", "s3.HeadObject"] {
                store.inject(LocalS3Fault(.error(status: 403, code: "AccessDenied"), on: operation, .always))
            }
            try await expectRefusedRun(of: server, into: store, naming: "s3:GetObject")
            for operation in ["s3.GetObject", "s3.HeadObject"] {
                #expect(store.requests[operation, default: 0] <= Self.width + 20, "\(store.requests)")
            }
        }
    }

    @Test func `the words of a single refusal are said once`() async throws {
        try await withDomain(["codeartifact.ListPackages:403"]) { server, store in
            let run = try await server.reconcile(
                to: "s3://backup/b",
                environment: ["AWS_ENDPOINT_URL_S3": store.endpoint]
            )
            let first = try #require(run.report?.failures.first?.message)
            let words = try #require(first.split(separator: ": ").last.map { $0.prefix(40) })
            #expect(errors(run).filter { $0.contains(words) }.count == 1, "\(run.errors)")
            #expect(errors(run).count == 2, "\(run.errors)")
        }
    }

    @Test(
        "A right that is refused for one package is a failure of that package in every run",
        arguments: [
            "codeartifact.ListPackageVersionAssets:403:on=package=refused",
            "codeartifact.DescribePackageVersion:403:on=package=refused", "maven.GetAsset:403:on=/refused/",
        ],
        [1, 5, 20]
    )
    func onePackage(_ fault: String, _ versions: Int) async throws {
        try await withDomain(packages: 4) { server, store in
            for number in 0..<versions {
                server.publish(
                    try version("com.acme:refused:1.\(number)"),
                    assets: ["refused-1.\(number).jar": [UInt8(number)]]
                )
            }
            server.setFaults([try Fault(fault)])
            for copied in [4, 0] {
                let run = try await server.reconcile(
                    to: "s3://backup/b",
                    environment: ["AWS_ENDPOINT_URL_S3": store.endpoint]
                )
                #expect(run.status == 3, "\(run.errors)")
                let report = try #require(run.report)
                #expect(report.versions.copied == copied && report.versions.failed == versions, "\(run.output)")
                #expect(report.failures.allSatisfy { $0.place.package == "refused" && $0.kind == "denied" })
                #expect(errors(run).count <= 3, "\(run.errors)")
            }
        }
    }

    @Test(
        "A refusal of one item in fifty is a failure of that one",
        arguments: [
            ("codeartifact.ListPackageVersions:403:on=package=lib-33", 49),
            ("codeartifact.ListPackageVersionAssets:403:on=package=lib-33", 49),
            ("codeartifact.DescribePackageVersion:403:on=package=lib-33", 49),
            ("maven.GetAsset:403:on=lib-33-1.0.jar", 49),
        ]
    )
    func single(_ fault: String, _ copied: Int) async throws {
        try await withDomain([fault]) { server, store in
            let run = try await server.reconcile(
                to: "s3://backup/b",
                environment: ["AWS_ENDPOINT_URL_S3": store.endpoint]
            )
            #expect(run.status == 3, "\(run.errors)")
            #expect(run.report?.versions.copied == copied)
            let failures = try #require(run.report?.failures)
            #expect(!failures.isEmpty && failures.allSatisfy { $0.place.package == "lib-33" && $0.kind == "denied" })
        }
    }

    @Test func `verify names one object that may not be read, and ends with 7 where none may`() async throws {
        try await withDomain { server, store in
            let environment = ["AWS_ENDPOINT_URL_S3": store.endpoint]
            #expect(try await server.reconcile(to: "s3://backup/b", environment: environment).status == 0)
            let key = "b/my-domain/maven/releases/com/acme/lib-33/1.0/lib-33-1.0.jar"
            store.inject(
                LocalS3Fault(
                    .error(status: 403, code: "AccessDenied"),
                    on: "s3.GetObject",
                    keyPart: key,
                    .always
                )
            )
            func verify() async throws -> Reconciled {
                try await server.reconcile(
                    "verify",
                    "s3://backup/b",
                    ["--depth", "bytes", "--settling", "0s"],
                    environment: environment,
                    seconds: 120
                )
            }
            let one = try await verify()
            #expect(one.status == 6, "\(one.errors)")
            let report = try JSONDecoder().decode(VerifyReport.self, from: Data(one.output.utf8))
            #expect(report.findings.map(\.key) == [String(key.dropFirst(2))])
            #expect(report.findings.map(\.kind) == [.unreadableObject])
            store.inject(LocalS3Fault(.error(status: 403, code: "AccessDenied"), on: "s3.GetObject", .always))
            let none = try await verify()
            #expect(none.status == 7, "\(none.errors)")
            #expect(none.output.contains("s3:GetObject"))
        }
    }

    @Test(
        "A refusal of single objects by the store leaves everything else protected, exit 3",
        arguments: [
            ("s3.PutObject:403:on=lib-33-1.0.jar", 49...49), ("s3.PutObject:403:on=lib-33/", 49...49),
            ("s3.PutObject:403:every=25", 36...49), ("s3.ListObjectsV2:403:on=lib-33/", 49...50),
        ]
    )
    func singleObject(_ fault: String, _ copied: ClosedRange<Int>) async throws {
        try await withDomain([fault]) { server, store in
            let run = try await server.reconcile(
                to: "s3://backup/b",
                environment: ["AWS_ENDPOINT_URL_S3": store.endpoint]
            )
            #expect(run.status == 3, "\(run.errors)")
            let report = try #require(run.report)
            #expect(copied.contains(report.versions.copied), "\(run.output)")
            #expect(!report.failures.isEmpty && report.failures.allSatisfy { $0.kind == "denied" }, "\(run.output)")
        }
    }

    @Test func `a bucket of assets that refuses everything ends the run with 7 and says what to allow`() async throws {
        try await withDomain(["assets.GetObject:403"]) { server, store in
            let run = try await server.reconcile(
                to: "s3://backup/b",
                ["--width", "\(Self.width)"],
                environment: ["AWS_ENDPOINT_URL_S3": store.endpoint]
            )
            #expect(run.status == 7, "\(run.errors)")
            let message = run.report?.message ?? ""
            #expect(message.contains("allow s3:GetObject on") && message.contains("S3 gateway endpoint"), "\(message)")
            #expect(errors(run).count <= 3, "\(run.errors)")
            #expect(server.requests["assets.GetObject", default: 0] <= Self.width + 20, "\(server.requests)")
            #expect(server.requests["maven.GetAsset", default: 0] <= 2 * (Self.width + 20), "\(server.requests)")
        }
    }

    @Test(
        "One asset that its bucket refuses is asked for once more, and is then a failure of that asset",
        arguments: [("", 3, 49, 2), (",first=1", 0, 50, 2)]
    )
    func asset(_ condition: String, _ status: Int, _ copied: Int, _ requests: Int) async throws {
        try await withDomain(["assets.GetObject:403:on=lib-33-1.0.jar\(condition)"]) { server, store in
            let run = try await server.reconcile(
                to: "s3://backup/b",
                environment: ["AWS_ENDPOINT_URL_S3": store.endpoint]
            )
            #expect(run.status == status, "\(run.errors)")
            #expect(run.report?.versions.copied == copied)
            #expect(server.requests["assets.GetObject"] == 99 + requests, "\(server.requests)")
        }
    }

    @Test(
        "A right that is revoked in mid-run ends it with 7 after a dozen refusals",
        arguments: [
            ("maven.GetAsset:403:after=30", "codeartifact:ReadFromRepository"),
            ("codeartifact.ListPackageVersions:403:after=20", "codeartifact:ListPackageVersions"),
            ("codeartifact.DescribePackageVersion:403:after=20", "codeartifact:DescribePackageVersion"),
            ("assets.GetObject:403:after=30", "s3:GetObject"),
        ]
    )
    func revoked(_ fault: String, _ action: String) async throws {
        try await withDomain([fault]) { server, store in
            try await expectRefusedRun(of: server, into: store, naming: action)
            let parts = fault.split(separator: ":")
            let allowed = try #require(Int(parts[2].dropFirst("after=".count)))
            #expect(server.requests[String(parts[0]), default: 0] <= allowed + Self.width + 20, "\(server.requests)")
        }
    }

    @Test func `verify names one package that may not be listed, and looks at all others`() async throws {
        let folder = "my-domain/maven/releases/com/acme/lib-33/"
        try await withDomain { server, store in
            let environment = ["AWS_ENDPOINT_URL_S3": store.endpoint]
            #expect(try await server.reconcile(to: "s3://backup/b", environment: environment).status == 0)
            server.setFaults([try Fault("s3.ListObjectsV2:403:on=b/\(folder)")])
            let one = try await server.reconcile(
                "verify",
                "s3://backup/b",
                ["--depth", "objects", "--settling", "0s"],
                environment: environment,
                seconds: 120
            )
            #expect(one.status == 6, "\(one.errors)")
            let report = try JSONDecoder().decode(VerifyReport.self, from: Data(one.output.utf8))
            #expect(report.findings.map(\.key) == [folder], "\(one.output)")
            #expect(report.findings.map(\.kind) == [.unreadableObject])
            #expect(report.looked.packages == 50)
        }
    }
}
