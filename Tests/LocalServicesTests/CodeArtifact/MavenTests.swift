import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

@Suite("The Maven endpoint, judged by Maven", .enabled(if: Tool.wanted), .timeLimit(.minutes(5)))
struct MavenTests {
    /// What one Maven run needs: where it keeps its files, and the repository under test.
    private struct Workspace {
        let directory: String
        let repository: String

        init(_ directory: String, server: LocalCodeArtifact) throws {
            self.directory = directory
            repository = server.mavenEndpoint(repository: "releases")
            // Plugins come from the system's own repository, so that no network is needed.
            let settings = """
                <settings>
                  <servers><server><id>ca</id><username>aws</username><password>\(server.issueToken())</password></server></servers>
                  <mirrors><mirror><id>system</id><mirrorOf>central</mirrorOf><url>file:///usr/share/maven-repo</url></mirror></mirrors>
                </settings>
                """
            try Data(settings.utf8).write(to: URL(filePath: "\(directory)/settings.xml"))
        }

        /// Runs one goal with a local repository of the given name; returns what went wrong, or nil.
        func run(_ goal: String, _ properties: [String], local: String = "m2") async throws -> String? {
            let arguments =
                ["-B", "-s", "\(directory)/settings.xml", "-Dmaven.repo.local=\(directory)/\(local)", goal]
                + properties.map { "-D\($0)" }
            let result = try await Tool(name: "mvn").run(arguments)
            return result.succeeded ? nil : result.output + result.error
        }

        func deploy(_ artifact: String, _ version: String, _ bytes: [UInt8]) async throws -> String? {
            let file = "\(directory)/\(artifact).jar"
            try Data(bytes).write(to: URL(filePath: file))
            return try await run(
                "org.apache.maven.plugins:maven-deploy-plugin:3.0.0:deploy-file",
                [
                    "file=\(file)", "groupId=com.acme", "artifactId=\(artifact)", "version=\(version)",
                    "repositoryId=ca", "url=\(repository)",
                ]
            )
        }

        /// Resolves a jar into an empty local repository and returns its bytes.
        func resolve(_ artifact: String, _ version: String) async throws -> [UInt8] {
            let local = "fresh-\(artifact)"
            let failure = try await run(
                "org.apache.maven.plugins:maven-dependency-plugin:3.5.0:get",
                ["remoteRepositories=ca::default::\(repository)", "artifact=com.acme:\(artifact):\(version)"],
                local: local
            )
            try #require(failure == nil, "\(failure ?? "")")
            let jar = "\(directory)/\(local)/com/acme/\(artifact)/\(version)/\(artifact)-\(version).jar"
            return Array(try Data(contentsOf: URL(filePath: jar)))
        }
    }

    private func package(_ name: String) -> PackageCoordinates {
        PackageCoordinates(repository: "releases", namespace: "com.acme", name: name)
    }

    @Test("a release that mvn deploys is Published, and mvn resolves its bytes")
    func release() async throws {
        try await LocalCodeArtifact.with { server in
            try await withScratchDirectory { directory in
                let maven = try Workspace(directory, server: server)
                for version in ["1.0", "1.1"] {
                    let failure = try await maven.deploy("lib", version, Array("jar \(version)".utf8))
                    #expect(failure == nil, "\(failure ?? "")")
                }
                #expect(server.versions(of: package("lib")) == ["1.0": .published, "1.1": .published])
                let names = try await server.assets(of: VersionCoordinates(package: package("lib"), version: "1.1"))?
                    .map(\.name)
                #expect(names == ["lib-1.1.jar", "lib-1.1.pom", "maven-metadata.xml"])
                #expect(server.requests["maven.PutChecksum"] == 12)

                server.resetRequests()
                #expect(try await maven.resolve("lib", "1.0") == Array("jar 1.0".utf8))
                // Maven asks without credentials first, then with them, and follows the redirect without them.
                #expect(server.requests["maven.GetAsset"] == 4)
                #expect(server.requests["assets.GetObject"] == 2)
            }
        }
    }

    @Test("two snapshot builds that mvn deploys are two Unlisted versions beside the Published snapshot")
    func snapshot() async throws {
        try await LocalCodeArtifact.with { server in
            try await withScratchDirectory { directory in
                let maven = try Workspace(directory, server: server)
                for build in 1...2 {
                    let failure = try await maven.deploy("snap", "2.0-SNAPSHOT", Array("build \(build)".utf8))
                    #expect(failure == nil, "\(failure ?? "")")
                }
                let versions = try #require(server.versions(of: package("snap")))
                let builds = versions.filter { $0.value == .unlisted }.keys.sorted()
                #expect(versions.count == 3)
                #expect(versions["2.0-SNAPSHOT"] == .published)
                #expect(builds.compactMap { SnapshotBuild($0)?.buildNumber } == [1, 2])

                let newest = VersionCoordinates(package: package("snap"), version: builds[1])
                let snapshot = VersionCoordinates(package: package("snap"), version: "2.0-SNAPSHOT")
                #expect(try await server.assets(of: snapshot) == server.assets(of: newest))
                #expect(try await maven.resolve("snap", "2.0-SNAPSHOT") == Array("build 2".utf8))
            }
        }
    }

    @Test("an expired token ends a deploy")
    func expiredToken() async throws {
        try await LocalCodeArtifact.with { server in
            try await withScratchDirectory { directory in
                let maven = try Workspace(directory, server: server)
                server.expireTokens()
                let failure = try await maven.deploy("lib", "1.0", [1])
                #expect(failure?.contains("401") == true, "\(failure ?? "the deploy succeeded")")
                #expect(server.versions(of: package("lib")) == nil)
            }
        }
    }
}
