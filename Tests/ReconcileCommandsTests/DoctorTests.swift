import AWSServices
import ArgumentParser
import DirectoryAdapter
import ReconcileApp
import ReconcileCore
import Testing

@testable import ReconcileCommands

@Suite("What doctor makes of what it sees")
struct DoctorTests {
    @Test("Lines fit the terminal, and what is to be copied stands below its check as it is")
    func lines() {
        let examination = Examination([
            .good("s3:ListBucket"),
            .good("caller", "arn:aws:sts::111122223333:assumed-role/backup/session in account 111122223333"),
            .bad("versioning", "off", "aws s3api put-bucket-versioning"),
            .unknown("clock", "the service's answer shows no time"),
        ])
        #expect(
            examination.lines(width: 60) == [
                "good     s3:ListBucket",
                "good     caller:",
                "         arn:aws:sts::111122223333:assumed-role/backup/session",
                "         in account 111122223333",
                "BAD      versioning: off",
                "           aws s3api put-bucket-versioning",
                "unknown  clock: the service's answer shows no time",
                "",
                "2 good, 1 bad, 1 unknown",
            ]
        )
    }

    @Test("A command that is too long is continued with a backslash, a sentence is wrapped, and JSON is moved")
    func advice() {
        let command = "aws s3api put-bucket-versioning --bucket backup --versioning-configuration Status=Enabled"
        #expect(
            AdviceLines.of(command, width: 80) == [
                "           aws s3api put-bucket-versioning --bucket backup \\",
                "             --versioning-configuration Status=Enabled",
            ]
        )
        #expect(
            AdviceLines.of("Check the region, the proxy and the codeartifact.api endpoint.", width: 50) == [
                "           Check the region, the proxy and the", "           codeartifact.api endpoint.",
            ]
        )
        let long = "  \"arn:aws:codeartifact:eu-west-1:111122223333:package/my-domain/*/maven/*/*\""
        #expect(AdviceLines.of("{\n\(long)\n}", width: 80).allSatisfy { $0.count <= 80 })
        #expect(AdviceLines.of("{\n\(long)\n}", width: 80)[1].hasSuffix(long))
        #expect(AdviceLines.of("{}", width: 80) == ["           {}"])
        // Quoted values may be broken at spaces, since the shell takes a backslash at the end away there too.
        let value = (1...9).map { "Value\($0)=true" }.joined(separator: ", ")
        let lines = AdviceLines.of("aws s3api put --name \"\(value)\"", width: 60)
        #expect(lines.count > 2 && lines.dropLast().allSatisfy { $0.hasSuffix(" \\") && $0.count <= 60 })
    }

    @Test("A refusal is quoted, and answered with what its kind takes")
    func refusal() throws {
        let place = PolicyPlace(domain: "d", backup: BackupLocation("s3://bucket"))
        let put = try #require(Purpose.run.permissions(at: place).first { $0.action == "s3:PutObject" })
        func check(_ cause: Denial.Cause?, _ words: String = "User: arn:aws:sts::1:assumed-role/backup/s is not")
            -> Check
        {
            let denial = Denial(cause, words: words)
            let failure = RemoteFailure(.denied, operation: S3Operations.put, target: "k", message: "m", denial: denial)
            return .refused(put, failure, isForeign: false)
        }
        let said = "refused for k (s3.PutObject). The service said: User: arn:aws:sts::1:assumed-role/backup/s is not."
        #expect(check(nil).finding == "\(said) Allow it with:")
        #expect(check(.unallowed(.identity)).advice.joined().contains("\"s3:PutObject\""))
        #expect(check(nil, "").finding == "refused for k (s3.PutObject). Allow it with:")
        let denied = check(.denied(.resource))
        #expect(denied.finding.hasPrefix("\(said) The bucket's policy denies it explicitly"))
        #expect(denied.advice == ["aws s3api get-bucket-policy --bucket bucket --query Policy --output text"])
        #expect(denied.isAboutAccess)
        #expect(check(.unallowed(.boundary)).advice == ["aws iam get-role --role-name backup"])
        #expect(check(.denied(nil)).advice == [])
    }

    @Test("A refusal that names the bucket's KMS key makes the key known")
    func refusedKey() async throws {
        let key = "arn:aws:kms:eu-west-1:111122223333:key/abc"
        var trials = Trials()
        #expect(trials.refusedKey == nil)
        _ = try await trials.attempt([S3Operations.put]) { () async throws -> Int? in
            let words = "User: u is not authorized to perform: kms:GenerateDataKey on resource: \(key) because of x"
            let denial = Denial(.unallowed(.resource), words: words)
            throw RemoteFailure(.denied, operation: S3Operations.put, target: "t", message: words, denial: denial)
        }
        #expect(trials.refusedKey == key)
        var place = PolicyPlace(domain: "d", backup: BackupLocation("s3://bucket"))
        place.key = trials.refusedKey
        let permissions = Purpose.run.permissions(at: place)
        let bad = permissions.map { trials.check($0, among: permissions) }.filter { $0.verdict == .bad }
        #expect(bad.map(\.name) == ["kms:GenerateDataKey"])
        #expect(bad.first?.finding.contains("The KMS key's policy does not allow it") == true)
        let command = "aws kms get-key-policy --key-id \(key) --policy-name default --query Policy --output text"
        #expect(bad.first?.advice == [command])
    }

    @Test("What has not answered is asked nothing more, and what depends on it says so")
    func silence() async throws {
        let permissions = Purpose.run.permissions(at: PolicyPlace(domain: "d", backup: BackupLocation("s3://bucket")))
        var trials = Trials()
        var asked = 0
        for operation in [S3Operations.list, S3Operations.put] {
            _ = try await trials.attempt([operation]) { () async throws -> Int? in
                asked += 1
                let message = "no response began"
                throw RemoteFailure(
                    .unavailable,
                    operation: operation,
                    target: "t",
                    message: message,
                    lacksAnswer: true
                )
            }
        }
        #expect(asked == 1)
        #expect(trials.silence(of: "codeartifact") == nil)
        for permission in permissions where permission.action.hasPrefix("s3:") {
            #expect(
                trials.check(permission, among: permissions)
                    == .unknown(permission.action, "not checked: s3.ListObjectsV2 got no answer")
            )
        }
    }

    @Test("What was not tried says after which failure; an answer that asks for patience is no silence")
    func untried() async throws {
        let permissions = Purpose.run.permissions(at: PolicyPlace(domain: "d", backup: BackupLocation("s3://bucket")))
        var trials = Trials()
        let list = CodeArtifactOperations.listRepositories
        for (operation, kind) in [(S3Operations.list, RemoteFailure.Kind.unavailable), (list, .denied)] {
            _ = try await trials.attempt([operation]) { () async throws -> Int? in
                throw RemoteFailure(kind, operation: operation, target: "t", message: "m")
            }
        }
        #expect(try await trials.attempt([S3Operations.put]) { 1 } == 1)
        func check(_ action: String) throws -> Check {
            trials.check(try #require(permissions.first { $0.action == action }), among: permissions)
        }
        #expect(try check("s3:ListBucket") == .unknown("s3:ListBucket", "m"))
        #expect(try check("s3:PutObject") == .good("s3:PutObject"))
        #expect(try check("s3:GetObject") == .unknown("s3:GetObject", "not tried: s3.ListObjectsV2 failed"))
        let packages = "codeartifact:ListPackages"
        #expect(
            try check(packages) == .unknown(packages, "not tried: codeartifact.ListRepositoriesInDomain was refused")
        )
    }

    @Test("What is unknown does not change the exit status; a lack of permission outweighs the rest")
    func exits() {
        let bad = Check.bad("versioning", "off")
        let denied = Check.bad("s3:PutObject", "refused", access: true)
        #expect(Examination([.good("a"), .unknown("b", "c")]).exit == .converged)
        #expect(Examination([.good("a"), bad]).exit == .refused)
        #expect(Examination([bad, denied]).exit == .credentials)
    }

    private static func rule(
        _ prefix: String,
        expires: Bool = false,
        older: Bool = false,
        classes: Set<String> = []
    ) -> LifecycleRule {
        var rule = LifecycleRule()
        (rule.id, rule.prefix, rule.expires, rule.expiresOlder) = ("r", prefix, expires, older)
        rule.classes = classes
        return rule
    }

    @Test(
        "A lifecycle rule is bad where it ends, or moves out of reach, what records name",
        arguments: [
            (rule("", expires: true), true), (rule("demo/", older: true), true), (rule("demo/ma", expires: true), true),
            (rule("demo/maven/releases/", classes: ["GLACIER"]), true),
            (rule("demo/manifests/", classes: ["DEEP_ARCHIVE", "STANDARD_IA"]), true),
            (rule("demo/runs/", expires: true, older: true), false), (rule("other/", expires: true), false),
            (rule("demo/maven/", classes: ["STANDARD_IA", "GLACIER_IR", "INTELLIGENT_TIERING"]), false),
            (rule(""), false),
        ]
    )
    func lifecycle(rule: LifecycleRule, isBad: Bool) {
        let check = BucketChecks.lifecycle([rule], bucket: "b", kept: ["demo/maven/", "demo/manifests/maven/"])
        #expect(check.verdict == (isBad ? .bad : .good))
    }

    @Test("A refusal is blamed on the permission that its words name, else on all that the request needs")
    func blame() async throws {
        let place = PolicyPlace(domain: "d", backup: BackupLocation("s3://bucket"))
        let permissions = Purpose.repair.permissions(at: place)
        func bad(_ operation: ServiceOperation, _ message: String) async throws -> [String] {
            var trials = Trials()
            _ = try await trials.attempt([operation]) { () async throws -> Int? in
                throw RemoteFailure(.denied, operation: operation, target: "t", message: message)
            }
            return permissions.filter { trials.check($0, among: permissions).verdict == .bad }.map(\.action).sorted()
        }
        let token = CodeArtifactOperations.getToken
        #expect(
            try await bad(token, "not authorized to perform: sts:GetServiceBearerToken on resource: *")
                == ["sts:GetServiceBearerToken"]
        )
        #expect(
            try await bad(token, "access denied")
                == ["codeartifact:GetAuthorizationToken", "sts:GetServiceBearerToken"]
        )
        #expect(
            try await bad(S3Operations.headVersion, "not authorized to perform: s3:GetObjectVersion")
                == ["s3:GetObjectVersion"]
        )
    }

    @Test("An answer that a thing is not there shows that it may be asked for")
    func absence() async throws {
        let permissions = Purpose.show.permissions(at: PolicyPlace(domain: "d", backup: BackupLocation("s3://bucket")))
        var trials = Trials()
        let value = try await trials.attempt([S3Operations.get]) { () async throws -> Int? in
            throw RemoteFailure(.absent, operation: S3Operations.get, target: "t", message: "no such key")
        }
        #expect(value == nil)
        let read = try #require(permissions.first { $0.action == "s3:GetObject" })
        #expect(trials.check(read, among: permissions) == .good("s3:GetObject"))
    }

    @Test("An action on several kinds of resources has a row for each, which says which")
    func resources() async throws {
        let permissions = Purpose.run.permissions(at: PolicyPlace(domain: "d", backup: BackupLocation("s3://bucket")))
        var trials = Trials()
        let operations = [
            CodeArtifactOperations.listDomainTags, CodeArtifactOperations.listRepositoryTags,
            CodeArtifactOperations.listGroupTags,
        ]
        for operation in operations { _ = try await trials.attempt([operation]) { 1 } }
        let checks = permissions.filter { $0.action == "codeartifact:ListTagsForResource" }
            .map { trials.check($0, among: permissions) }
        #expect(
            checks
                == ["the domain", "repositories", "package groups"].map {
                    .good("codeartifact:ListTagsForResource", "on \($0)")
                }
        )
    }

    @Test("A run is bad where it left something unprotected, and unknown where it is two days old")
    func runs() throws {
        let began = try #require(Timestamp(extended: "2026-11-27T10:00:00Z"))
        var report = RunReport(runID: "r", domain: "d", startedAt: began)
        report.recorded = RunReport.Recorded(versions: 5)
        let key = ObjectKey("d/runs/2026-11-27/r.json")
        let end = Double(began.seconds)
        #expect(
            BackupChecks.lastRun(report, at: key, now: end + 3_600)
                == .good("last run", "converged 1h00m ago, 5 versions recorded then")
        )
        #expect(
            BackupChecks.lastRun(report, at: key, now: end + 200_000)
                == .unknown("last run", "converged 2d07h ago, 5 versions recorded then; does its schedule still run?")
        )
        #expect(
            BackupChecks.lastRun(report, at: key, now: end + 3_600, before: report)
                == .good(
                    "last run",
                    "converged 1h00m ago, 5 versions recorded then (not counting the later run r, whose --package or "
                        + "--repository matched nothing)"
                )
        )
        report.outcome = .partial
        report.versions.failed = 2
        #expect(
            BackupChecks.lastRun(report, at: key, now: end + 60)
                == .bad(
                    "last run",
                    "partial 1m00s ago, 5 versions recorded then, 2 versions not protected",
                    "The report says which, and why: d/runs/2026-11-27/r.json"
                )
        )
    }

    @Test("A folder of a directory that may not be read is bad and named, whatever is looked for in it")
    func hiddenFolders() throws {
        let words = "the file system denies this user access (Permission denied); check the owner and mode"
        let list = RemoteFailure(.denied, operation: DirectoryOperations.list, target: "acme/runs/", message: words)
        #expect(Check.failed("last run", list) == .bad("last run", "acme/runs/: \(words)"))
        let link = RemoteFailure(.invalid, operation: DirectoryOperations.list, target: "acme/runs/", message: "a link")
        #expect(Check.failed("last run", link) == .bad("last run", "acme/runs/: a link"))
        let bucket = RemoteFailure(.denied, operation: S3Operations.list, target: "acme/runs/", message: words)
        #expect(
            Check.failed("last run", bucket) == .unknown("last run", "needs s3:ListBucket, which is not allowed")
        )
        let write = RemoteFailure(
            .denied,
            operation: DirectoryOperations.write,
            target: "acme/runs/doctor.json",
            message: words
        )
        #expect(
            BackupChecks.directory(write, at: "file:///srv/my backup")
                == .bad("directory", "acme/runs/doctor.json: \(words)", "ls -ld '/srv/my backup/acme/runs'")
        )
        let whole = RemoteFailure(
            .denied,
            operation: DirectoryOperations.open,
            target: "file:///srv/backup",
            message: words
        )
        #expect(
            BackupChecks.directory(whole, at: "file:///srv/backup") == .bad("directory", words, "ls -ld /srv/backup")
        )
    }

    @Test("A sound verification that does not pass the trust file is unknown, and a faulty one is bad all the same")
    func verifications() throws {
        let began = try #require(Timestamp(extended: "2026-11-27T10:00:00Z"))
        var report = VerifyReport(runID: "v", domain: "d", options: Verifier.Options(), startedAt: began)
        let key = ObjectKey("d/verifications/2026-11-27/v.json")
        func check(isProved: Bool) -> Check {
            BackupChecks.lastVerification(report, at: key, now: Double(began.seconds) + 60, isProved: isProved)
        }
        #expect(check(isProved: true).verdict == .good)
        #expect(check(isProved: false).verdict == .unknown)
        #expect(check(isProved: false).finding.contains("does not pass the trust file"))
        report.outcome = .faulty
        for isProved in [true, false] { #expect(check(isProved: isProved).verdict == .bad) }
    }

    @Test("A clock is bad from a minute on, in either direction")
    func clocks() {
        #expect(CallerChecks.clock(59).verdict == .good)
        #expect(CallerChecks.clock(-59).verdict == .good)
        #expect(
            CallerChecks.clock(400)
                == .bad("clock", "this machine's clock is 400 seconds behind AWS's", "timedatectl set-ntp true")
        )
        #expect(
            CallerChecks.clock(-90)
                == .bad("clock", "this machine's clock is 90 seconds ahead of AWS's", "timedatectl set-ntp true")
        )
        #expect(CallerChecks.clock(nil).verdict == .unknown)
    }

    @Test("Credentials are named by their place, and are unknown where they end without others to follow")
    func credentials() {
        func check(_ expiry: Double?, _ isRenewable: Bool, isTemporary: Bool = true) -> Check {
            let facts = AWSAccess.CredentialFacts(
                place: "environment",
                expiry: expiry,
                isTemporary: isTemporary,
                isRenewable: isRenewable
            )
            return CallerChecks.credentials(facts, now: 1_000)
        }
        #expect(check(nil, false, isTemporary: false) == .good("credentials", "environment; they do not expire"))
        #expect(
            check(nil, false)
                == .unknown("credentials", "environment; they are temporary, and nothing says when they expire")
        )
        #expect(check(4_600, true) == .good("credentials", "environment; they expire in 1h00m and are renewed"))
        #expect(
            check(4_600, false)
                == .unknown(
                    "credentials",
                    "environment; they expire in 1h00m and cannot be renewed, and a run that takes longer ends with 7"
                )
        )
    }

    @Test("Settings are named by where they were found, without the password of a URL")
    func settings() throws {
        let reader = CommandReader<any ParsableCommand>(Reconcile.self)
        let reading = try reader.read(
            ["doctor", "--domain", "demo", "--repository", "a", "--repository=b"],
            environment: [
                "RECONCILE_BACKUP": "s3://bucket", "RECONCILE_DOMAIN_OWNER": "111122223333",
                "RECONCILE_PATH_STYLE": "no",
            ],
            readFile: { _ in nil }
        )
        #expect(
            CallerChecks.settings(reading.settings)
                == .good(
                    "settings",
                    "domain demo, repository a, repository b (the command line); backup s3://bucket (RECONCILE_BACKUP); "
                        + "domain-owner 111122223333 (RECONCILE_DOMAIN_OWNER); no-path-style (RECONCILE_PATH_STYLE)"
                )
        )
        #expect(
            CallerChecks.network(["HTTPS_PROXY": "http://user:secret@proxy:3128"], caBundle: nil)
                == .good("network", "HTTPS_PROXY http://…@proxy:3128")
        )
        #expect(
            CallerChecks.network(
                ["https_proxy": "user:secret@proxy:3128"],
                caBundle: ("/ca.pem", "REQUESTS_CA_BUNDLE")
            ) == .good("network", "https_proxy …@proxy:3128, certificates from /ca.pem (REQUESTS_CA_BUNDLE)")
        )
    }
}
