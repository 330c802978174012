import FoundationEssentials
import LocalServices
import ReconcileApp
import ReconcileCommands
import ReconcileCore
import Testing

/// What doctor says of a healthy set-up, and of one in which one thing is wrong.
@Suite("Doctor", .timeLimit(.minutes(10)))
struct DoctorTests {
    private struct Answer: Decodable {
        struct Check: Decodable {
            let verdict: String
            let name: String
            let finding: String
            let advice: [String]
        }

        let checks: [Check]
        let bad: Int
        let unknown: Int
        let exit: Int32

        func names(_ verdict: String) -> [String] { checks.filter { $0.verdict == verdict }.map(\.name) }
    }

    /// - Parameters:
    ///   - denied: IAM actions that nobody is allowed.
    ///   - backedUp: whether a run was made before.
    private func doctor(
        for purpose: String = "run",
        denied: Set<String> = [],
        backedUp: Bool = false,
        arguments: [String] = [],
        environment more: [String: String] = [:],
        _ configure: (inout LocalS3Configuration) -> Void = { _ in },
        domain adjust: (inout LocalCodeArtifact.Configuration) -> Void = { _ in }
    ) async throws -> (status: Int, answer: Answer) {
        var domain = LocalCodeArtifact.Configuration()
        domain.denied = denied
        adjust(&domain)
        var bucket = LocalS3Configuration()
        bucket.region = domain.region
        bucket.credentials = domain.credentials
        bucket.keepsVersions = true
        bucket.denied = backedUp ? [] : denied
        configure(&bucket)
        return try await LocalCodeArtifact.with(domain) { server in
            server.publish(
                try version("com.acme:lib:1.0"),
                assets: ["lib-1.0.jar": Array("jar".utf8), "lib-1.0.pom": Array("<project/>".utf8)]
            )
            return try await LocalS3.with(bucket) { store in
                let environment = server.environment.merging(["AWS_ENDPOINT_URL_S3": store.endpoint]) { $1 }
                if backedUp {
                    let ran = try await server.reconcile(to: "s3://backup", environment: environment)
                    try #require(ran.status == 0, "\(ran.errors)")
                    store.deny(denied)
                }
                let finished = try await run(
                    Programs.reconcile,
                    ["doctor", "--for", purpose] + server.arguments(to: "s3://backup") + ["--output", "json"]
                        + arguments,
                    environment: environment.merging(more) { $1 }
                )
                let answer = try JSONDecoder().decode(Answer.self, from: Data(finished.output.utf8))
                #expect(answer.exit == Int32(finished.status))
                return (finished.status, answer)
            }
        }
    }

    @Test(
        "finds nothing bad in a healthy set-up, and nothing unknown but that there is no backup before a first run",
        arguments: Purpose.allCases,
        [false, true]
    )
    func healthy(purpose: Purpose, backedUp: Bool) async throws {
        let (status, answer) = try await doctor(for: purpose.rawValue, backedUp: backedUp)
        #expect(status == 0)
        #expect(answer.names("bad") == [])
        let untried: Set<String> =
            switch purpose {
            // Nothing that changes the domain is tried.
            case .restore, .drillIntoDomain: Self.publishing
            case .restoreConfiguration:
                Set(DomainUse.configuring.operations.flatMap(\.actions))
            default: []
            }
        // In an empty bucket there is nothing to read, unless the probe was written.
        let reads = ["s3:GetObject"] + (purpose.backupUses.contains(.readingOlder) ? ["s3:GetObjectVersion"] : [])
        let writes: [Purpose] = [.run, .repair, .acceptLoss, .recordVerification, .sign, .drill, .drillIntoDomain]
        let unread = Set(backedUp || writes.contains(purpose) ? [] : reads)
        let unverified: Set<String> = backedUp ? ["last verification", "newest checkpoint"] : ["backup"]
        #expect(Set(answer.names("unknown")) == untried.union(unread).union(unverified))
    }

    private static let publishing: Set<String> = [
        "codeartifact:PublishPackageVersion", "codeartifact:PutPackageMetadata",
        "codeartifact:PutPackageOriginConfiguration", "codeartifact:UpdatePackageVersionsStatus",
    ]

    private static let permissions = Purpose.run.permissions(
        at: PolicyPlace(domain: "d", backup: BackupLocation("s3://bucket"))
    )
    static let rights = permissions.filter { !$0.operations.allSatisfy(\.isOptional) }.map(\.action)
    static let optionalRights = Set(
        permissions.filter { $0.operations.allSatisfy(\.isOptional) }.map(\.action)
    ).sorted()

    @Test("says which permission a run can do without, and how to grant it", arguments: optionalRights)
    func dispensable(action: String) async throws {
        let (status, answer) = try await doctor(denied: [action], backedUp: true)
        #expect(status == 0)
        #expect(answer.names("bad") == [])
        let check = try #require(answer.checks.first { $0.name == action && $0.verdict == "unknown" })
        #expect(check.finding.contains("goes on without it"))
        #expect(check.advice.joined().contains("\"\(action)\""))
    }

    @Test("finds each permission that a run lacks, and no other", arguments: rights)
    func lacking(action: String) async throws {
        let (status, answer) = try await doctor(denied: [action])
        #expect(status == 7)
        #expect(answer.names("bad") == [action])
        let check = try #require(answer.checks.first { $0.name == action })
        #expect(check.advice.joined().contains("\"\(action)\""))
        #expect(check.advice.joined().contains("\"Resource\""))
    }

    @Test(
        "finds each permission that another command lacks",
        arguments: [Purpose.drift, .verify, .serve, .acceptLoss, .recordVerification, .sign, .drill]
    )
    func reading(purpose: Purpose) async throws {
        let place = PolicyPlace(domain: "d", backup: BackupLocation("s3://bucket"))
        let needed = purpose.permissions(at: place).filter { !$0.operations.allSatisfy(\.isOptional) }
        for action in needed.map(\.action) {
            let isOfBucket = action.hasPrefix("s3:")
            let (status, answer) = try await doctor(for: purpose.rawValue, denied: [action], backedUp: isOfBucket)
            #expect(status == 7, "\(action)")
            #expect(answer.names("bad") == [action])
        }
    }

    @Test(
        "tries a write where the command writes, and leaves what changes nothing",
        arguments: [
            ("run", "runs"), ("accept-loss", "losses"), ("record-verification", "verifications"),
            ("sign", "statements"), ("drill", "drills"),
        ]
    )
    func probe(purpose: String, folder: String) async throws {
        let domain = LocalCodeArtifact.Configuration()
        var bucket = LocalS3Configuration(beside: domain)
        bucket.keepsVersions = true
        try await LocalCodeArtifact.with(domain) { server in
            server.publish(try version("com.acme:lib:1.0"), assets: ["lib-1.0.jar": [1]])
            try await LocalS3.with(bucket) { store in
                let environment = server.environment.merging(["AWS_ENDPOINT_URL_S3": store.endpoint]) { $1 }
                #expect(try await server.reconcile(to: "s3://backup", environment: environment).status == 0)
                let before = Set(store.keys())
                for _ in 0..<2 {
                    let arguments = ["doctor", "--for", purpose] + server.arguments(to: "s3://backup")
                    let finished = try await run(Programs.reconcile, arguments, environment: environment)
                    #expect(finished.status == 0, "\(finished.output)")
                    #expect(Set(store.keys()).subtracting(before) == ["my-domain/\(folder)/doctor.json"])
                }
                for command in ["verify", "status", "runs"] {
                    let arguments = [command, "--domain", "my-domain", "--backup", "s3://backup"]
                    let finished = try await run(Programs.reconcile, arguments, environment: environment)
                    #expect(finished.status == 0, "\(command): \(finished.errors)")
                }
                #expect(try await server.reconcile(to: "s3://backup", environment: environment).status == 0)
            }
        }
    }

    @Test("writes nothing where there is no such domain", arguments: ["run", "repair"])
    func mistyped(purpose: String) async throws {
        let domain = LocalCodeArtifact.Configuration()
        try await LocalCodeArtifact.with(domain) { server in
            try await LocalS3.with(LocalS3Configuration(beside: domain)) { store in
                let environment = server.environment.merging(["AWS_ENDPOINT_URL_S3": store.endpoint]) { $1 }
                let arguments = server.arguments(to: "s3://backup").map { $0 == "my-domain" ? "my-domian" : $0 }
                let finished = try await run(
                    Programs.reconcile,
                    ["doctor", "--for", purpose] + arguments,
                    environment: environment
                )
                #expect(finished.status == 8, "\(finished.output)")
                #expect(finished.output.contains("no such domain"))
                #expect(store.keys().isEmpty)
            }
        }
    }

    @Test("says what the last recorded verification found, and only --record needs to write")
    func verification() async throws {
        let domain = LocalCodeArtifact.Configuration()
        try await LocalCodeArtifact.with(domain) { server in
            server.publish(try version("com.acme:lib:1.0"), assets: ["lib-1.0.jar": [1]])
            try await LocalS3.with(LocalS3Configuration(beside: domain)) { store in
                let endpoint = ["AWS_ENDPOINT_URL_S3": store.endpoint]
                func verify(_ more: String...) async throws -> Int {
                    try await server.reconcile("verify", "s3://backup", more, environment: endpoint, seconds: 60).status
                }
                func last() async throws -> (verdict: String, finding: String) {
                    let finished = try await run(
                        Programs.reconcile,
                        ["doctor"] + server.arguments(to: "s3://backup") + ["--output", "json"],
                        environment: server.environment.merging(endpoint) { $1 }
                    )
                    let answer = try JSONDecoder().decode(Answer.self, from: Data(finished.output.utf8))
                    let check = try #require(answer.checks.first { $0.name == "last verification" })
                    return (check.verdict, check.finding)
                }
                #expect(try await server.reconcile(to: "s3://backup", environment: endpoint).status == 0)
                store.deny(["s3:PutObject"])
                #expect(try await verify() == 0)
                #expect(try await verify("--record") == 7)
                store.deny([])
                #expect(try await last().verdict == "unknown")
                store.resetRequests()
                #expect(try await verify("--record") == 0)
                #expect(store.requests["s3.PutObject"] == 1)
                let intact = try await last()
                #expect(intact.verdict == "good")
                #expect(intact.finding.hasPrefix("sound "), "\(intact)")
                #expect(intact.finding.hasSuffix("s ago: 1 version, depth objects, sample all"), "\(intact)")
                store.store([2], under: "my-domain/maven/releases/com/acme/lib/1.0/lib-1.0.jar")
                // Of two reports of one second, either may be the newest.
                try await Task.sleep(for: .seconds(1))
                #expect(try await verify("--record", "--settling", "0s", "--depth", "bytes") == 6)
                for isLong in [false, true] {
                    let faulty = try await last()
                    #expect(faulty.verdict == "bad")
                    #expect(faulty.finding.hasPrefix("1 fault "), "\(faulty)")
                    // Then the first page does not reach this month.
                    if !isLong {
                        for number in 0...1_000 {
                            store.store([1], under: "my-domain/verifications/2020-01-01/\(number).json")
                        }
                    }
                }
            }
        }
    }

    @Test("finds the permission that a canned ACL takes, which a run is refused for as well")
    func sharing() async throws {
        let acl = ["--acl", "bucket-owner-full-control"]
        let (status, answer) = try await doctor(denied: ["s3:PutObjectAcl"], arguments: acl)
        #expect(status == 7)
        #expect(answer.names("bad") == ["s3:PutObjectAcl"])
        #expect(try await doctor(denied: ["s3:PutObjectAcl"]).status == 0)
        let domain = LocalCodeArtifact.Configuration()
        var bucket = LocalS3Configuration(beside: domain)
        bucket.denied = ["s3:PutObjectAcl"]
        try await LocalCodeArtifact.with(domain) { server in
            server.publish(try version("com.acme:lib:1.0"), assets: ["lib-1.0.jar": [1]])
            try await LocalS3.with(bucket) { store in
                let endpoint = ["AWS_ENDPOINT_URL_S3": store.endpoint]
                let refused = try await server.reconcile(to: "s3://backup", acl, environment: endpoint)
                #expect(refused.status == 7, "\(refused.errors)")
                #expect(refused.errors.contains("s3:PutObject and s3:PutObjectAcl"), "\(refused.errors)")
                store.deny([])
                #expect(try await server.reconcile(to: "s3://backup", acl, environment: endpoint).status == 0)
            }
        }
    }

    @Test("compares the rates with the account's quotas, which may be below the default ones")
    func quotas() async throws {
        let few = ThrottleRates(["ListPackages": 100, "reads": 1_600])
        let (status, answer) = try await doctor { _ in
        } domain: {
            $0.throttle = few
        }
        #expect(status == 8)
        let rates = try #require(answer.checks.first { $0.name == "rates" })
        #expect(rates.verdict == "bad")
        #expect(rates.finding.contains("ListPackages 160 of 100, ListPackageVersions 160 of 200"), "\(rates.finding)")
        #expect(rates.finding.contains("reads 640 of 1600"), "\(rates.finding)")
        #expect(rates.advice == ["--rate-list-packages 80"])
        let denied = try await doctor(denied: ["servicequotas:ListServiceQuotas"])
        #expect(denied.status == 0)
        let unknown = try #require(denied.answer.checks.first { $0.verdict == "unknown" && $0.name == "quotas" })
        #expect(unknown.finding == "the account's own: needs servicequotas:ListServiceQuotas, which is not allowed")
    }

    @Test("does not need the permissions to look at the bucket's set-up, and names them")
    func configuration() async throws {
        let actions: Set = [
            "s3:GetBucketPublicAccessBlock", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
            "s3:GetBucketObjectLockConfiguration",
        ]
        let (status, answer) = try await doctor(denied: actions)
        #expect(status == 0)
        let unknown = answer.checks.filter { $0.verdict == "unknown" }
        #expect(unknown.map(\.name) == ["public access", "encryption", "Object Lock", "lifecycle rules", "backup"])
        for action in actions { #expect(unknown.contains { $0.finding.contains(action) }) }
    }

    @Test("names a bucket without versions and what turns them on, with 8")
    func versions() async throws {
        let (status, answer) = try await doctor { $0.keepsVersions = false }
        #expect(status == 8)
        #expect(answer.names("bad") == ["versioning"])
        #expect(
            answer.checks.first { $0.name == "versioning" }?.advice == [
                "aws s3api put-bucket-versioning --bucket backup --versioning-configuration Status=Enabled"
            ]
        )
    }

    @Test("names a rule that ends what records name, with 8")
    func rules() async throws {
        let xml = """
            <LifecycleConfiguration><Rule><ID>tidy</ID><Filter><Prefix>my-domain/</Prefix></Filter>
            <Status>Enabled</Status><Expiration><Days>365</Days></Expiration></Rule></LifecycleConfiguration>
            """
        let (status, answer) = try await doctor {
            $0.faults = [LocalS3Fault(.answer(Array(xml.utf8)), on: "s3.GetBucketLifecycleConfiguration", .always)]
        }
        #expect(status == 8)
        #expect(answer.names("bad") == ["lifecycle rules"])
        #expect(answer.checks.contains { $0.finding.contains("\"tidy\" removes objects") })
    }

    @Test("names a domain that is not there, with 8")
    func domain() async throws {
        let (status, answer) = try await doctor(arguments: ["--domain", "my-domian"])
        #expect(status == 8)
        #expect(answer.names("bad") == ["domain"])
    }

    @Test("names a bucket that is not there, or takes nothing, with 8", arguments: ["run", "verify", "serve"])
    func bucketAbsent(purpose: String) async throws {
        let (status, answer) = try await doctor(for: purpose, arguments: ["--backup", "s3://no-such-bucket"])
        #expect(status == 8)
        #expect(answer.names("bad").contains("bucket"), "\(answer.names("bad"))")
        #expect(!answer.names("good").contains { $0.hasPrefix("s3:") }, "\(answer.names("good"))")
    }

    @Test(
        "tries the place of --witness as a run uses it",
        arguments: [
            ("s3://backup/witness", "good", 0), ("s3://nowhere/witness", "bad", 8),
            ("file:///nonexistent/witness", "unknown", 0),
        ]
    )
    func witness(place: String, verdict: String, status: Int) async throws {
        let found = try await doctor(arguments: ["--witness", place])
        #expect(found.status == status, "\(found.answer.checks)")
        #expect(found.answer.names(verdict).contains("witness"), "\(found.answer.checks)")
        // Nothing but a run stores anything there.
        let other = try await doctor(for: "verify", backedUp: true, arguments: ["--witness", place])
        #expect(!other.answer.checks.contains { $0.name == "witness" })
    }

    @Test("says which right the witness lacks, with 7")
    func lackingWitness() async throws {
        let found = try await doctor(
            denied: ["s3:PutObject"],
            backedUp: true,
            arguments: ["--witness", "s3://backup/w"]
        )
        #expect(found.status == 7)
        let check = try #require(found.answer.checks.first { $0.name == "witness" })
        #expect(check.verdict == "bad" && check.finding.contains("The role needs s3:PutObject on it"), "\(check)")
    }

    @Test("names a repository that is not there, with 8", arguments: [["nope"], ["nope", "releases"]])
    func repositoryAbsent(names: [String]) async throws {
        let (status, answer) = try await doctor(arguments: names.flatMap { ["--repository", $0] })
        #expect(status == 8)
        let check = try #require(answer.checks.first { $0.name == "domain" })
        #expect(check.verdict == "bad" && check.finding.contains("no repository nope"), "\(check)")
    }

    @Test("says that the key is not known, and looks no further, with 7")
    func credentials() async throws {
        let (status, answer) = try await doctor(environment: ["AWS_ACCESS_KEY_ID": "AKIASTRANGER"])
        #expect(status == 7)
        #expect(answer.names("bad") == ["credentials"])
        #expect(answer.checks.count == 5)
    }
}
