import AWSServices
import Cryptography
import HTTPTransfer
import LocalServices
import ReconcileCore
import Testing

@Suite("GetCallerIdentity", .timeLimit(.minutes(5)))
struct CallerIdentityTests {
    @Test("gives account, role and the service's clock")
    func answer() async throws {
        var configuration = LocalCodeArtifact.Configuration()
        configuration.clockOffset = .seconds(240)
        try await asking(configuration) { ask in
            let identity = try await ask(configuration.credentials[0])
            #expect(identity.account == "111122223333")
            #expect(identity.arn == "arn:aws:sts::111122223333:assumed-role/sandbox/session")
            #expect(abs((identity.clockOffset ?? 0) - 240) <= 2)
        }
    }

    @Test("fails for credentials that the service does not know, in its words")
    func unknownKey() async throws {
        try await asking(.init()) { ask in
            let stranger = AWSCredentials(
                accessKeyID: "AKIASTRANGER",
                secretAccessKey: "s",
                sessionToken: nil,
                expiration: nil
            )
            let failure = await #expect(throws: RemoteFailure.self) { _ = try await ask(stranger) }
            #expect(failure?.operation == CallerIdentity.operation)
            #expect(failure?.kind == .credentials)
        }
    }

    private func asking(
        _ configuration: LocalCodeArtifact.Configuration,
        _ body: ((AWSCredentials) async throws -> CallerIdentity) async throws -> Void
    ) async throws {
        try await LocalCodeArtifact.with(configuration) { server in
            try await HTTPClient.withClient { client in
                try await body { credentials in
                    try await CallerIdentity(
                        askedOf: SignedTransport(
                            client: client,
                            endpoint: try ServiceEndpoint(server.endpoint),
                            credentials: UnchangingCredentials(value: credentials),
                            signature: SignatureV4(region: configuration.region, service: "sts"),
                            ledger: RequestLedger(),
                            governor: RateGovernor(limits: [:], clock: SystemClock()),
                            fault: CallerIdentity.fault
                        )
                    )
                }
            }
        }
    }
}
