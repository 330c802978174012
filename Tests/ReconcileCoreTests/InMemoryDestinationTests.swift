import TestSupport
import Testing

@Suite struct InMemoryDestinationTests {
    @Test(arguments: PackageDestinationContract.allCases)
    func `the domain in memory keeps the contract of a destination`(rule: PackageDestinationContract) async throws {
        let domain = InMemorySource()
        domain.addRepository("releases")
        try await rule.verify(InMemoryDestination(domain), domain, repository: "releases")
    }
}
