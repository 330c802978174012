import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A snapshot that real Maven deployed twice, the second time without most files of the first, and two Maven plugins, one
/// of an unusual name: for Maven and Gradle every file, and for Maven the plugins by their prefixes, resolves from the source, from the backup served
/// and as plain files, and from the restored domain alike.
@Suite(.enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"))
struct SnapshotClientTests {
    private typealias File = MavenClient.File

    private static let first = [
        File(nil, "jar", "the jar"), File("linux", "jar", "for Linux"), File(nil, "module", "{}"),
        File("dist", "tar.gz", "packed"), File(nil, "spdx.json", "{ }"),
    ]
    private static let second = [File("win", "jar", "for Windows")]
    private static let expected = [
        "multi-1.0-SNAPSHOT.jar": "the jar", "multi-1.0-SNAPSHOT-linux.jar": "for Linux",
        "multi-1.0-SNAPSHOT.module": "{}", "multi-1.0-SNAPSHOT-dist.tar.gz": "packed",
        "multi-1.0-SNAPSHOT.spdx.json": "{ }", "multi-1.0-SNAPSHOT-win.jar": "for Windows",
    ]

    @Test func `files that only an older build has resolve from everywhere`() async throws {
        try await withTimeout {
            try await withScratchDirectory { scratch in
                try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                    let backup = "file://\(scratch)/backup"
                    let token = server.issueToken()
                    func source(_ name: String) throws -> MavenClient {
                        try MavenClient(
                            in: "\(scratch)/\(name)",
                            repository: server.mavenEndpoint(repository: "releases"),
                            token: token
                        )
                    }
                    for files in [Self.first, Self.second] {
                        let failure = try await source("deploy").deploy(files, as: "multi", "1.0-SNAPSHOT")
                        try #require(failure == nil, "\(failure?.suffix(3_000) ?? "")")
                    }
                    try await publishPlugins(to: server, token, in: scratch)
                    let saved = try await server.reconcile(to: backup, ["--sidecars", "sha1"])
                    #expect(saved.status == 0, "\(saved.errors)")
                    #expect(saved.report?.warnings.filter { $0.contains("SNAPSHOT") || $0.contains("waver") } == [])

                    let tree = "\(scratch)/backup/my-domain/maven/releases"
                    let gradle = try Self.artifacts(of: "\(tree)/com/acme/multi/1.0-SNAPSHOT")
                    async let plain: Void = resolve(
                        try MavenClient(in: "\(scratch)/files", repository: "file://\(tree)"),
                        "the tree",
                        gradle
                    )
                    try await resolve(source("source"), "the source", gradle, token)
                    try await plain
                    _ = try await serving(backup, domain: "my-domain") { address in
                        try await resolve(
                            MavenClient(in: "\(scratch)/served", repository: "\(address)/releases/"),
                            "reconcile-serve",
                            gradle
                        )
                    }

                    try server.loseEverything()
                    let restored = try await server.restore(from: backup)
                    #expect(restored.status == 0, "\(restored.errors)")
                    try await resolve(source("restored"), "the restored domain", gradle, token)
                }
            }
        }
    }

    private func publishPlugins(to server: LocalCodeArtifact, _ token: String, in scratch: String) async throws {
        var entries: [MavenMetadata.Plugin] = []
        for (name, prefix) in [("greet-maven-plugin", "greet"), ("waver", "wave")] {
            let jar = try await GreetPlugin.jar(name, prefix: prefix, in: scratch)
            server.publish(
                try version("com.acme:\(name):1.0"),
                assets: ["\(name)-1.0.jar": jar, "\(name)-1.0.pom": GreetPlugin.pom(of: name)]
            )
            entries.append(MavenMetadata.Plugin(name: nil, prefix: prefix, artifactID: name))
        }
        let document = "\(scratch)/group.xml"
        try Data(MavenMetadata(plugins: entries).render()).write(to: URL(filePath: document))
        let sent = try await run(
            "/usr/bin/curl",
            [
                "-sSf", "-u", "aws:\(token)", "-T", document,
                "\(server.mavenEndpoint(repository: "releases"))com/acme/maven-metadata.xml",
            ]
        )
        try #require(sent.status == 0, "\(sent.errors)")
    }

    /// All files, as Gradle asks for them: it has no eye for the builds of single files, so it takes those of the newest
    /// build by the snapshot's name and the older ones by their build.
    private static func artifacts(of directory: String) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        let builds = names.compactMap { name in
            name.firstMatch(of: /1\.0-[0-9]+\.[0-9]+-1/).map { match in String(match.output) }
        }
        let build: String = try #require(builds.first)
        return [(first, build), (second, "1.0-SNAPSHOT")].flatMap { files, version in
            files.map { file in "com.acme:multi:\(version)\(file.classifier.map { ":\($0)" } ?? "")@\(file.type)" }
        }
    }

    private func resolve(
        _ client: MavenClient,
        _ place: String,
        _ artifacts: [String],
        _ token: String? = nil
    ) async throws {
        async let gradle = client.getWithGradle(artifacts, token: token)
        async let plugin = client.runPlugin("greet:help", "wave:help")
        let (files, failure) = try await client.copyDependencies(Self.first + Self.second, of: "multi", "1.0-SNAPSHOT")
        #expect(failure == nil, "\(place): \(failure?.suffix(3_000) ?? "")")
        #expect(files == Self.expected, "\(place)")
        let (contents, problem) = try await gradle
        #expect(problem == nil, "\(place): \(problem?.suffix(3_000) ?? "")")
        #expect(contents == Self.expected.values.sorted(), "\(place)")
        let output = try await plugin
        #expect(output == nil, "\(place): \(output?.suffix(3_000) ?? "")")
    }
}
