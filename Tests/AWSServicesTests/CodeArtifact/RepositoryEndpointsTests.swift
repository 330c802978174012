import Synchronization
import Testing

@testable import AWSServices

@Suite("The endpoints of a domain's repositories", .timeLimit(.minutes(1)))
struct RepositoryEndpointsTests {
    private struct Broken: Error {}

    @Test func `are asked for once per repository`() async throws {
        let asked = Mutex<[String]>([])
        let endpoints = RepositoryEndpoints { repository in
            asked.withLock { $0.append(repository) }
            await Task.yield()
            return try ServiceEndpoint("https://d.example.com/maven/\(repository)/")
        }
        let paths = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<40 {
                group.addTask { try await endpoints.endpoint(of: number % 2 == 0 ? "a" : "b").basePath }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(paths == ["/maven/a", "/maven/b"])
        #expect(asked.withLock { $0.sorted() } == ["a", "b"])
    }

    @Test func `are asked for again after a failure`() async throws {
        let isBroken = Mutex(true)
        let endpoints = RepositoryEndpoints { _ in
            if isBroken.withLock({ $0 }) { throw Broken() }
            return try ServiceEndpoint("https://d.example.com")
        }
        await #expect(throws: Broken.self) { try await endpoints.endpoint(of: "a") }
        isBroken.withLock { $0 = false }
        #expect(try await endpoints.endpoint(of: "a").host == "d.example.com")
    }

    @Test(arguments: [
        ("https", "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/maven/r/", nil),
        ("https", "https://my-domain-111122223333.d.codeartifact.eu-west-1.on.aws/maven/r/", nil),
        ("https", "https://vpce-1.d.codeartifact.eu-west-1.vpce.amazonaws.com/maven/d/o-1/r/", "is not of"),
        ("https", "https://maven.internal.example/r/", nil), ("http", "http://127.0.0.1:1234/maven/r/", nil),
        ("http", "https://127.0.0.1:1234/maven/r/", nil),
        ("https", "http://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/maven/r/", "is not https"),
        ("https", "https://my-domain-444455556666.d.codeartifact.eu-west-1.amazonaws.com/maven/r/", "is not of"),
        ("https", "https://evil-111122223333.d.codeartifact.eu-west-1.amazonaws.com/maven/r/", "is not of the domain"),
    ])
    func `gets a bearer token only if it is as protected as the API and not another domain's`(
        scheme: String,
        url: String,
        reason: String?
    ) throws {
        let api = try ServiceEndpoint("\(scheme)://codeartifact.eu-west-1.amazonaws.com")
        let domain = CodeArtifactDomain(name: "my-domain", owner: "111122223333")
        let endpoint = try ServiceEndpoint(url)
        if let reason {
            let refusal = #expect(throws: InvalidEndpoint.self) { try endpoint.requireMaven(of: domain, namedBy: api) }
            #expect("\(try #require(refusal))".contains(reason))
        } else {
            try endpoint.requireMaven(of: domain, namedBy: api)
        }
    }
}
