import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A whole domain that was backed up and lost comes back, as the aws command and real Maven see it.
@Suite(.enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"))
struct RoundTripTests {
    private static let artifacts = "/usr/share/maven-repo"

    @Test func `a thousand real artifacts and the oddest of ours come back to the byte`() async throws {
        var configuration = LocalCodeArtifact.Configuration(
            repositories: [.init("debian", imports: [Self.artifacts]), .init("releases"), .init("shared")]
        )
        configuration.domain = "whole"
        try await withTimeout(600) { [configuration] in
            try await withScratchDirectory { scratch in
                try await LocalCodeArtifact.with(configuration) { server in
                    let backup = "file://\(scratch)/backup"
                    try fill(server)
                    try await save(server, to: backup)
                    let before = try await DomainPicture(server)
                    let seen = try await sight(of: server)
                    #expect(before.lines.count > 1_000)

                    try server.loseEverything()
                    #expect(try await DomainPicture(server).lines == [])
                    let restored = try await server.restore(from: backup)
                    #expect(restored.status == 0, "\(restored.errors.suffix(2_000))")
                    #expect(restored.report?.versions.copied == before.lines.count)
                    #expect(try await DomainPicture(server).differences(from: before) == [])
                    #expect(seen.contains("org.public\tlib\tBLOCK/ALLOW"))
                    #expect(seen.contains("com.acme\tbig\tALLOW/ALLOW"))
                    let now = try await sight(of: server)
                    #expect(now.filter { !seen.contains($0) } == [])
                    #expect(seen.filter { !now.contains($0) } == [])
                    #expect(now.filter { $0.hasPrefix("1.0-2026") } == seen.filter { $0.hasPrefix("1.0-2026") })
                    try await resolve(from: server, in: scratch)
                }
            }
        }
    }

    private func fill(_ server: LocalCodeArtifact) throws {
        try server.fillVariously()
        let block = patternBytes(1 << 20)
        server.publish(
            try version("com.acme:big:1.0"),
            assets: ["big-1.0.pom": Self.pom("big", "1.0"), "big-1.0.bin": (0..<300).flatMap { _ in block }]
        )
        // As packages from before there were such controls.
        try server.setOriginControls(
            OriginControls(publish: .allow, upstream: .allow),
            of: PackageCoordinates(repository: "releases", namespace: "com.acme", name: "big")
        )
        for build in ["1.0-20260101.101010-1", "1.0-20260102.101010-2"] {
            try server.publishSnapshot(
                try version("com.acme:snap:\(build)"),
                assets: ["snap-\(build).jar": Array(build.utf8), "snap-\(build).pom": Self.pom("snap", "1.0-SNAPSHOT")]
            )
        }
        for number in 1...3 {
            server.publish(
                try version("org.public:lib:\(number).0", in: "shared"),
                assets: ["lib-\(number).0.pom": Self.pom("lib", "\(number).0")],
                status: number == 2 ? .unlisted : .published,
                origin: .external
            )
        }
    }

    /// Backs up, withdraws some of the versions, and backs up once more.
    private func save(_ server: LocalCodeArtifact, to backup: String) async throws {
        let first = try await server.reconcile(to: backup)
        #expect(first.status == 0, "\(first.errors.suffix(2_000))")
        try server.setStatus(.unlisted, of: version("junit:junit:4.x", in: "debian"))
        try server.setStatus(.archived, of: version("aopalliance:aopalliance:debian", in: "debian"))
        try server.setStatus(.archived, of: version("com.acme:app:1.3"))
        try server.setStatus(.archived, of: version("com.acme:app:3.0-20260101.101010-1"))
        let second = try await server.reconcile(to: backup)
        #expect(second.status == 0, "\(second.errors.suffix(2_000))")
    }

    /// What the aws command lists: every package with its origin controls, the versions of some in the order of their
    /// publication, and the assets of some.
    private func sight(of server: LocalCodeArtifact) async throws -> [String] {
        var lines: [String] = []
        for repository in ["debian", "releases", "shared"] {
            lines += try await aws(
                "list-packages",
                ["--repository", repository],
                "packages[].[namespace,package,originConfiguration.restrictions.[publish,upstream]|join('/',@)]",
                server
            )
        }
        for (package, repository) in [
            ("com.acme:app", "releases"), ("com.acme:snap", "releases"), ("org.odd_1-2.x:grün+lib~x", "releases"),
            ("org.public:lib", "shared"),
        ] {
            let parts = package.split(separator: ":").map(String.init)
            let place = ["--repository", repository, "--namespace", parts[0], "--package", parts[1]]
            let versions = try await aws(
                "list-package-versions",
                place + ["--format", "maven", "--sort-by", "PUBLISHED_TIME"],
                "versions[].[version,status]",
                server
            )
            // Releases come back in Maven's order, and builds in that of their publication.
            lines += parts[1] == "snap" ? versions : versions.sorted()
        }
        let odd = "org.odd_1-2.x:grün+lib~x:4.0-日本".split(separator: ":").map(String.init)
        return lines
            + (try await aws(
                "list-package-version-assets",
                ["--repository", "releases", "--namespace", odd[0], "--package", odd[1], "--package-version", odd[2]]
                    + ["--format", "maven"],
                "sort_by(assets,&name)[].[name,size,hashes.\"SHA-512\",hashes.MD5]",
                server
            ))
    }

    private func aws(
        _ command: String,
        _ arguments: [String],
        _ query: String,
        _ server: LocalCodeArtifact
    ) async throws -> [String] {
        let listing = try await run(
            "aws",
            ["codeartifact", command, "--domain", server.configuration.domain, "--output", "text", "--query", query]
                + arguments,
            environment: server.environment.merging(["PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"]) { $1 }
        )
        #expect(listing.status == 0, "\(listing.errors)")
        #expect(!listing.output.isEmpty)
        return listing.output.split(separator: "\n").map(String.init)
    }

    /// Real Maven takes a real artifact and a snapshot from what was restored.
    private func resolve(from server: LocalCodeArtifact, in scratch: String) async throws {
        for (repository, artifact, file) in [
            ("debian", "commons-io:commons-io:debian", nil),
            ("releases", "com.acme:snap:1.0-SNAPSHOT", "1.0-20260102.101010-2"),
        ] {
            let client = try MavenClient(
                in: "\(scratch)/\(repository)",
                repository: server.mavenEndpoint(repository: repository),
                token: server.issueToken()
            )
            let (jars, failure) = try await client.get(artifact, transitive: false)
            #expect(failure == nil, "\(failure?.suffix(3_000) ?? "")")
            let parts = artifact.split(separator: ":").map(String.init)
            let jar = "\(parts[1])-\(parts[2]).jar"
            let found = try #require(jars.first { $0.key.hasSuffix("/\(parts[2])/\(jar)") }, "\(jars.keys)").value
            let source = URL(filePath: "\(Self.artifacts)/\(parts[0])/\(parts[1])/\(parts[2])/\(jar)")
            #expect(try found == file.map { Array($0.utf8) } ?? Array(Data(contentsOf: source)))
        }
    }

    private static func pom(_ artifact: String, _ version: String) -> [UInt8] {
        Array(
            """
            <project><modelVersion>4.0.0</modelVersion>
            <groupId>com.acme</groupId><artifactId>\(artifact)</artifactId><version>\(version)</version></project>
            """.utf8
        )
    }
}
