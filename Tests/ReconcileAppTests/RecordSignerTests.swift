import ReconcileApp
import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// How a process has its key certified: at the first record, again after six hours, and never goes without.
@Suite struct RecordSignerTests {
    private static func key(_ number: Int, at time: Timestamp) -> ObjectKey {
        ObjectKey("example/manifests/maven/releases/g/a/\(number)/\(time.basic).~.Published.json")
    }

    /// Counts what is asked of the domain's key, which refuses while it is told to.
    private final class Authority: Sendable {
        let asked = Mutex<[String]>([])
        let failure = Mutex<RemoteFailure?>(nil)
        let key: SignatureFunctions.PrivateKey

        init(_ key: SignatureFunctions.PrivateKey) { self.key = key }

        func sign(_ text: [UInt8]) throws -> [UInt8] {
            asked.withLock { $0.append(String(decoding: text, as: UTF8.self)) }
            if let failure = failure.withLock(\.self) { throw failure }
            return try #require(key.sign(text))
        }
    }

    private func opened(_ trust: TestTrust, _ authority: Authority) throws -> (SealedStore, InMemoryStore, RecordSigner)
    {
        let base = InMemoryStore()
        let signer = try trust.signer(asking: authority.sign)
        let store = SealedStore(base, root: ObjectKey("example/"), trust: try trust.trust(), signer: signer)
        return (store, base, signer)
    }

    private static let body = Array("{}".utf8)
    private static let refusal = RemoteFailure(.unavailable, operation: .sign, target: "key", message: "out of order")

    @Test func `a key is certified at the first record, and again when half of its time is over`() async throws {
        let trust = try TestTrust()
        let authority = Authority(trust.key)
        let (store, _, signer) = try opened(trust, authority)
        _ = try await store.write([1], to: ObjectKey("example/maven/x"), .createOnly)
        #expect(authority.asked.withLock(\.count) == 0)
        for number in 0..<3 { _ = try await store.write(Self.body, to: Self.key(number, at: trust.now), .createOnly) }
        #expect(authority.asked.withLock(\.count) == 1)
        trust.clock.advance(by: .seconds(6 * 3_600 - 1))
        _ = try await store.write(Self.body, to: Self.key(4, at: trust.now), .createOnly)
        #expect(authority.asked.withLock(\.count) == 1)
        let digest = String(repeating: "ab", count: 32)
        signer.note(RunCertificate.Seen(cutoff: trust.now, sha256: digest))
        trust.clock.advance(by: .seconds(1))
        _ = try await store.write(Self.body, to: Self.key(5, at: trust.now), .createOnly)
        let texts = authority.asked.withLock(\.self)
        #expect(texts.count == 2)
        let lines = texts[1].split(separator: "\n")
        #expect(
            lines[1...3] + lines[5...] == [
                "111122223333/eu-west-1/example", "20261122T080000Z-1", "reconcile/0.2.0", "2026-11-22T14:00:00Z",
                "2026-11-23T02:00:00Z", "2026-11-22T13:59:59Z:\(digest)",
            ]
        )
        // Each has a key of its own.
        #expect(texts[0].split(separator: "\n")[4] != lines[4])
    }

    @Test func `a certificate names the newest checkpoint, not one that was noted long before`() async throws {
        let trust = try TestTrust()
        let authority = Authority(trust.key)
        let digest = String(repeating: "ab", count: 32)
        let looked = Mutex(0)
        let signer = try trust.signer(asking: authority.sign) {
            looked.withLock { $0 += 1 }
            return RunCertificate.Seen(cutoff: trust.now, sha256: digest)
        }
        let store = SealedStore(
            InMemoryStore(),
            root: ObjectKey("example/"),
            trust: try trust.trust(),
            signer: signer
        )
        func named() async throws -> String? {
            _ = try await store.write(Self.body, to: Self.key(0, at: trust.now), .overwrite)
            return authority.asked.withLock { $0.last }?.split(separator: "\n").last.map(String.init)
        }
        // What a run has noted spares the look.
        signer.note(nil)
        #expect(try await named() == "-")
        #expect(looked.withLock(\.self) == 0)
        trust.clock.advance(by: .seconds(6 * 3_600))
        #expect(try await named() == "2026-11-22T14:00:00Z:\(digest)")
        trust.clock.advance(by: .seconds(6 * 3_600))
        #expect(try await named() == "2026-11-22T20:00:00Z:\(digest)")
        #expect(looked.withLock(\.self) == 2)
    }

    @Test func `writers side by side ask once`() async throws {
        let trust = try TestTrust()
        let authority = Authority(trust.key)
        let (store, base, _) = try opened(trust, authority)
        let now = trust.now
        let (done, failure) = await sideBySide(Array(0..<40), width: 40) { number in
            try await store.write(Self.body, to: Self.key(number, at: now), .createOnly)
        }
        #expect(done.count == 40)
        #expect(failure == nil)
        #expect(base.keys.count == 40)
        #expect(authority.asked.withLock(\.count) == 1)
    }

    @Test func `a certificate goes on while it cannot be renewed, and nothing is stored without one`() async throws {
        let trust = try TestTrust()
        let authority = Authority(trust.key)
        let (store, base, _) = try opened(trust, authority)
        authority.failure.withLock { $0 = Self.refusal }
        await #expect(throws: Self.refusal) {
            try await store.write(Self.body, to: Self.key(0, at: trust.now), .createOnly)
        }
        #expect(base.keys == [])
        authority.failure.withLock { $0 = nil }
        _ = try await store.write(Self.body, to: Self.key(1, at: trust.now), .createOnly)
        authority.failure.withLock { $0 = Self.refusal }
        trust.clock.advance(by: .seconds(12 * 3_600))
        _ = try await store.write(Self.body, to: Self.key(2, at: trust.now), .createOnly)
        trust.clock.advance(by: .seconds(1))
        await #expect(throws: Self.refusal) {
            try await store.write(Self.body, to: Self.key(3, at: trust.now), .createOnly)
        }
        #expect(base.keys.count == 2)
    }

    @Test func `a writer whose own trust file does not believe its key writes nothing`() async throws {
        let trust = try TestTrust()
        let other = try TestTrust()
        let base = InMemoryStore()
        let store = SealedStore(
            base,
            root: ObjectKey("example/"),
            trust: try trust.trust(),
            signer: try trust.signer(asking: { try #require(other.key.sign($0)) })
        )
        let failure = await #expect(throws: RemoteFailure.self) {
            try await store.write(Self.body, to: Self.key(0, at: trust.now), .createOnly)
        }
        #expect(failure?.kind == .invalid)
        #expect(failure?.message.contains("does not pass its own trust file") == true)
        #expect(base.keys == [])
    }

    @Test func `with trust and without a key no record is written`() async throws {
        let trust = try TestTrust()
        let base = InMemoryStore()
        let store = try trust.store(base, signs: false)
        for path in ["manifests/a", "configuration/a", "checkpoints/a", "losses/a", "deletions/a"] {
            await #expect(throws: RemoteFailure.self) {
                try await store.write(Self.body, to: ObjectKey("example/\(path)"), .overwrite)
            }
        }
        _ = try await store.write(Self.body, to: ObjectKey("example/runs/a"), .overwrite)
        #expect(base.keys == ["example/runs/a"])
    }

    @Test func `a record of long ago is not signed`() async throws {
        let trust = try TestTrust()
        let base = InMemoryStore()
        let store = try trust.store(base)
        let time = try #require(Timestamp(extended: "2026-11-22T07:54:59Z"))
        let failure = await #expect(throws: RemoteFailure.self) {
            try await store.write(Self.body, to: Self.key(0, at: time), .overwrite)
        }
        #expect(failure?.kind == .untrusted)
        #expect(base.keys == [])
    }
}
