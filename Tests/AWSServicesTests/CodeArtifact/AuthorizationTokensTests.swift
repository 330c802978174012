import ReconcileCore
import Synchronization
import Testing

@testable import AWSServices

@Suite("The token of a domain", .timeLimit(.minutes(1)))
struct AuthorizationTokensTests {
    private struct Broken: Error {}
    private let clock = HandClock()
    private let fetches = Counter()

    private final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func next() -> Int {
            count.withLock { count in
                count += 1
                return count
            }
        }
    }

    /// Numbers its tokens; each lives for so many seconds.
    private func tokens(living lifetime: Double?) -> AuthorizationTokens {
        AuthorizationTokens(clock: clock) { [fetches] in
            await Task.yield()
            return ("t\(fetches.next())", lifetime)
        }
    }

    @Test func `is fetched when it is needed, and once`() async throws {
        let tokens = tokens(living: 43_200)
        #expect(fetches.value == 0)
        let values = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await tokens.token().value } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(values == ["t1"])
        #expect(fetches.value == 1)
    }

    @Test(
        "is renewed before it expires",
        arguments: [(43_200.0, 42_600.0), (3_600, 3_240), (900, 810), (nil, 810), (-60, 810)] as [(Double?, Double)]
    )
    func renewal(lifetime: Double?, useful: Double) async throws {
        let tokens = tokens(living: lifetime)
        #expect(try await tokens.token().value == "t1")
        clock.advance(by: .seconds(useful - 1))
        #expect(try await tokens.token().value == "t1")
        clock.advance(by: .seconds(1))
        #expect(try await tokens.token().value == "t2")
    }

    @Test func `that was refused is not given again, and a newer one stays`() async throws {
        let tokens = tokens(living: 43_200)
        let first = try await tokens.token()
        tokens.refuse(first)
        #expect(try await tokens.token().value == "t2")
        tokens.refuse(first)
        #expect(try await tokens.token().value == "t2")
        #expect(fetches.value == 2)
    }

    @Test func `is fresh for a minute, and no longer than it is used`() async throws {
        let tokens = tokens(living: 43_200)
        let first = try await tokens.token()
        clock.advance(by: .seconds(59))
        #expect(tokens.isFresh(first) && !tokens.isFresh(BearerToken(value: "other")))
        clock.advance(by: .seconds(1))
        #expect(!tokens.isFresh(first))
        let brief = self.tokens(living: 10)
        let token = try await brief.token()
        #expect(brief.isFresh(token))
        clock.advance(by: .seconds(9))
        #expect(!brief.isFresh(token))
    }

    @Test func `is asked for again after a failure`() async throws {
        let fetches = fetches
        let tokens = AuthorizationTokens(clock: clock) {
            if fetches.next() == 1 { throw Broken() }
            return ("t", nil)
        }
        await #expect(throws: Broken.self) { try await tokens.token() }
        #expect(try await tokens.token().value == "t")
    }

    @Test func `never shows itself`() {
        let token = BearerToken(value: "eyJ2ZXIiOjEs")
        var dumped = ""
        dump(token, to: &dumped)
        for text in ["\(token)", String(reflecting: token), dumped] { #expect(!text.contains("eyJ2ZXIiOjEs")) }
        #expect(token.authorization == "Bearer eyJ2ZXIiOjEs")
    }
}
