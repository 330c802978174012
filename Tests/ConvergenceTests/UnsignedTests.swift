import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// A backup whose signing key does not sign for a while, or never: what is stored, what is not recorded, and what the next
/// run makes of it.
@Suite struct UnsignedTests {
    private static let identity = RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "acme")

    /// Counts what is asked of the domain's key, which fails while it is told to.
    private final class Authority: Sendable {
        private let key: SignatureFunctions.PrivateKey
        private let state = Mutex((asked: 0, failure: RemoteFailure?.none))

        init(_ key: SignatureFunctions.PrivateKey) { self.key = key }

        var asked: Int { state.withLock(\.asked) }

        func fail(_ kind: RemoteFailure.Kind?) {
            let operation = ServiceOperation(.work, service: "kms", name: "Sign")
            let failure = kind.map { RemoteFailure($0, operation: operation, target: "key", message: "out of order") }
            state.withLock { $0.failure = failure }
        }

        func sign(_ text: [UInt8]) throws -> [UInt8] {
            let failure = state.withLock { state in
                state.asked += 1
                return state.failure
            }
            if let failure { throw failure }
            return try #require(key.sign(text))
        }
    }

    /// A process of its own, with a certificate still to be had.
    private func begin(_ stage: Rehearsal, _ trust: TestTrust) throws -> Authority {
        let authority = Authority(trust.key)
        let file = trust.file(Self.identity)
        stage.seal(
            trust: try trust.trust(file),
            signer: try trust.signer(file, clock: stage.clock, asking: authority.sign)
        )
        return authority
    }

    private func filled() -> Rehearsal {
        let stage = Rehearsal(keepsVersions: true)
        stage.source.publish(version("1.0"), ["app-1.0.jar": "jar", "app-1.0.pom": "pom"])
        stage.source.publish(version("1.1"), ["app-1.1.jar": "jar 1.1"])
        return stage
    }

    private func records(_ stage: Rehearsal) -> [ObjectKey] {
        stage.objectKeys.filter { stage.layout.record(at: $0) != nil || stage.layout.packageRecord(at: $0) != nil }
    }

    private static let later: [RemoteFailure.Kind] = [.throttled, .unavailable, .unreachable]

    @Test(arguments: later)
    func `while nothing can be signed, files are stored and the next run adopts them`(
        kind: RemoteFailure.Kind
    ) async throws {
        let trust = try TestTrust()
        let stage = filled()
        let authority = try begin(stage, trust)
        authority.fail(kind)
        let report = await stage.run()
        #expect(report.exit == .unavailable)
        #expect(report.outcome == .partial)
        #expect(report.failures == [])
        #expect(report.versions.unrecorded == 2)
        #expect((report.versions.missing, report.versions.copied, report.versions.failed) == (2, 0, 0))
        #expect(report.versions.unprotected == 2)
        #expect(
            report.message
                == "2 versions stored and not recorded: records could not be signed, and the next run records them"
        )
        #expect(report.warnings.count { $0.hasPrefix("records cannot be signed now") } == 1)
        #expect(records(stage) == [])
        #expect(stage.requests["maven.GetAsset"] == 3)
        authority.fail(nil)
        stage.clock.advance(by: .seconds(60))
        let next = await stage.run()
        #expect(next.exit == .converged)
        #expect((next.versions.copied, next.versions.unrecorded, next.assets.adopted) == (2, 0, 3))
        #expect(stage.requests["maven.GetAsset"] == nil)
        #expect(await stage.verify(.bytes).findings == [])
    }

    @Test(
        arguments: [(.forbidden, .credentials), (.credentials, .credentials), (.invalid, .refused)]
            as [(RemoteFailure.Kind, ReconcileCore.ExitStatus)]
    )
    func `a key that is refused ends the run before the first copy`(
        kind: RemoteFailure.Kind,
        exit: ReconcileCore.ExitStatus
    ) async throws {
        let stage = filled()
        let authority = try begin(stage, TestTrust())
        authority.fail(kind)
        let report = await stage.run()
        #expect(report.exit == exit)
        #expect(report.outcome == .failed)
        #expect(stage.requests["maven.GetAsset"] == nil)
        #expect(stage.objectKeys == [])
    }

    @Test func `an event asks for a certificate if it copies, and fails while there is none`() async throws {
        let trust = try TestTrust()
        let stage = filled()
        let authority = try begin(stage, trust)
        authority.fail(.unavailable)
        let failed = await stage.protect(version("1.0"))
        #expect(failed.outcome == .partial)
        #expect(failed.versions.unrecorded == 1)
        #expect(records(stage) == [])
        authority.fail(nil)
        stage.clock.advance(by: .seconds(60))
        let again = await stage.protect(version("1.0"))
        #expect(again.outcome == .converged)
        // An event of a version that nobody has recorded asks nothing before its PUTs, which find the files there.
        #expect((again.versions.copied, again.assets.adopted) == (1, 2))
        let other = try begin(stage, trust)
        #expect(await stage.protect(version("1.0")).versions.inSync == 1)
        #expect(other.asked == 0)
        #expect(await stage.protect(version("1.1")).outcome == .converged)
        #expect(other.asked == 1)
    }

    @Test func `a run with nothing to do takes two lists, one GET, one PUT and one signature more`() async throws {
        let trust = try TestTrust()
        let stage = filled()
        _ = try begin(stage, trust)
        for _ in 0..<3 {
            #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
            stage.clock.advance(by: .seconds(3_600))
        }
        let authority = try begin(stage, trust)
        // One more record makes the next checkpoint differ.
        stage.source.setStatus(.archived, of: version("1.1"))
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        // Later by as much as runs are apart, so that no checkpoint seems to be missing.
        stage.clock.advance(by: .seconds(3_600))
        #expect(authority.asked == 1)

        stage.resetCounts()
        stage.seal(trust: nil, signer: nil)
        #expect(await stage.run().exit == .converged)
        let without = stage.requests
        let last = try begin(stage, trust)
        stage.resetCounts()
        let report = try await stage.reconcileWithCheckpoint(storing: false)
        #expect(report.exit == .converged)
        #expect(report.versions.inSync == 2)
        #expect(report.checkpoint?.key != nil)
        #expect(last.asked == 1)
        let more = stage.requests.merging(without) { $0 - $1 }.filter { $0.value != 0 }
        // The record of the archived state is later than the newest checkpoint, and is proved. The other list is of the
        // records of the configuration, which a run that records it has listed already.
        #expect(more == ["s3.ListObjectsV2": 2, "s3.GetObject": 2, "s3.PutObject": 1])
    }
}
