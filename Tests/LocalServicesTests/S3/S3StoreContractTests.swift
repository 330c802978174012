import AWSServices
import LocalServices
import ReconcileCore
import TestSupport
import Testing

@Suite struct S3StoreContractTests {
    @Test(.timeLimit(.minutes(5)), arguments: ObjectStoreContract.allCases)
    func `the S3 store keeps the contract on a plain bucket`(rule: ObjectStoreContract) async throws {
        try await StoreTrial.with { try await rule.verify($0.store) }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ObjectStoreContract.allCases)
    func `the S3 store keeps the contract with versions, opaque ETags and a listing without order`(
        rule: ObjectStoreContract
    ) async throws {
        var configuration = LocalS3Configuration()
        configuration.keepsVersions = true
        configuration.entityTag = .opaque
        configuration.listOrder = .shuffled
        try await StoreTrial.with(configuration) { try await rule.verify($0.store) }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ObjectStoreContract.allCases)
    func `the S3 store keeps the contract in directory order, virtual-host style and under a prefix`(
        rule: ObjectStoreContract
    ) async throws {
        var configuration = LocalS3Configuration()
        configuration.listOrder = .directories
        try await StoreTrial.with(
            configuration,
            place: { endpoint, region in
                try S3Location(
                    bucket: "backup",
                    prefix: "/a b+c/",
                    region: region,
                    endpoint: ServiceEndpoint(
                        scheme: .http,
                        host: endpoint.host.replacing("127.0.0.1", with: "localhost")
                    ),
                    addressing: .virtualHost
                )
            }
        ) { trial in
            try await rule.verify(trial.store)
            #expect(trial.server.keys().allSatisfy { $0.hasPrefix("a b+c/contract/") })
        }
    }
}
