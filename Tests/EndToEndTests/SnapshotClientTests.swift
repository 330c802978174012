import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A snapshot that real Maven deployed twice, the second time without most files of the first: every file resolves from
/// the source, from the backup served and as plain files, and from the restored domain alike.
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
        try await withTimeout(300) {
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
                    let saved = try await server.reconcile(to: backup, ["--sidecars", "sha1"])
                    #expect(saved.status == 0, "\(saved.errors)")
                    #expect(saved.report?.warnings.filter { $0.contains("SNAPSHOT") } == [])

                    let tree = "\(scratch)/backup/my-domain/maven/releases"
                    async let plain: Void = resolve(
                        try MavenClient(in: "\(scratch)/files", repository: "file://\(tree)"),
                        "the tree"
                    )
                    try await resolve(source("source"), "the source")
                    try await plain
                    _ = try await serving(backup, domain: "my-domain") { address in
                        try await resolve(
                            MavenClient(in: "\(scratch)/served", repository: "\(address)/releases/"),
                            "reconcile-serve"
                        )
                    }

                    try server.loseEverything()
                    let restored = try await server.restore(from: backup)
                    #expect(restored.status == 0, "\(restored.errors)")
                    try await resolve(source("restored"), "the restored domain")
                }
            }
        }
    }

    private func resolve(_ client: MavenClient, _ place: String) async throws {
        let (files, failure) = try await client.copyDependencies(Self.first + Self.second, of: "multi", "1.0-SNAPSHOT")
        #expect(failure == nil, "\(place): \(failure?.suffix(3_000) ?? "")")
        #expect(files == Self.expected, "\(place)")
    }
}
