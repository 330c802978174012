import Cryptography
import FoundationEssentials
import LocalServices
import ReconcileCore
import Testing

@Suite("How the control API can be made to behave", .enabled(if: Tool.wanted), .timeLimit(.minutes(2)))
struct ConductTests {
    private struct Page: Decodable {
        struct Package: Decodable {
            let package: String
        }

        let packages: [Package]
        let nextToken: String?
    }

    private static func unsigned(packages: Int) -> LocalCodeArtifact.Configuration {
        let recipe = SyntheticRecipe(packages: packages, versions: 1)
        var configuration = LocalCodeArtifact.Configuration(repositories: [.init("releases", synthetic: recipe)])
        configuration.checksSignatures = false
        return configuration
    }

    private func list(_ server: LocalCodeArtifact, token: String? = nil) async throws -> Curl.Answer {
        var url = "\(server.endpoint)/v1/packages?domain=my-domain&repository=releases&format=maven&max-results=4"
        if let token { url += "&next-token=\(PercentEncoding.encode(token, keepSlash: false))" }
        return try await Curl(server).send("POST", url, authorized: false)
    }

    private func page(_ server: LocalCodeArtifact, token: String? = nil) async throws -> Page {
        try JSONDecoder().decode(Page.self, from: Data(try await list(server, token: token).body.utf8))
    }

    /// The sizes of all pages; no package comes twice.
    private func sizes(_ server: LocalCodeArtifact) async throws -> [Int] {
        var sizes: [Int] = []
        var names: Set<String> = []
        var token: String?
        repeat {
            let page = try await page(server, token: token)
            sizes.append(page.packages.count)
            #expect(names.isDisjoint(with: page.packages.map(\.package)))
            names.formUnion(page.packages.map(\.package))
            token = page.nextToken
        } while token != nil
        return sizes
    }

    @Test("pages are full, half full or empty now and then, and always complete together")
    func pages() async throws {
        var configuration = Self.unsigned(packages: 6)
        #expect(try await LocalCodeArtifact.with(configuration) { try await sizes($0) } == [4, 2])
        configuration.shortPages = true
        #expect(try await LocalCodeArtifact.with(configuration) { try await sizes($0) } == [2, 2, 2])
        configuration.emptyPages = true
        #expect(try await LocalCodeArtifact.with(configuration) { try await sizes($0) } == [2, 0, 2, 0, 2])
        configuration.nullMembers = true
        configuration.emptyPages = false
        configuration.shortPages = false
        try await LocalCodeArtifact.with(configuration) { server in
            let first = try await page(server)
            let last = try await list(server, token: first.nextToken)
            #expect(last.body.hasSuffix(#""nextToken":null}"#))
        }
    }

    @Test("a fault repeats the request's page token, or empties a page")
    func pageFaults() async throws {
        try await LocalCodeArtifact.with(Self.unsigned(packages: 9)) { server in
            let token = try #require(try await page(server).nextToken)
            server.setFaults([Fault("codeartifact.ListPackages", .repeatedToken)])
            #expect(try await page(server, token: token).nextToken == token)
            server.setFaults([Fault("codeartifact.ListPackages", .emptyPage, first: 1)])
            let empty = try await page(server, token: token)
            #expect(empty.packages.isEmpty)
            #expect(try await page(server, token: empty.nextToken).packages.count == 4)
        }
    }

    @Test("beyond its rate an operation answers 429 with Retry-After and the code")
    func throttling() async throws {
        var configuration = Self.unsigned(packages: 1)
        configuration.throttle = ThrottleRates(["ListPackages": 0.01])
        try await LocalCodeArtifact.with(configuration) { server in
            #expect(try await list(server).status == 200)
            let refused = try await list(server)
            #expect(refused.status == 429)
            #expect(refused.headers.lowercased().contains("retry-after: 1\r\n"))
            #expect(refused.headers.lowercased().contains("x-amzn-errortype: throttlingexception\r\n"))
            #expect(refused.body == #"{"message":"Rate exceeded"}"#)
        }
    }

    @Test("the bucket's answer to a redirected asset is no read of the account")
    func unpacedBucket() async throws {
        var configuration = LocalCodeArtifact.Configuration()
        configuration.throttle = ThrottleRates(["reads": 0.01])
        try await LocalCodeArtifact.with(configuration) { (server) async throws in
            let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "lib")
            server.publish(
                VersionCoordinates(package: package, version: "1.0"),
                assets: ["lib-1.0.jar": Array("jar".utf8)]
            )
            let curl = Curl(server)
            let path = "com/acme/lib/1.0/lib-1.0.jar"
            #expect(try await curl.send("GET", path, options: ["-L"]).body == "jar")
            #expect(try await curl.status("GET", path) == 429)
        }
    }

    @Test("expired credentials are refused until others come")
    func expiredCredentials() async throws {
        try await LocalCodeArtifact.with { server in
            server.publish(
                VersionCoordinates(
                    package: PackageCoordinates(repository: "releases", namespace: "com.acme", name: "lib"),
                    version: "1"
                ),
                assets: [:]
            )
            let arguments = [
                "codeartifact", "list-packages", "--domain", "my-domain", "--repository", "releases", "--query",
                "packages[].package", "--output", "text",
            ]
            let aws = Tool(name: "aws")
            #expect(try await aws.run(arguments, environment: server.environment).output == "lib\n")
            server.expireCredentials()
            let refused = try await aws.run(arguments, environment: server.environment)
            #expect(refused.error.contains("ExpiredTokenException"))
            server.add(AWSCredentials(accessKeyID: "ASIANEW", secretAccessKey: "new", sessionToken: "session"))
            var environment = server.environment
            environment["AWS_ACCESS_KEY_ID"] = "ASIANEW"
            environment["AWS_SECRET_ACCESS_KEY"] = "new"
            environment["AWS_SESSION_TOKEN"] = "session"
            #expect(try await aws.run(arguments, environment: environment).output == "lib\n")
        }
    }

    @Test("a script outside reads and resets the counts and sets faults")
    func control() async throws {
        try await LocalCodeArtifact.with(Self.unsigned(packages: 1)) { server in
            let curl = Curl(server)
            let sandbox = "\(server.endpoint)/_sandbox"
            _ = try await list(server)
            let counts = try await curl.send("GET", "\(sandbox)/requests")
            #expect(counts.body == #"{"codeartifact.ListPackages":1}"#)
            #expect(try await curl.status("POST", "\(sandbox)/requests", "") == 204)
            #expect(server.requests.isEmpty)
            #expect(try await curl.status("POST", "\(sandbox)/faults", "*:503:first=1") == 204)
            #expect(try await list(server).status == 503)
            #expect(try await list(server).status == 200)
            #expect(try await curl.status("POST", "\(sandbox)/faults", "*:nonsense") == 400)
        }
    }
}
