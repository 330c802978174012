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
}
