import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A domain that is backed up, loses everything, and is restored by the program itself.
@Suite struct RestoreTests {
    private let app = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "app")

    private func withParts(
        _ configure: (inout LocalCodeArtifact.Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (LocalCodeArtifact, _ backup: String) async throws -> Void
    ) async throws {
        var configuration = LocalCodeArtifact.Configuration(
            repositories: [.init("releases"), .init("shared"), .init("copy")]
        )
        configure(&configuration)
        try await withTimeout { [configuration] in
            try await withScratchDirectory { scratch in
                try await LocalCodeArtifact.with(configuration) { server in
                    try await body(server, "file://\(scratch)/backup")
                }
            }
        }
    }

    private func version(_ name: String, of package: PackageCoordinates) -> VersionCoordinates {
        VersionCoordinates(package: package, version: name)
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// Fills, saves, archives and disposes, and saves once more: what was archived then has its bytes in the backup.
    private func save(_ server: LocalCodeArtifact, to backup: String) async throws -> DomainPicture {
        try server.fillVariously()
        let first = try await server.reconcile(to: backup)
        #expect(first.status == 0, "\(first.errors)")
        try server.setStatus(.archived, of: version("1.3", of: app))
        try server.setStatus(.archived, of: version("3.0-20260101.101010-1", of: app))
        let second = try await server.reconcile(to: backup)
        #expect(second.status == 0, "\(second.errors)")
        return try await DomainPicture(server)
    }

    @Test func `in a VPC without private DNS, the named endpoint is used to read and to restore`() async throws {
        try await withParts { server, backup in
            try server.fillVariously()
            server.setFaults([try Fault("codeartifact.GetRepositoryEndpoint:403")])
            let place = ["--maven-endpoint", server.endpoint, "--token-duration", "15m"]
            let run = try await server.reconcile(to: backup, place)
            #expect(run.status == 0, "\(run.errors)")
            try server.loseEverything()
            let restored = try await server.restore(from: backup, place)
            #expect(restored.status == 0, "\(restored.errors)")
            #expect(server.requests["codeartifact.GetRepositoryEndpoint"] == nil)
            #expect(server.requests["maven.PutAsset", default: 0] > 0)
        }
    }

    @Test func `everything that was lost comes back as it was, and a second restore finds nothing to do`() async throws
    {
        try await withParts { server, backup in
            let before = try await save(server, to: backup)
            let builds = try await listed(server, app)
            try server.loseEverything()
            server.resetRequests()

            let restored = try await server.restore(from: backup)
            #expect(restored.status == 0, "\(restored.errors)")
            let report = try #require(restored.report)
            #expect(report.versions.copied == before.lines.count)
            #expect(try await DomainPicture(server).differences(from: before) == [])
            #expect(try await listed(server, app) == builds)
            // One document is a release's own, the other that of the newest build.
            #expect(server.requests["maven.PutMetadata"] == 2)

            server.resetRequests()
            let again = try await server.restore(from: backup)
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.report?.versions.inSync == before.lines.count)
            let asked = Set(server.requests.keys.filter { !$0.hasPrefix("codeartifact.List") })
            // One package has origin controls to compare.
            #expect(asked == ["codeartifact.DescribeRepository", "codeartifact.DescribePackage"])
            #expect(server.requests["codeartifact.DescribePackage"] == 1)
        }
    }

    /// The versions of a package as the aws command lists them, the newest first.
    private func listed(_ server: LocalCodeArtifact, _ package: PackageCoordinates) async throws -> [String] {
        guard Programs.areReal else { return [] }
        let listing = try await run(
            "aws",
            [
                "codeartifact", "list-package-versions", "--domain", server.configuration.domain, "--repository",
                package.repository, "--format", "maven", "--namespace", package.namespace, "--package", package.name,
                "--sort-by", "PUBLISHED_TIME", "--output", "text", "--query", "versions[].[version,status]",
            ],
            environment: server.environment
        )
        #expect(listing.status == 0, "\(listing.errors)")
        return listing.output.split(separator: "\n").map(String.init).filter { $0.hasPrefix("3.0-") }
    }

    @Test func `a dry run says what a restore would do, and writes nothing`() async throws {
        try await withParts { server, backup in
            let before = try await save(server, to: backup)
            try server.loseEverything()
            server.resetRequests()
            let plan = try await server.restore(from: backup, ["--dry-run", "--output", "table"])
            #expect(plan.status == 4, "\(plan.errors)")
            #expect(server.requests.keys.allSatisfy { $0.hasPrefix("codeartifact.List") || $0.contains(".Describe") })
            #expect(plan.output.contains("a restore would publish \(before.lines.count) versions"))
            #expect(plan.output.contains("under a minute at 10000 writes a second"))

            server.resetRequests()
            let restored = try await server.restore(from: backup)
            #expect(restored.status == 0, "\(restored.errors)")
            for (operation, count) in server.requests where !operation.hasPrefix("codeartifact.List") {
                guard operation.hasPrefix("maven.") || operation.contains("Update") else { continue }
                let row = plan.output.split(separator: "\n").first { $0.contains("  \(operation) ") }
                #expect(row?.split(separator: " ").last == "\(count)", "\(operation)")
            }
            let nothing = try await server.restore(from: backup, ["--dry-run"])
            #expect(nothing.status == 0, "\(nothing.errors)")
            #expect(nothing.output.contains("\"planned\" : [\n\n  ]"), "\(nothing.output)")
            #expect(nothing.output.contains("\"publishes\" : 0"))
        }
    }

    @Test func `a package is opened to upstream repositories only with --allow-upstream and a proof or an acceptance`()
        async throws
    {
        try await withParts { server, backup in
            try server.fillVariously()
            #expect(try await server.reconcile(to: backup).status == 0)
            try server.loseEverything()
            let shared = PackageCoordinates(repository: "shared", namespace: "com.acme", name: "app")
            let place = ["--repository", "shared"]
            let preview = try await server.restore(from: backup, place + ["--no-allow-upstream", "--dry-run"])
            #expect(preview.status == 3, "\(preview.errors)")
            let closed = try await server.restore(from: backup, place + ["--no-allow-upstream"])
            #expect(closed.status == 3)
            #expect(closed.errors.contains("run again with --allow-upstream"), "\(closed.errors)")
            #expect(closed.report?.versions.copied == 2)
            #expect(server.originControls(of: shared) == OriginControls(publish: .block, upstream: .block))
            let accepted = try LocalCodeArtifact.acceptance(of: backup, for: place)
            let words = "--allow-upstream \(accepted.joined(separator: " ")) (this accepts 1 unproved record)"
            #expect(accepted.count == 2 && closed.errors.contains(words), "\(closed.errors)")
            let unproved = try await server.reconcile(
                "restore",
                backup,
                place + ["--allow-upstream"],
                environment: [:],
                seconds: 300
            )
            #expect(unproved.status == 3 && unproved.errors.contains(words), "\(unproved.errors)")
            #expect(server.originControls(of: shared) == OriginControls(publish: .block, upstream: .block))
            let opened = try await server.restore(from: backup, place)
            #expect(opened.status == 0, "\(opened.errors)")
            #expect(server.originControls(of: shared) == .ingested)
        }
    }

    @Test func `a part is restored, into another repository and another domain`() async throws {
        try await withParts { server, backup in
            _ = try await save(server, to: backup)
            let arguments = ["--repository", "shared", "--to-repository", "copy", "--package", "com.acme:*"]
            let copied = try await server.restore(from: backup, arguments)
            #expect(copied.status == 0, "\(copied.errors)")
            let copy = PackageCoordinates(repository: "copy", namespace: "com.acme", name: "app")
            #expect(server.versions(of: copy) == ["1.1": .published, "0.1-20250101.101010-1": .published])

            var other = LocalCodeArtifact.Configuration(repositories: [.init("releases"), .init("shared")])
            other.domain = "other-domain"
            try await LocalCodeArtifact.with(other) { spare in
                let moved = try await run(
                    Programs.reconcile,
                    ["restore"] + server.arguments(to: backup) + ["--to-domain", "other-domain", "--allow-upstream"]
                        + LocalCodeArtifact.acceptance(of: backup, for: []),
                    environment: spare.environment
                )
                #expect(moved.status == 0, "\(moved.errors)")
                let all = try await DomainPicture(server).lines.filter { !$0.hasPrefix("copy/") }
                #expect(try await DomainPicture(spare).lines == all)
            }
            let twice = try await server.restore(from: backup, ["--to-repository", "copy"])
            #expect(twice.status == 64)
            let absent = try await server.restore(from: backup, ["--repository", "shared", "--to-repository", "none"])
            #expect(absent.status == 8, "\(absent.errors)")
        }
    }

    // MARK: What the service may answer

    @Test(arguments: [
        ["maven.PutAsset:429=0:every=3"], ["maven.PutAsset:503:p=0.1", "maven.PutMetadata:503:first=1"],
        ["maven.PutChecksum:400:first=1"], ["codeartifact.UpdatePackageVersionsStatus:429=0:first=2"],
        ["maven.PutAsset:reset:every=4"],
    ])
    func `answers that a service may give once do not keep anything away`(faults: [String]) async throws {
        try await withParts { server, backup in
            let before = try await save(server, to: backup)
            try server.loseEverything()
            server.setFaults(try faults.map { try Fault($0) })
            let restored = try await server.restore(from: backup, ["--max-attempts", "8"])
            #expect(restored.status == 0, "\(restored.errors)")
            #expect(try await DomainPicture(server).differences(from: before) == [])
        }
    }

    @Test(
        arguments: [
            ("maven.PutAsset:409:on=1.0+build.5.module", ["1.0+build.5"], "conflict"),
            ("maven.PutAsset:429=0:on=1.0+build.5.module", ["1.0+build.5"], "throttled"),
            ("maven.PutMetadata:400:on=3.0-SNAPSHOT", ["3.0-SNAPSHOT"], "invalid"),
            (
                "codeartifact.UpdatePackageVersionsStatus:409:on=grün", ["1.0+build.5", "2.0~rc1", "3%25.0", "4.0-日本"],
                "conflict"
            ),
            // Of the package, of which nothing is published then.
            ("codeartifact.PutPackageOriginConfiguration:409", [nil], "conflict"),
        ] as [(String, Set<String?>, String)]
    )
    func `an answer that does not change is reported of its version, and the next restore goes on`(
        fault: String,
        versions: Set<String?>,
        kind: String
    ) async throws {
        try await withParts { server, backup in
            let before = try await save(server, to: backup)
            try server.loseEverything()
            server.setFaults([try Fault(fault)])
            let first = try await server.restore(from: backup)
            #expect(first.status == 3, "\(first.errors)")
            #expect(Set((first.report?.failures ?? []).map(\.place.version)) == versions)
            #expect(Set((first.report?.failures ?? []).map(\.kind)) == [kind])
            server.setFaults([])
            let second = try await server.restore(from: backup)
            #expect(second.status == 0, "\(second.errors)")
            #expect(try await DomainPicture(server).differences(from: before) == [])
        }
    }

    @Test func `a release's own document does not publish a version that is not whole`() async throws {
        try await withParts { server, backup in
            let before = try await save(server, to: backup)
            try server.loseEverything()
            server.setFaults([try Fault("maven.PutAsset:409:on=app-1.1.jar")])
            let warning =
                "releases/com.acme:app:2.0 is restored without maven-metadata.xml: it could publish unfinished 1.1"
            for (only, warnings) in [(["--package", "com.acme:app:1.1"], []), ([], [warning])] {
                let failed = try await server.restore(from: backup, ["--repository", "releases"] + only)
                #expect(failed.status == 3, "\(failed.errors)")
                #expect((failed.report?.failures ?? []).map(\.place.version) == ["1.1"])
                #expect(failed.report?.warnings == warnings)
            }
            server.setFaults([])
            let second = try await server.restore(from: backup)
            #expect(second.status == 0, "\(second.errors)")
            let differences = try await DomainPicture(server).differences(from: before)
            #expect(
                differences.allSatisfy { $0.dropFirst(2).hasPrefix("releases/com.acme:app:2.0 Published: app-2.0.pom") }
            )
            #expect(differences.map { $0.contains("maven-metadata.xml") } == [false, true])
        }
    }

    @Test func `a release comes back with its own document where another one fails, or failed before`() async throws {
        try await withParts { server, backup in
            let before = try await save(server, to: backup)
            for only in [[], ["--package", "com.acme:app:1.1"]] {
                try server.loseEverything()
                server.setFaults([try Fault("maven.PutAsset:409:on=app-1.1.jar")])
                let failed = try await server.restore(from: backup, ["--repository", "releases"] + only)
                #expect(failed.status == 3 && failed.report?.warnings == [], "\(failed.errors)")
                server.setFaults([])
                let second = try await server.restore(from: backup)
                #expect(second.status == 0, "\(second.errors)")
                #expect(try await DomainPicture(server).differences(from: before) == [])
            }
        }
    }

    @Test func `documents that leave versions unfinished are no hindrance`() async throws {
        try await withParts { server, backup in
            let before = try await save(server, to: backup)
            try server.loseEverything()
            let configuration = server.configuration
            var stubborn = configuration
            stubborn.documentsPublish = false
            try await LocalCodeArtifact.with(stubborn) { other in
                let restored = try await other.restore(from: backup)
                #expect(restored.status == 0, "\(restored.errors)")
                let differences = try await DomainPicture(other).differences(from: before)
                // Such a service keeps no document either.
                #expect(differences.allSatisfy { $0.contains("com.acme:app:2.0 Published: app-2.0.pom") })
            }
        }
    }

    @Test func `other bytes and a token that expires: the one is reported and left, the other renewed`() async throws {
        try await withParts { server, backup in
            _ = try await save(server, to: backup)
            try server.loseEverything()
            let changed = version("1.1", of: app)
            server.publish(changed, assets: ["app-1.1.jar": text("other"), "app-1.1.pom": text("<project/>")])
            server.setFaults([try Fault("maven.PutAsset:401:after=5,first=1")])
            let restored = try await server.restore(from: backup)
            #expect(restored.status == 3, "\(restored.errors)")
            let failures = restored.report?.failures ?? []
            #expect(Set(failures.map(\.place.version)) == ["1.1"])
            #expect(Set(failures.map(\.kind)) == ["conflict"])
            #expect(failures.count == 2)
            #expect(try await server.assets(of: changed)?.map(\.name) == ["app-1.1.jar", "app-1.1.pom"])
            #expect(server.requests["codeartifact.GetAuthorizationToken"] ?? 0 >= 2)
        }
    }

    @Test func `an asset of 300 MiB comes back in one pass`() async throws {
        try await withParts { server, backup in
            let big = version("9.0", of: app)
            let bytes = patternBytes(1 << 20)
            server.publish(
                big,
                assets: ["app-9.0.pom": text("<project/>"), "app-9.0.bin": (0..<300).flatMap { _ in bytes }]
            )
            let saved = try await server.reconcile(to: backup)
            #expect(saved.status == 0, "\(saved.errors)")
            let before = try await DomainPicture(server)
            try server.loseEverything()
            let restored = try await server.restore(from: backup)
            #expect(restored.status == 0, "\(restored.errors)")
            #expect(try await DomainPicture(server).differences(from: before) == [])
        }
    }
}
