import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A domain whose configuration changes, by the aws CLI, and what run, show and history make of it.
@Suite(.timeLimit(.minutes(5)), .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out the aws CLI"))
struct ConfigurationTests {
    private struct Shown: Decodable {
        struct Configuration: Decodable {
            struct Repository: Decodable {
                struct Properties: Decodable {
                    let upstreams: [String]
                    let externalConnections: [String]
                }

                let name: String
                let properties: Properties
            }

            struct Group: Decodable {
                struct Restriction: Decodable {
                    let type: String
                    let mode: String
                    let repositories: [String]
                }

                let pattern: String
                let restrictions: [Restriction]
            }

            let policy: String?
            let unknown: [String]?
            let repositories: [Repository]
            let packageGroups: [Group]
        }

        let recordedAt: String
        let configuration: Configuration
    }

    private struct Told: Decodable {
        struct Record: Decodable {
            let recordedAt: String
            let changes: [ConfigurationChange]
        }

        let records: [Record]
    }

    private struct Drifted: Decodable {
        struct Configuration: Decodable {
            let changes: [ConfigurationChange]
        }

        let configuration: Configuration
    }

    private static let open =
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","#
        + #""Action":"codeartifact:*","Resource":"*"}]}"#

    private typealias AWS = @Sendable (_ arguments: [String]) async throws -> Void

    private func withDomain(
        _ body: @Sendable (LocalCodeArtifact, _ backup: String, AWS) async throws -> Void
    ) async throws {
        try await withScratchDirectory { scratch in
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                server.publish(try version("com.acme:app:1.0"), assets: ["app-1.0.jar": Array("jar".utf8)])
                let domain = server.configuration.domain
                try await body(server, "file://\(scratch)/backup") { arguments in
                    let ended = try await run(
                        "aws",
                        ["codeartifact"] + arguments + ["--domain", domain],
                        environment: server.environment.merging(["AWS_PAGER": ""]) { $1 }
                    )
                    try #require(ended.status == 0, "\(ended.errors)")
                }
            }
        }
    }

    private func ask<Document: Decodable>(
        _ type: Document.Type,
        _ arguments: [String],
        _ server: LocalCodeArtifact,
        _ backup: String,
        exit: Int32 = 0
    ) async throws -> Document {
        let ended = try await run(
            Programs.reconcile,
            arguments + ["--domain", server.configuration.domain, "--backup", backup, "--output", "json"],
            environment: server.environment
        )
        try #require(ended.status == exit, "\(ended.errors)")
        return try JSONDecoder().decode(Document.self, from: Data(ended.output.utf8))
    }

    @Test func `each change is recorded, warned of, and shown afterwards`() async throws {
        try await withDomain { server, backup, aws in
            try await aws([
                "create-repository", "--repository", "central", "--upstreams", "repositoryName=releases",
            ])
            let first = try await server.reconcile(to: backup)
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.report?.configuration?.key?.hasPrefix("my-domain/configuration/") == true)
            #expect(first.report?.warnings == [])

            server.resetRequests()
            let second = try await server.reconcile(to: backup)
            #expect(second.report?.configuration?.key == nil && second.report?.configuration?.changes == [])
            #expect(
                server.requests == [
                    "codeartifact.ListRepositoriesInDomain": 1, "codeartifact.ListPackages": 2,
                    "codeartifact.ListPackageVersions": 1, "codeartifact.DescribeDomain": 1,
                    "codeartifact.GetDomainPermissionsPolicy": 1, "codeartifact.DescribeRepository": 2,
                    "codeartifact.GetRepositoryPermissionsPolicy": 2, "codeartifact.ListPackageGroups": 1,
                    "codeartifact.ListTagsForResource": 1 + 2 + 1,
                ]
            )

            try await aws(["put-domain-permissions-policy", "--policy-document", Self.open])
            try await aws(["create-package-group", "--package-group", "/maven/com.acme/*"])
            try await aws([
                "update-package-group-origin-configuration", "--package-group", "/maven/com.acme/*",
                "--restrictions", "PUBLISH=ALLOW_SPECIFIC_REPOSITORIES", "--add-allowed-repositories",
                "repositoryName=releases,originRestrictionType=PUBLISH",
            ])
            let drift = try await ask(
                Drifted.self,
                ["drift", "--domain-owner", "111122223333"],
                server,
                backup,
                exit: 4
            )
            #expect(
                drift.configuration.changes.map(\.sentence) == [
                    "the domain has a permissions policy now (allows more): now Allow codeartifact:* on * to *",
                    "package group /maven/com.acme/* is new",
                ]
            )
            // Records are dated by the second.
            try await Task.sleep(for: .seconds(1))
            let third = try await server.reconcile(to: backup)
            #expect(third.status == 0, "\(third.errors)")
            #expect(third.report?.configuration?.accessChanges == 1)
            #expect(third.errors.contains("the domain has a permissions policy now (allows more)"), "\(third.errors)")

            let shown = try await ask(Shown.self, ["show", "--configuration"], server, backup)
            #expect(shown.configuration.policy == Self.open && shown.configuration.unknown == nil)
            #expect(shown.configuration.repositories.map(\.name) == ["central", "releases"])
            #expect(shown.configuration.repositories.first?.properties.upstreams == ["releases"])
            let group = try #require(shown.configuration.packageGroups.last)
            #expect(group.pattern == "/maven/com.acme/*")
            #expect(group.restrictions.last?.mode == "ALLOW_SPECIFIC_REPOSITORIES")
            #expect(group.restrictions.last?.repositories == ["releases"])

            let told = try await ask(Told.self, ["history", "--configuration"], server, backup)
            #expect(told.records.count == 2 && told.records.first?.changes == [])
            #expect(
                told.records.last?.changes.map(\.sentence) == [
                    "the domain has a permissions policy now (allows more): now Allow codeartifact:* on * to *",
                    "package group /maven/com.acme/* is new",
                ]
            )
            let before = try #require(told.records.first?.recordedAt)
            let earlier = try await ask(Shown.self, ["show", "--configuration", "--as-of", before], server, backup)
            #expect(earlier.configuration.policy == nil && earlier.recordedAt == before)
        }
    }

    @Test func `without rights a run works as before, warns once, and records those parts as unknown`() async throws {
        try await withDomain { server, backup, _ in
            let names = [
                "DescribeDomain", "GetDomainPermissionsPolicy", "DescribeRepository", "GetRepositoryPermissionsPolicy",
                "ListTagsForResource", "ListPackageGroups", "ListAllowedRepositoriesForGroup",
            ]
            server.setFaults(try names.map { try Fault("codeartifact.\($0):403") })
            let denied = try await server.reconcile(to: backup)
            #expect(denied.status == 0, "\(denied.errors)")
            #expect(denied.report?.versions.copied == 1 && denied.report?.warnings.count == 1)
            let warning = try #require(denied.report?.warnings.first)
            // Tags are not asked for without the ARN of a description, and groups are not listed.
            for name in names.prefix(4) + ["ListPackageGroups"] {
                #expect(warning.contains("codeartifact:\(name)"), "\(warning)")
            }
            let shown = try await run(
                Programs.reconcile,
                ["show", "--configuration", "--domain", "my-domain", "--backup", backup, "--output", "table"]
            )
            #expect(shown.output.contains("  permissions policy  unknown\n"), "\(shown.output)")
            #expect(shown.output.contains("package groups unknown"))
        }
    }

    @Test func `it is not read where a setting, a shard or a selection of repositories says so`() async throws {
        try await withDomain { server, backup, _ in
            for arguments in [["--no-record-configuration"], ["--repository", "releases"], ["--shard", "1/2"]] {
                server.resetRequests()
                let ended = try await server.reconcile(to: backup, arguments + ["--allow-empty"])
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(ended.report?.configuration == nil)
                #expect(server.requests["codeartifact.DescribeDomain"] == nil, "\(arguments)")
            }
            let absent = try await run(
                Programs.reconcile,
                ["show", "--configuration", "--domain", "my-domain", "--backup", backup]
            )
            #expect(absent.status == 8)
            #expect(absent.errors.contains("no configuration of the domain my-domain is recorded"), "\(absent.errors)")
        }
    }
}
