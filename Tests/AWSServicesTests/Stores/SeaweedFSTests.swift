import AWSServices
import Cryptography
import HTTPTransfer
import ReconcileCore
import TestSupport
import Testing

@Suite(.enabled(if: SeaweedFS.isWanted), .seaweedFS)
struct SeaweedFSTests {
    @Test(.timeLimit(.minutes(2)), arguments: ObjectStoreContract.allCases)
    func `the S3 store keeps the contract on SeaweedFS`(rule: ObjectStoreContract) async throws {
        let server = try #require(SeaweedFS.current)
        try await withStore(on: server, bucket: server.bucket) { try await rule.verify($0) }
    }

    @Test(.timeLimit(.minutes(2)), arguments: ObjectStoreContract.allCases)
    func `the S3 store keeps the contract on SeaweedFS with versions`(rule: ObjectStoreContract) async throws {
        let server = try #require(SeaweedFS.current)
        try await withStore(on: server, bucket: server.versionedBucket, prefix: "deep/er") { store in
            #expect(try await store.keepsVersions() == true)
            try await rule.verify(store)
        }
    }

    @Test func `a wrong secret is a failure of the credentials`() async throws {
        let server = try #require(SeaweedFS.current)
        let wrong = AWSCredentials(accessKeyID: server.credentials.accessKeyID, secretAccessKey: "guessed")
        try await withStore(on: server, bucket: server.bucket, credentials: wrong) { store in
            let failure = await #expect(throws: RemoteFailure.self) {
                try await store.list(prefix: ObjectKey(""), after: nil)
            }
            #expect(failure?.kind == .credentials)
        }
    }

    @Test func `a bucket that does not exist is absent, and not an absent object`() async throws {
        let server = try #require(SeaweedFS.current)
        try await withStore(on: server, bucket: "no-such-bucket") { store in
            let failure = await #expect(throws: RemoteFailure.self) { try await store.read(ObjectKey("a"), limit: 1) }
            #expect(failure?.kind == .absent)
        }
    }

    private func withStore(
        on server: SeaweedFS,
        bucket: String,
        prefix: String = "",
        credentials: AWSCredentials? = nil,
        _ body: (S3Store) async throws -> Void
    ) async throws {
        let location = try S3Location(
            bucket: bucket,
            prefix: prefix,
            region: server.region,
            endpoint: try ServiceEndpoint(server.endpoint)
        )
        try await HTTPClient.withClient { client in
            try await body(
                S3Store(
                    location,
                    client: client,
                    credentials: FixedCredentials(credentials ?? server.credentials),
                    ledger: RequestLedger(),
                    governor: RateGovernor(limits: [:], clock: SystemClock())
                )
            )
        }
    }
}

/// Credentials that never change.
struct FixedCredentials: CredentialSource {
    private let value: AWSCredentials

    init(_ value: AWSCredentials) {
        self.value = value
    }

    func credentials() async throws -> AWSCredentials { value }
    func refuse(_ used: AWSCredentials) async {}
}
