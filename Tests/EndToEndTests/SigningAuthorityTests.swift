import AWSServices
import Cryptography
import FoundationEssentials
import HTTPTransfer
import LocalServices
import ReconcileApp
import ReconcileCore
import TestSupport
import Testing

/// What every key that signs certificates keeps to, in a file or in KMS; and what becomes of a certificate while KMS does
/// not sign.
@Suite(.timeLimit(.minutes(5))) struct SigningAuthorityTests {
    /// A key that signs certificates, whose point is known otherwise.
    private struct Held: Sendable {
        let point: [UInt8]
        let authority: RecordSigner.Authority
    }

    private struct Credentials: CredentialSource {
        let value: AWSCredentials

        func credentials() async throws -> AWSCredentials { value }
        func refuse(_ used: AWSCredentials) async {}
    }

    enum Adapter: CaseIterable {
        case file
        case kms
    }

    private func with(_ adapter: Adapter, _ body: (Held, LocalCodeArtifact) async throws -> Void) async throws {
        try await LocalCodeArtifact.with { server in
            if adapter == .kms { return try await withKMS(server) { held in try await body(held, server) } }
            try await withScratchDirectory { scratch in
                let file = "\(scratch)/key.pem"
                let arguments = ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file]
                #expect(try await run("openssl", arguments).status == 0)
                let key = try SigningFlags.key(in: file) { _ in }
                try await body(Held(point: key.point, authority: Signing.authority(key, named: file)), server)
            }
        }
    }

    private func withKMS(_ server: LocalCodeArtifact, _ body: (Held) async throws -> Void) async throws {
        try await HTTPClient.withClient { client in
            let key = KMSKey(
                try #require(KMSKeyARN(server.signingKeyARN)),
                by: SignedTransport(
                    client: client,
                    endpoint: try ServiceEndpoint(server.endpoint),
                    credentials: Credentials(value: server.configuration.credentials[0]),
                    signature: SignatureV4(region: server.configuration.region, service: "kms"),
                    ledger: RequestLedger(declared: [KMSOperations.sign, KMSOperations.getPublicKey]),
                    governor: RateGovernor(limits: [:], clock: SystemClock()),
                    deadlines: HTTPDeadlines(firstByte: .seconds(1), stall: .seconds(1), total: .seconds(2))
                )
            )
            try await body(Held(point: try #require(try await key.publicKey().point), authority: key.sign))
        }
    }

    @Test(arguments: Adapter.allCases)
    func `what it signs are the bytes given, each time, with the lower s`(adapter: Adapter) async throws {
        try await with(adapter) { held, _ in
            let check = try #require(Signing.functions.check(held.point))
            for length in [1, 400, 4_096] {
                let message = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                for _ in 0..<8 {
                    let signature = try await held.authority(message)
                    // High s fails the check.
                    #expect(signature.count == 64)
                    #expect(check(message, signature))
                    #expect(!check(message + [0], signature))
                }
            }
        }
    }

    @Test(arguments: Adapter.allCases)
    func `records that it certifies are believed under its trust file alone`(adapter: Adapter) async throws {
        try await with(adapter) { held, _ in
            let stage = try Stage(held)
            #expect(try await stage.write())
            let key = try #require(stage.base.keys.first)
            let stored = try #require(stage.base.bytes(at: ObjectKey(key), versionID: nil))
            let path = String(key.dropFirst("example/".count))
            try stage.trust.prove(SignedObject(stored), at: path)
            let other = try RecordTrust(TestTrust().file(), Signing.functions)
            #expect(throws: Distrust.self) { try other.prove(SignedObject(stored), at: path) }
            // A writer whose trust file has another key.
            let wrong = try Stage(held, trusting: other)
            let failure = await #expect(throws: RemoteFailure.self) { try await wrong.write() }
            #expect(failure?.kind == .invalid)
            #expect(wrong.base.keys == [])
        }
    }

    @Test(arguments: Adapter.allCases)
    func `writers side by side ask it once, whatever the number of records`(adapter: Adapter) async throws {
        try await with(adapter) { held, server in
            let stage = try Stage(held)
            let (done, failure) = await sideBySide(Array(0..<40), width: 40) { try await stage.write($0) }
            #expect(done == Array(repeating: true, count: 40))
            #expect(failure == nil)
            #expect(server.requests["kms.Sign"] ?? 0 == (adapter == .kms ? 1 : 0))
        }
    }

    /// Records that are signed, by a clock that a test moves.
    private struct Stage: Sendable {
        let clock = ManualClock(at: "2026-11-22T08:00:00Z")
        let base = InMemoryStore()
        let trust: RecordTrust
        let store: SealedStore

        /// - Parameter trust: nil for one that has the key.
        init(_ held: Held, trusting trust: RecordTrust? = nil) throws {
            let file = TrustFile(
                identity: TestTrust.identity,
                keys: [TrustFile.Key(point: held.point, from: nil, until: nil)]
            )
            self.trust = try trust ?? RecordTrust(file, Signing.functions)
            let signer = RecordSigner(
                trust: self.trust,
                Signing.functions,
                authority: held.authority,
                policy: RetryPolicy(attempts: 2, ledger: RequestLedger(), clock: clock) { 0 },
                clock: clock,
                process: "p",
                writer: "w"
            )
            store = SealedStore(base, root: ObjectKey("example/"), trust: self.trust, signer: signer)
        }

        /// Writes one record of now; whether it was stored.
        func write(_ number: Int = 0) async throws -> Bool {
            let time = Timestamp(secondsSince1970: clock.secondsSince1970()).basic
            let key = ObjectKey("example/manifests/maven/releases/g/a/\(number)/\(time).~.Published.json")
            if case .stored = try await store.write(Array("{}".utf8), to: key, .createOnly) { return true }
            return false
        }
    }

    /// How KMS may fail, and what is thrown once there is no certificate.
    private static let faults: [(fault: String, kind: RemoteFailure.Kind)] = [
        ("kms.Sign:403", .forbidden), ("kms.Sign:409", .forbidden), ("kms.Sign:429", .throttled),
        ("kms.Sign:500", .unavailable), ("kms.Sign:503", .unavailable), ("kms.Sign:reset", .unavailable),
        ("kms.Sign:stall=5", .unavailable),
    ]

    @Test("KMS refusing, throttling and slow at renewal", arguments: faults)
    func renewal(fault: String, kind: RemoteFailure.Kind) async throws {
        try await with(.kms) { held, server in
            let stage = try Stage(held)
            func signs() -> Int { server.requests["kms.Sign"] ?? 0 }
            #expect(try await stage.write())
            stage.clock.advance(by: .seconds(6 * 3_600 - 1))
            #expect(try await stage.write())
            #expect(signs() == 1)
            server.setFaults([try Fault(fault)])
            stage.clock.advance(by: .seconds(1))
            // The certificate goes on; KMS is asked once, and not again for half a minute.
            for number in 0..<10 { #expect(try await stage.write(number)) }
            // After a reset, curl itself sends once more.
            if !fault.hasSuffix("reset") { #expect(signs() == 2) }
            stage.clock.advance(by: .seconds(6 * 3_600))
            #expect(try await stage.write())
            stage.clock.advance(by: .seconds(1))
            let failure = await #expect(throws: RemoteFailure.self) { try await stage.write() }
            #expect(failure?.kind == kind, "\(failure as Any)")
            #expect(failure?.message.contains("kms") == true)
            #expect(stage.base.keys.count == 13)
            guard kind != .forbidden else { return }
            // Mended: the next record has a new certificate.
            server.setFaults([])
            stage.clock.advance(by: .seconds(31))
            #expect(try await stage.write())
        }
    }

    @Test func `a certificate is renewed at half of its time with one more signature`() async throws {
        try await with(.kms) { held, server in
            let stage = try Stage(held)
            for hours in 0..<25 {
                #expect(try await stage.write())
                #expect(server.requests["kms.Sign"] == hours / 6 + 1)
                stage.clock.advance(by: .seconds(3_600))
            }
        }
    }
}
