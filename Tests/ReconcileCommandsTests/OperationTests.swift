import ArgumentParser
import ReconcileApp
import ReconcileCommands
import ReconcileCore
import Testing

@Suite("What a command may ask of the domain and the backup")
struct OperationTests {
    static let describing = ["codeartifact:DescribePackageVersion", "codeartifact:ListPackageVersionAssets"]
    static let restorable = describing + ["codeartifact:ListPackageVersions", "codeartifact:ListRepositoriesInDomain"]
    static let listing = restorable + ["codeartifact:ListPackages"]
    static let reading = [
        "codeartifact:GetAuthorizationToken", "codeartifact:GetRepositoryEndpoint",
        "codeartifact:ReadFromRepository", "sts:GetServiceBearerToken",
    ]
    static let configuration = [
        "codeartifact:DescribeDomain", "codeartifact:DescribeRepository", "codeartifact:GetDomainPermissionsPolicy",
        "codeartifact:GetRepositoryPermissionsPolicy", "codeartifact:ListAllowedRepositoriesForGroup",
        "codeartifact:ListPackageGroups", "codeartifact:ListTagsForResource",
    ]
    static let naming = ["codeartifact:ListRepositoriesInDomain"]
    static let configuring = [
        "codeartifact:AssociateExternalConnection", "codeartifact:AssociateWithDownstreamRepository",
        "codeartifact:CreateDomain", "codeartifact:CreatePackageGroup", "codeartifact:CreateRepository",
        "codeartifact:DeleteDomainPermissionsPolicy", "codeartifact:DeleteRepositoryPermissionsPolicy",
        "codeartifact:DisassociateExternalConnection", "codeartifact:PutDomainPermissionsPolicy",
        "codeartifact:PutRepositoryPermissionsPolicy", "codeartifact:TagResource", "codeartifact:UntagResource",
        "codeartifact:UpdatePackageGroup", "codeartifact:UpdatePackageGroupOriginConfiguration",
        "codeartifact:UpdateRepository",
    ]
    static let controls = ["codeartifact:DescribePackage"]
    static let comparing = controls + ["codeartifact:DescribeRepository"]
    static let publishing = [
        "codeartifact:PublishPackageVersion",
        "codeartifact:PutPackageMetadata", "codeartifact:PutPackageOriginConfiguration",
        "codeartifact:UpdatePackageVersionsStatus",
    ]
    static let bucket = ["s3:GetObject", "s3:ListBucket"]
    static let versioned = bucket + ["s3:GetBucketVersioning"]
    static let older = ["s3:GetObjectVersion"]
    static let history = older + ["s3:ListBucketVersions"]

    static let expected: [(line: String, actions: [[String]])] = [
        ("run", [listing, configuration, reading, versioned, ["s3:PutObject"]]),
        ("run --no-record-configuration", [listing, reading, versioned, ["s3:PutObject"]]),
        ("plan", [listing, reading, versioned]),
        ("drift", [listing, configuration, versioned]),
        ("drift --offline", [bucket]),
        ("verify", [versioned, history]),
        (
            "verify --against-domain",
            [["codeartifact:ListPackageVersionAssets", "codeartifact:ListPackageVersions"], versioned, history]
        ),
        ("verify --repair", [describing, controls, reading, versioned, history, ["s3:PutObject"]]),
        ("verify --accept-loss k --reason r", [versioned, history, ["s3:PutObject"]]),
        (
            "sign",
            [
                ["codeartifact:ListPackageVersionAssets", "codeartifact:ListPackageVersions"], naming, controls,
                configuration, bucket, ["s3:PutObject"],
            ]
        ),
        ("restore", [restorable, comparing, reading, publishing, bucket, older]),
        ("restore --dry-run", [restorable, comparing, bucket, older]),
        ("restore --configuration", [naming, configuration, configuring, bucket]),
        ("restore --configuration --dry-run", [naming, configuration, bucket]),
        ("show g:a", [bucket]),
        ("history g:a", [bucket]),
        ("get g:a:v", [bucket, older]),
        ("find x", [bucket]),
        ("status", [bucket]),
        ("runs", [bucket]),
    ]

    @Test("A command's operations take exactly the IAM actions that its role needs", arguments: expected)
    func actions(_ line: String, _ expected: [[String]]) throws {
        let actions = try Set(Self.operations(line, backup: "s3://bucket").flatMap(\.actions))
        #expect(actions.sorted() == expected.flatMap(\.self).sorted())
    }

    @Test("Only a command that writes to the backup may write to its directory")
    func directory() throws {
        let writers = try ["run", "plan", "drift", "verify", "verify --repair", "restore", "show g:a", "history g:a"]
            .filter { try Self.operations($0, backup: "file:///backup").contains { $0.kind == .store && $0.isWrite } }
        #expect(writers == ["run", "verify --repair"])
    }

    @Test("Only a restore that is no rehearsal may write to the domain")
    func domain() throws {
        let lines = [
            "run", "plan", "drift", "verify --repair", "restore --dry-run", "restore", "restore --configuration",
            "restore --configuration --dry-run",
        ]
        let writers =
            try lines
            .filter { try Self.operations($0, backup: "s3://bucket").contains { $0.kind == .domain && $0.isWrite } }
        #expect(writers == ["restore", "restore --configuration"])
    }

    private static func operations(_ line: String, backup: String) throws -> Set<ServiceOperation> {
        let command = try Reconcile.parseAsRoot(line.split(separator: " ").map(String.init) + ["--backup", backup])
        return try #require(command as? any HostedCommand).operations
    }
}
