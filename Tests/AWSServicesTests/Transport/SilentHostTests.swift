import AWSServices
import Cryptography
import HTTPTransfer
import ReconcileCore
import Synchronization
import TestSupport
import Testing

@Suite("A host that does not answer", .timeLimit(.minutes(1)))
struct SilentHostTests {
    private let ledger = RequestLedger()
    private let clock = ManualClock()
    private let call = ServiceCall(S3Operations.put, on: "key", method: .put, path: "/key")

    private func transport(_ client: HTTPClient) throws -> SignedTransport {
        SignedTransport(
            client: client,
            endpoint: try ServiceEndpoint("https://bucket.s3.us-west-2.amazonaws.com"),
            credentials: NumberedCredentials(),
            signature: SignatureV4(region: "us-west-2", service: "s3"),
            ledger: ledger,
            governor: RateGovernor(limits: [:], clock: clock),
            clock: clock
        )
    }

    /// Sends `count` calls, each of which ends as `exchange` says; returns the kinds of their failures.
    private func perform(
        _ count: Int,
        _ exchange: @escaping @Sendable () throws -> HTTPResponse
    ) async throws -> (kinds: [RemoteFailure.Kind], sent: Int, last: RemoteFailure?) {
        try await HTTPClient.withClient { client in
            let transport = try transport(client)
            var failures: [RemoteFailure] = []
            var sent = 0
            for _ in 0..<count {
                do {
                    _ = try await transport.perform(call) { _ in
                        sent += 1
                        return try exchange()
                    }
                } catch let failure as RemoteFailure {
                    failures.append(failure)
                }
            }
            return (failures.map(\.kind), sent, failures.last)
        }
    }

    @Test(
        "is not asked for everything that waits for it",
        arguments: [TransferFailure.Kind.unreachable, .unresolved, .timedOut, .broken, .untrusted]
    )
    func silent(kind: TransferFailure.Kind) async throws {
        let clock = clock
        let (kinds, sent, last) = try await perform(300) {
            // As long as a connect deadline, for eight at a time.
            clock.advance(by: .milliseconds(1_250))
            throw TransferFailure(kind, message: "no connection", isUnanswered: true)
        }
        #expect(kinds.count == 300)
        #expect(sent <= 20)
        let failure = try #require(last)
        #expect(failure.kind == .unreachable)
        #expect(
            failure.message.hasPrefix("bucket.s3.us-west-2.amazonaws.com, the store of the backup, cannot be reached")
        )
        #expect(failure.message.contains("the S3 gateway endpoint"))
    }

    @Test func `that refuses at once gets requests more slowly, for as long as a restart may take`() async throws {
        let (kinds, sent, _) = try await perform(300) {
            throw TransferFailure(.unreachable, message: "refused", isUnanswered: true)
        }
        #expect(kinds.last == .unreachable)
        #expect(sent <= HostSilence.limit + 22)
        #expect(clock.now() >= HostSilence.patience)
    }

    @Test func `that is away for a few seconds ends nothing`() async throws {
        let clock = clock
        let (kinds, _, _) = try await perform(60) {
            guard clock.now() < .seconds(10) else { return HTTPResponse(head: HTTPResponseHead(status: 200)) }
            throw TransferFailure(.unreachable, message: "refused", isUnanswered: true)
        }
        #expect(kinds.count < 30 && kinds.allSatisfy { $0 == .unavailable })
        #expect(ledger.unreachable() == nil)
    }

    @Test func `is not one that breaks off its answers or refuses requests`() async throws {
        let (kinds, sent, _) = try await perform(60) { [clock] in
            clock.advance(by: .seconds(1))
            throw TransferFailure(.broken, message: "cut")
        }
        #expect(kinds.allSatisfy { $0 == .unavailable } && sent == 60)
        let (refused, asked, _) = try await perform(60) { HTTPResponse(head: HTTPResponseHead(status: 503)) }
        #expect(refused.allSatisfy { $0 == .unavailable } && asked == 60)
    }
}
