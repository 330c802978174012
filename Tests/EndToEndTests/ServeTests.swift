import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// `reconcile-serve` as builds meet it: real Maven and Gradle resolve from a backup whose domain is gone.
@Suite(.enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"))
struct ServeTests {
    private static let builds = ["2.0-20261122.080000-1", "2.0-20261122.090000-2"]

    private static func pom(_ artifact: String, _ version: String) -> [UInt8] {
        Array(
            """
            <project><modelVersion>4.0.0</modelVersion>
            <groupId>com.acme</groupId><artifactId>\(artifact)</artifactId><version>\(version)</version></project>
            """.utf8
        )
    }

    /// A backup in a directory of a domain with releases, and with two builds of a snapshot.
    private func withBackup(
        _ arguments: [String] = [],
        _ body: @Sendable (_ backup: String, _ scratch: String) async throws -> Void
    ) async throws {
        try await withScratchDirectory { scratch in
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                for number in ["1.2", "1.9", "1.10", "2.0"] {
                    server.publish(
                        try version("com.acme:lib:\(number)"),
                        assets: [
                            "lib-\(number).jar": Array("jar \(number)".utf8),
                            "lib-\(number).pom": Self.pom("lib", number),
                        ]
                    )
                }
                for build in Self.builds {
                    try server.publishSnapshot(
                        try version("com.acme:snap:\(build)"),
                        assets: [
                            "snap-\(build).jar": Array("build \(build)".utf8),
                            "snap-\(build).pom": Self.pom("snap", "2.0-SNAPSHOT"),
                        ]
                    )
                }
                let run = try await server.reconcile(to: "file://\(scratch)/backup", arguments)
                #expect(run.status == 0, "\(run.errors)")
            }
            try await body("\(scratch)/backup", scratch)
        }
    }

    @Test func `maven resolves a release, a snapshot and a range, and gradle a release`() async throws {
        try await withBackup { backup, scratch in
            let token = "s3cret"
            let lines = try await serving(
                "file://\(backup)",
                domain: "my-domain",
                environment: ["RECONCILE_SERVE_TOKEN": token]
            ) { address in
                let client = try MavenClient(in: scratch, repository: "\(address)/releases/", token: token)
                for (artifact, expected) in [
                    ("lib:1.9", "jar 1.9"), ("lib:[1.0,2.0)", "jar 1.10"),
                    ("snap:2.0-SNAPSHOT", "build \(Self.builds[1])"),
                ] {
                    let (files, failure) = try await client.get("com.acme:\(artifact)")
                    #expect(failure == nil, "\(failure?.suffix(3_000) ?? "")")
                    #expect(files.values.contains(Array(expected.utf8)), "\(artifact): \(files.keys)")
                }
                let (bytes, failure) = try await client.getWithGradle("com.acme:lib:1.2", token: token)
                #expect(bytes == Array("jar 1.2".utf8), "\(failure?.suffix(3_000) ?? "")")

                let stranger = try MavenClient(in: "\(scratch)/stranger", repository: "\(address)/releases/")
                #expect(try await stranger.get("com.acme:lib:1.9").failure?.contains("401") == true)
            }
            #expect(lines.contains { $0.contains("/releases/com/acme/lib/1.10/lib-1.10.jar.sha1") })
            #expect(!lines.contains { $0.contains(token) })
        }
    }
}
