import Cryptography
import FoundationEssentials
import ReconcileCore
import Synchronization
import TestSupport
import Testing

@testable import AWSServices

/// Counts calls, from 1.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}

/// A source that a test lets answer or fail; key ids are its calls' numbers.
private final class ScriptedSource: CredentialSource {
    struct Failed: Error, Hashable {}

    let calls = Counter()
    private let script: @Sendable (Int) async throws -> AWSCredentials

    init(_ script: @escaping @Sendable (Int) async throws -> AWSCredentials) {
        self.script = script
    }

    func credentials() async throws -> AWSCredentials { try await script(calls.next()) }
    func refuse(_ used: AWSCredentials) {}
}

private func keys(_ number: Int, until expiration: Date?) -> AWSCredentials {
    AWSCredentials(accessKeyID: "K\(number)", secretAccessKey: "s", expiration: expiration)
}

/// When credentials are renewed, by whom, and what a failure does.
@Suite struct CachedCredentialsTests {
    private let clock = ManualClock(at: "2026-01-15T12:00:00Z")

    private func cached(_ source: ScriptedSource) -> CachedCredentials {
        CachedCredentials(source: source, clock: clock)
    }

    @Test func `a hundred callers at a time make one request`() async throws {
        let gate = ScriptedGate()
        let source = ScriptedSource { number in
            await gate.opened()
            return keys(number, until: nil)
        }
        let cached = cached(source)
        let found = try await withTimeout {
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<100 {
                    group.addTask { try await cached.credentials().accessKeyID }
                }
                gate.open()
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(found == Array(repeating: "K1", count: 100))
        #expect(source.calls.value == 1)
    }

    @Test func `credentials that do not expire are asked for once`() async throws {
        let source = ScriptedSource { keys($0, until: nil) }
        let cached = cached(source)
        #expect(try await cached.credentials().accessKeyID == "K1")
        clock.advance(by: .seconds(1_000_000))
        #expect(try await cached.credentials().accessKeyID == "K1")
    }

    @Test func `they are kept until 15 minutes before the expiry and renewed after`() async throws {
        let source = ScriptedSource { keys($0, until: today(12 + $0)) }
        let cached = cached(source)
        #expect(try await cached.credentials().accessKeyID == "K1")
        clock.advance(by: .seconds(44 * 60 + 59))
        #expect(try await cached.credentials().accessKeyID == "K1")
        clock.advance(by: .seconds(1))
        #expect(try await cached.credentials().accessKeyID == "K2")
        #expect(source.calls.value == 2)
    }

    @Test func `a failed renewal keeps the old ones until they expire, and is tried once a minute`() async throws {
        let source = ScriptedSource { number in
            if number > 1 { throw ScriptedSource.Failed() }
            return keys(number, until: today(13))
        }
        let cached = cached(source)
        _ = try await cached.credentials()
        clock.advance(by: .seconds(46 * 60))
        #expect(try await cached.credentials().accessKeyID == "K1")
        #expect(try await cached.credentials().accessKeyID == "K1")
        #expect(source.calls.value == 2)
        clock.advance(by: .seconds(60))
        #expect(try await cached.credentials().accessKeyID == "K1")
        #expect(source.calls.value == 3)
        clock.advance(by: .seconds(12 * 60 + 59))
        #expect(try await cached.credentials().accessKeyID == "K1")
        clock.advance(by: .seconds(1))
        await #expect(throws: ScriptedSource.Failed()) { try await cached.credentials() }
    }

    @Test func `while one renews early the others go on with the old ones`() async throws {
        let (begun, gate) = (ScriptedGate(), ScriptedGate())
        let source = ScriptedSource { number in
            if number == 2 {
                begun.open()
                await gate.opened()
            }
            return keys(number, until: today(12 + number))
        }
        let cached = cached(source)
        _ = try await cached.credentials()
        clock.advance(by: .seconds(50 * 60))
        let (renewed, old) = try await withTimeout {
            async let renewed = cached.credentials().accessKeyID
            await begun.opened()
            let old = try await cached.credentials().accessKeyID
            gate.open()
            return (try await renewed, old)
        }
        #expect(renewed == "K2")
        #expect(old == "K1")
    }

    @Test func `in the last five minutes everybody waits for the new ones`() async throws {
        let (begun, gate) = (ScriptedGate(), ScriptedGate())
        let source = ScriptedSource { number in
            if number == 2 {
                begun.open()
                await gate.opened()
            }
            return keys(number, until: today(12 + number))
        }
        let cached = cached(source)
        _ = try await cached.credentials()
        clock.advance(by: .seconds(55 * 60))
        let found = try await withTimeout {
            async let first = cached.credentials().accessKeyID
            await begun.opened()
            async let second = cached.credentials().accessKeyID
            gate.open()
            return [try await first, try await second]
        }
        #expect(found == ["K2", "K2"])
        #expect(source.calls.value == 2)
    }

    @Test func `short-lived credentials are not asked for at every call`() async throws {
        let clock = clock
        let source = ScriptedSource { number in
            keys(number, until: Date(timeIntervalSince1970: clock.secondsSince1970() + 600))
        }
        let cached = cached(source)
        for _ in 0..<10 { #expect(try await cached.credentials().accessKeyID == "K1") }
        clock.advance(by: .seconds(60))
        #expect(try await cached.credentials().accessKeyID == "K2")
    }

    @Test func `refused credentials are not handed out again`() async throws {
        let source = ScriptedSource { keys($0, until: today(20)) }
        let cached = cached(source)
        let used = try await cached.credentials()
        await cached.refuse(used)
        #expect(try await cached.credentials().accessKeyID == "K2")
        // A late word about the old ones does not touch the new.
        await cached.refuse(used)
        #expect(try await cached.credentials().accessKeyID == "K2")
        #expect(source.calls.value == 2)
    }

    @Test func `a source that has only the refused ones is a failure`() async throws {
        let source = ScriptedSource { number in keys(1, until: today(13 + number)) }
        let cached = cached(source)
        await cached.refuse(try await cached.credentials())
        for _ in 0..<2 {
            let failure = try await #require(throws: RemoteFailure.self) { try await cached.credentials() }
            #expect(failure.kind == .credentials)
            #expect(failure.message.contains("rejected these credentials") && failure.message.contains("K1"))
        }
    }

    @Test func `credentials that are too old already are a failure`() async throws {
        let cached = cached(ScriptedSource { keys($0, until: today(12)) })
        let failure = try await #require(throws: RemoteFailure.self) { try await cached.credentials() }
        #expect(failure.kind == .credentials)
    }

    @Test func `a failure with nothing to fall back on is thrown, and the next caller starts anew`() async throws {
        let source = ScriptedSource { number in
            if number == 1 { throw ScriptedSource.Failed() }
            return keys(number, until: nil)
        }
        let cached = cached(source)
        await #expect(throws: ScriptedSource.Failed()) { try await cached.credentials() }
        #expect(try await cached.credentials().accessKeyID == "K2")
    }

    @Test func `a cancelled waiter and a cancelled leader leave the others their credentials`() async throws {
        let (begun, gate) = (ScriptedGate(), ScriptedGate())
        let source = ScriptedSource { number in
            if number == 1 { begun.open() }
            await gate.opened()
            try Task.checkCancellation()
            return keys(number, until: nil)
        }
        let cached = cached(source)
        let found = try await withTimeout {
            try await withThrowingTaskGroup(of: String?.self) { group in
                let leader = Task { try await cached.credentials() }
                await begun.opened()
                let waiter = Task { try await cached.credentials() }
                for _ in 0..<10 { group.addTask { try await cached.credentials().accessKeyID } }
                waiter.cancel()
                leader.cancel()
                gate.open()
                await #expect(throws: CancellationError.self) { try await waiter.value }
                await #expect(throws: CancellationError.self) { try await leader.value }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(found == Array(repeating: "K2", count: 10))
    }
}
