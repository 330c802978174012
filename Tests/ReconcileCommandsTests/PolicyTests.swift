import AWSServices
import ArgumentParser
import Foundation
import ReconcileApp
import ReconcileCommands
import ReconcileCore
import Testing

/// What `reconcile policy` grants, and that docs/PERMISSIONS.md shows the same.
@Suite struct PolicyTests {
    private static let place: PolicyPlace = {
        var place = PolicyPlace(domain: "my-domain", backup: BackupLocation("s3://my-bucket"))
        (place.region, place.owner) = ("eu-west-1", "111122223333")
        return place
    }()

    private func pairs(_ purpose: Purpose, at place: PolicyPlace = place) -> [String] {
        purpose.permissions(at: place).flatMap { one in one.resources.map { "\(one.action) \($0)" } }
    }

    @Test func `a run may read the domain, and read and add to its own folder of the bucket`() {
        let arn = "arn:aws:codeartifact:eu-west-1:111122223333"
        #expect(
            pairs(.run) == [
                "codeartifact:DescribeDomain \(arn):domain/my-domain",
                "codeartifact:GetAuthorizationToken \(arn):domain/my-domain",
                "codeartifact:GetDomainPermissionsPolicy \(arn):domain/my-domain",
                "codeartifact:ListPackageGroups \(arn):domain/my-domain",
                "codeartifact:ListRepositoriesInDomain \(arn):domain/my-domain",
                "codeartifact:ListTagsForResource \(arn):domain/my-domain",
                "codeartifact:DescribeRepository \(arn):repository/my-domain/*",
                "codeartifact:GetRepositoryEndpoint \(arn):repository/my-domain/*",
                "codeartifact:GetRepositoryPermissionsPolicy \(arn):repository/my-domain/*",
                "codeartifact:ListPackages \(arn):repository/my-domain/*",
                "codeartifact:ListTagsForResource \(arn):repository/my-domain/*",
                "codeartifact:ReadFromRepository \(arn):repository/my-domain/*",
                "codeartifact:DescribePackageVersion \(arn):package/my-domain/*/maven/*/*",
                "codeartifact:ListPackageVersionAssets \(arn):package/my-domain/*/maven/*/*",
                "codeartifact:ListPackageVersions \(arn):package/my-domain/*/maven/*/*",
                "codeartifact:ListAllowedRepositoriesForGroup \(arn):package-group/my-domain/*",
                "codeartifact:ListTagsForResource \(arn):package-group/my-domain/*",
                "sts:GetServiceBearerToken *",
                "s3:GetBucketVersioning arn:aws:s3:::my-bucket",
                "s3:ListBucket arn:aws:s3:::my-bucket",
                "s3:GetObject arn:aws:s3:::my-bucket/my-domain/*",
                "s3:PutObject arn:aws:s3:::my-bucket/my-domain/*",
            ]
        )
    }

    @Test func `named repositories are granted alone`() {
        var place = Self.place
        place.repositories = ["releases", "snapshots"]
        let granted = pairs(.drift, at: place)
        let arn = "arn:aws:codeartifact:eu-west-1:111122223333"
        for name in place.repositories {
            #expect(granted.contains("codeartifact:ListPackages \(arn):repository/my-domain/\(name)"))
            #expect(granted.contains("codeartifact:ListPackageVersions \(arn):package/my-domain/\(name)/maven/*/*"))
        }
        #expect(!granted.contains { $0.contains("my-domain/*/maven") || $0.contains("repository/my-domain/*") })
    }

    @Test func `who accepts losses may write their records and nothing else`() {
        let written = pairs(.acceptLoss).filter { $0.hasPrefix("s3:PutObject") }
        #expect(written == ["s3:PutObject arn:aws:s3:::my-bucket/my-domain/losses/*"])
        let recorded = pairs(.recordVerification).filter { !pairs(.verify).contains($0) }
        #expect(recorded == ["s3:PutObject arn:aws:s3:::my-bucket/my-domain/verifications/*"])
        let stated = pairs(.sign).filter { $0.hasPrefix("s3:PutObject") }
        #expect(stated == ["s3:PutObject arn:aws:s3:::my-bucket/my-domain/statements/*"])
    }

    @Test func `a canned ACL needs a further permission wherever something is written`() {
        var place = Self.place
        place.writing.cannedACL = "bucket-owner-full-control"
        for purpose in Purpose.allCases {
            let plain = pairs(purpose)
            let writes = plain.filter { $0.hasPrefix("s3:PutObject ") }
            let acl = writes.map { $0.replacing("s3:PutObject ", with: "s3:PutObjectAcl ") }
            #expect(Set(pairs(purpose, at: place)) == Set(plain + acl), "\(purpose)")
        }
        #expect(pairs(.run, at: place).contains("s3:PutObjectAcl arn:aws:s3:::my-bucket/my-domain/*"))
    }

    @Test func `with a role for the bucket, its policy and that of the role which assumes it are two`() async throws {
        let role = "arn:aws:iam::444455556666:role/vault"
        let given = ["--for", "run", "--domain", "my-domain", "--bucket", "my-bucket", "--backup-role-arn", role]
        let caller = try await Self.policy(given)
        #expect(
            caller.statement.map(\.sid) == ["Domain", "Repository", "Package", "PackageGroup", "Token", "BackupRole"]
        )
        #expect(caller.statement.last?.action == ["sts:AssumeRole"])
        #expect(caller.statement.last?.resource == [role])
        let bucket = try await Self.policy(given + ["--backup-role-policy", "--acl", "bucket-owner-full-control"])
        #expect(bucket.statement.map(\.sid) == ["Bucket", "Objects"])
        #expect(bucket.statement.last?.action == ["s3:GetObject", "s3:PutObject", "s3:PutObjectAcl"])
        let both = try await Self.policy(Array(given.dropLast(2)))
        #expect(both.statement == caller.statement.dropLast() + [bucket.statement[0]] + both.statement.suffix(1))
        await #expect(throws: UsageFailure.self) {
            try await Self.policy(Array(given.dropLast(2)) + ["--backup-role-policy"])
        }
    }

    @Test(arguments: Purpose.allCases)
    func `with a role for the bucket, the two policies grant together what one would`(purpose: Purpose) {
        var place = Self.place
        let alone = Set(pairs(purpose, at: place))
        place.backupRole = "arn:aws:iam::444455556666:role/vault"
        let permissions = purpose.permissions(at: place)
        let split = [PolicyDocument.Holder.role, .backupRole].flatMap { holder in
            PolicyDocument(permissions, of: holder).statement.flatMap { statement in
                statement.action.flatMap { action in statement.resource.map { "\(action) \($0)" } }
            }
        }
        #expect(Set(split.filter { !$0.hasPrefix("sts:AssumeRole ") }) == alone)
        #expect(split.count == Set(split).count)
    }

    @Test func `a restore to another domain writes there, and reads the folder of the first`() {
        var place = PolicyPlace(
            domain: "my-domain",
            backup: BackupLocation("s3://my-bucket/a/b"),
            target: "spare"
        )
        place.owner = "444455556666"
        let granted = pairs(.restore, at: place)
        #expect(
            granted.contains("codeartifact:ReadFromRepository arn:aws:codeartifact:*:444455556666:repository/spare/*")
        )
        #expect(granted.contains("s3:GetObject arn:aws:s3:::my-bucket/a/b/my-domain/*"))
        #expect(!granted.contains { $0.hasPrefix("s3:PutObject") || $0.contains("/my-domain/*/maven") })
    }

    @Test func `a key is granted for what reads or writes objects`() {
        var place = Self.place
        place.key = "arn:aws:kms:eu-west-1:111122223333:key/k"
        let ofKey = { (purpose: Purpose) in
            purpose.permissions(at: place).filter { $0.target == .key }.map(\.action)
        }
        #expect(ofKey(.verify) == ["kms:Decrypt"])
        for purpose in [Purpose.run, .repair, .acceptLoss, .recordVerification, .sign] {
            #expect(ofKey(purpose) == ["kms:Decrypt", "kms:GenerateDataKey"])
        }
        for purpose in Purpose.allCases {
            #expect(purpose.permissions(at: Self.place).allSatisfy { $0.target != .key })
        }
    }

    @Test func `a backup in a directory needs nothing of a bucket`() {
        let place = PolicyPlace(domain: "my-domain", backup: .directory("/srv/backup"))
        #expect(Purpose.serve.permissions(at: place).isEmpty)
        #expect(Purpose.repair.permissions(at: place).allSatisfy { $0.target < .bucket })
    }

    @Test func `an access point is granted by its own ARN, and has no versioning to ask for`() {
        let arn = "arn:aws:s3:eu-west-1:111122223333:accesspoint/ap"
        let place = PolicyPlace(domain: "d", backup: .bucket(name: arn, prefix: "x"))
        #expect(
            pairs(.verify, at: place) == [
                "s3:ListBucket \(arn)", "s3:ListBucketVersions \(arn)", "s3:GetObject \(arn)/object/x/d/*",
                "s3:GetObjectVersion \(arn)/object/x/d/*",
            ]
        )
    }

    @Test func `an access point's ARN is spelled as policies take it`() {
        let colon = PolicyPlace(
            domain: "d",
            backup: .bucket(name: "arn:aws-cn:s3:cn-north-1:111122223333:accesspoint:ap", prefix: "")
        )
        let arn = "arn:aws-cn:s3:cn-north-1:111122223333:accesspoint/ap"
        #expect(pairs(.show, at: colon) == ["s3:ListBucket \(arn)", "s3:GetObject \(arn)/object/d/*"])
        // Doctor, which is given an alias, leaves the ARN to be filled in.
        let alias = PolicyPlace(domain: "d", backup: .bucket(name: "ap-1a2b-s3alias", prefix: ""))
        let open = "arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME"
        #expect(pairs(.verify, at: alias).first == "s3:ListBucket \(open)")
        #expect(!pairs(.verify, at: alias).contains { $0.contains("GetBucketVersioning") })
    }

    @Test func `patterns and variables in a prefix are taken as they are`() {
        let place = PolicyPlace(domain: "d", backup: .bucket(name: "b-1", prefix: "a*?$"))
        #expect(pairs(.verify, at: place).contains("s3:GetObject arn:aws:s3:::b-1/a${*}${?}${$}/d/*"))
    }

    @Test func `each permission names the operations that need it, and each operation is granted`() throws {
        for purpose in Purpose.allCases {
            let permissions = purpose.permissions(at: Self.place)
            #expect(permissions.allSatisfy { one in one.operations.allSatisfy { $0.actions.contains(one.action) } })
            let command = try BackupFlags.parse(["--backup", "s3://my-bucket"])
            #expect(Set(permissions.flatMap(\.operations)) == command.operations(for: purpose))
        }
    }

    // MARK: The command

    @Test(arguments: [
        (["--bucket", "b-1", "--domain", "d"], "arn:aws:s3:::b-1/d/*"),
        (["--bucket", "b-1", "--prefix", "/x/", "--domain", "d"], "arn:aws:s3:::b-1/x/d/*"),
        (["--backup", "s3://b-2/y", "--domain", "d"], "arn:aws:s3:::b-2/y/d/*"),
        (["--backup", "s3://b-2/y", "--bucket", "b-1", "--domain", "d"], "arn:aws:s3:::b-1/d/*"),
        (["--region", "cn-north-1", "--bucket", "b-1", "--domain", "d"], "arn:aws-cn:s3:::b-1/d/*"),
    ])
    func `the bucket is the one that is named`(arguments: [String], resource: String) async throws {
        let policy = try await Self.policy(["--for", "verify"] + arguments)
        #expect(policy.statement.last?.resource == [resource])
    }

    @Test(arguments: [
        ["--prefix", "x"], ["--bucket", "a/b"], ["--bucket", "x", "--kms-key", "alias/backup"],
        ["--bucket", "b-1", "--kms-key", "arn:aws:kms:eu-west-1:111122223333:alias/backup"], ["--for", "everything"],
        ["--bucket", "b-1", "--domain-policy", "arn:aws:iam::111122223333:role/r", "--backup-role-policy"],
    ])
    func `values that no policy can name are refused`(arguments: [String]) {
        #expect(throws: (any Error).self) { try Reconcile.parseAsRoot(["policy", "--domain", "d"] + arguments) }
    }

    @Test(arguments: [
        ("ap-1a2b-s3alias", "--bucket arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME"),
        ("arn:aws:s3::111122223333:accesspoint/x.mrap", "is a multi-Region access point"),
        ("arn:aws:s3:::b-1", "is the ARN of a bucket: write s3://b-1."),
    ])
    func `what no policy takes for a bucket is refused, with what it takes`(bucket: String, words: String) async {
        let failure = await #expect(throws: (any Error).self) {
            try await Self.policy(["--for", "run", "--domain", "d", "--bucket", bucket])
        }
        #expect("\(failure.map(String.init(describing:)) ?? "")".contains(words))
    }

    @Test func `what is missing is named, all of it`() throws {
        let command = try #require(try Reconcile.parseAsRoot(["policy"]) as? Policy)
        let settings = try AWSSettings(environment: [:]) { _ in nil }
        #expect(command.missing(in: settings) == ["--for", "--domain", "--bucket"])
    }

    private static func policy(_ arguments: [String]) async throws -> PolicyDocument {
        let command = try #require(try Reconcile.parseAsRoot(["policy"] + arguments) as? Policy)
        let host = try Host(environment: [:], log: command.log, profile: nil)
        return try await command.perform(on: host)
    }

    // MARK: The documentation

    private static let page = try? String(contentsOf: root.appending(path: "docs/PERMISSIONS.md"), encoding: .utf8)
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Of each command line in the page, what follows it.
    private static var shown: [(line: String, policy: String)] {
        get throws {
            try #require(page).components(separatedBy: "```sh\n").dropFirst().map { rest in
                let parts = rest.components(separatedBy: "```")
                #expect(parts.count > 1 && parts[1].isEmpty == false)
                return (parts[0], parts[2].hasPrefix("json\n") ? String(parts[2].dropFirst(5)) : "")
            }
        }
    }

    @Test func `the page shows what the program prints`() async throws {
        let shown = try Self.shown
        #expect(shown.count >= 3)
        #expect(try #require(Self.page).components(separatedBy: "```json").count == shown.count + 1)
        for (line, text) in shown {
            let words = line.replacing("\\\n", with: " ").split { $0 == " " || $0 == "\n" }.map(String.init)
            #expect(words.prefix(2) == ["reconcile", "policy"])
            let expected = try await Self.policy(Array(words.dropFirst(2)))
            #expect(try JSONDecoder().decode(PolicyDocument.self, from: Data(text.utf8)) == expected, "\(line)")
        }
    }

    @Test func `the page's table has each action and who needs it`() throws {
        let columns: [[Purpose]] = [
            [.run], [.plan], [.drift], [.verify], [.verifyAgainstDomain], [.serve, .get],
            [.show, .history, .find, .status, .runs, .driftOffline], [.acceptLoss], [.recordVerification], [.drill],
            [.drillIntoDomain],
            [.sign], [.repair],
            [.restore], [.restoreDryRun], [.restoreConfiguration], [.restoreConfigurationDryRun],
        ]
        #expect(Set(columns.flatMap(\.self)) == Set(Purpose.allCases))
        var place = Self.place
        place.key = "arn:aws:kms:eu-west-1:111122223333:key/k"
        place.signingKey = "arn:aws:kms:eu-west-1:111122223333:key/s"
        place.writing.cannedACL = "bucket-owner-full-control"
        place.backupRole = "arn:aws:iam::444455556666:role/vault"
        var rows = [
            "| action | on | "
                + columns.map { $0.map { "`\($0.rawValue)`" }.joined(separator: ", ") }
                .joined(separator: " | ") + " |"
        ]
        rows.append("|---|---|" + columns.map { _ in ":-:|" }.joined())
        let needed = columns.map { $0.map { Set($0.permissions(at: place).map(Row.init)) } }
        for group in needed { #expect(Set(group).count == 1, "one column, one policy") }
        for row in Set(needed.flatMap { $0.flatMap(\.self) }).sorted() {
            let marks = needed.map { $0[0].contains(row) ? "✓" : "" }
            rows.append("| `\(row.action)` | \(row.target.words) | " + marks.joined(separator: " | ") + " |")
        }
        let table = rows.joined(separator: "\n")
        #expect(try #require(Self.page).contains(table), "\(table)")
    }

    @Test func `only what writes signed objects may sign, with the key that is named and with no other`() throws {
        var place = Self.place
        place.backupRole = "arn:aws:iam::444455556666:role/vault"
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/s"
        for key in [nil, arn] {
            place.signingKey = key
            let signing = Purpose.allCases.filter { purpose in
                purpose.permissions(at: place).contains { $0.action == "kms:Sign" && $0.resources == [arn] }
            }
            let signers: [Purpose] = [
                .run, .acceptLoss, .recordVerification, .sign, .repair, .drill, .drillIntoDomain,
            ]
            #expect(signing == (key == nil ? [] : signers))
            let all = Purpose.allCases.flatMap { $0.permissions(at: place) }
            #expect(all.allSatisfy { $0.action != "kms:GetPublicKey" })
        }
        // It is the command's own role that signs, not the one that reaches the bucket.
        let document = PolicyDocument(Purpose.run.permissions(at: place), of: .backupRole)
        #expect(!document.statements.contains("kms:Sign"))
        #expect(PolicyDocument(Purpose.run.permissions(at: place), of: .role).statements.contains("kms:Sign"))
    }

    private struct Row: Hashable, Comparable {
        let action: String
        let target: Permission.Target

        init(_ permission: Permission) { (action, target) = (permission.action, permission.target) }

        static func < (left: Row, right: Row) -> Bool {
            (left.target, left.action) < (right.target, right.action)
        }
    }
}

extension Permission.Target {
    /// As the page calls it.
    fileprivate var words: String {
        switch self {
        case .domain: "the domain"
        case .repository: "its repositories"
        case .package: "their packages"
        case .packageGroup: "its package groups"
        case .account: "`*`"
        case .bearerToken: "`*`"
        case .signingKey: "the signing key"
        case .backupRole: "`--backup-role-arn`"
        case .bucket: "the bucket"
        case .objects: "`DOMAIN/*` in it"
        case .losses: "`DOMAIN/losses/*`"
        case .verifications: "`DOMAIN/verifications/*`"
        case .statements: "`DOMAIN/statements/*`"
        case .drills: "`DOMAIN/drills/*`"
        case .key: "the bucket's key"
        }
    }
}
