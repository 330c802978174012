import Cryptography
import LocalServices
import ReconcileCore
import Testing

@Suite("The control API, judged by AWS's own clients", .enabled(if: Tool.wanted), .timeLimit(.minutes(3)))
struct BotoTests {
    private static func lib(_ version: String) -> VersionCoordinates {
        VersionCoordinates(
            package: PackageCoordinates(repository: "releases", namespace: "com.acme", name: "lib"),
            version: version
        )
    }

    private static var configuration: LocalCodeArtifact.Configuration {
        var configuration = LocalCodeArtifact.Configuration(repositories: [
            .init("releases"), .init("many"),
            .init("synthetic", synthetic: SyntheticRecipe(packages: 2500, versions: 9, assets: 3, size: 100...90_000)),
        ])
        configuration.credentials = [
            AWSCredentials(accessKeyID: "AKIATEST", secretAccessKey: "a/secret+key", sessionToken: "token==")
        ]
        return configuration
    }

    private static func fill(_ server: LocalCodeArtifact) {
        server.publish(lib("0.7"), assets: ["lib-0.7.pom": [1]], origin: .unknown, publishedTime: 1_400_000_000)
        server.publish(
            lib("0.8"),
            assets: ["lib-0.8.pom": [1]],
            status: .unlisted,
            origin: nil,
            publishedTime: 1_500_000_000
        )
        server.publish(lib("0.9"), assets: ["lib-0.9.pom": [1]], origin: .external, publishedTime: 1_550_000_000)
        server.publish(
            lib("1.0"),
            assets: ["lib-1.0.pom": Array("<project/>".utf8), "lib-1.0.jar": Array(repeating: 7, count: 200_000)],
            publishedTime: 1_600_000_000.5
        )
        server.publish(lib("1.1"), assets: ["lib-1.1.pom": []])
        let odd = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "plus+plus")
        server.publish(VersionCoordinates(package: odd, version: "1.0+b1"), assets: ["a+b c.jar": [1, 2, 3]])
        for number in 0..<30 {
            let name = number < 10 ? "p0\(number)" : "p\(number)"
            let package = PackageCoordinates(repository: "many", namespace: "com.many", name: name)
            for version in 0..<(number == 7 ? 60 : 1) {
                server.publish(VersionCoordinates(package: package, version: "\(version)"), assets: [:])
            }
        }
    }

    @Test("boto3 accepts the answer of every operation, all pages, and every refusal")
    func boto3() async throws {
        try await LocalCodeArtifact.with(Self.configuration) { server in
            Self.fill(server)
            let judged = try await Tool(name: "python3").run(["-c", botoJudge], environment: server.environment)
            #expect(judged.output == "ACCEPTED\n", "\(judged.error)")
            #expect(server.requests["codeartifact.ListDomains"] == 5)
        }
    }

    @Test("the aws command lists through its paginator and saves an asset")
    func awsCommand() async throws {
        try await LocalCodeArtifact.with(Self.configuration) { server in
            Self.fill(server)
            let aws = Tool(name: "aws")
            let listed = try await aws.run(
                [
                    "codeartifact", "list-packages", "--domain", "my-domain", "--domain-owner", "111122223333",
                    "--repository", "synthetic", "--format", "maven", "--query", "length(packages)", "--output", "json",
                ],
                environment: server.environment
            )
            #expect(listed.output == "2500\n", "\(listed.error)")
            // Without --page-size the command asks for the service's default of 100.
            #expect(server.requests["codeartifact.ListPackages"] == 25)
            let saved = try await aws.run(
                [
                    "codeartifact", "get-package-version-asset", "--domain", "my-domain", "--repository", "releases",
                    "--format", "maven", "--namespace", "com.acme", "--package", "lib", "--package-version", "1.0",
                    "--asset", "lib-1.0.pom", "/dev/stderr",
                ],
                environment: server.environment
            )
            #expect(saved.error == "<project/>", "\(saved.output)")
        }
    }
}
