import TestSupport
import Testing

@Suite struct InMemoryStoreTests {
    @Test(arguments: ObjectStoreContract.allCases, [true, false])
    func `the store in memory keeps the contract`(rule: ObjectStoreContract, keepsVersions: Bool) async throws {
        try await rule.verify(InMemoryStore(keepsVersions: keepsVersions, order: .shuffled(seed: 5)))
    }
}
