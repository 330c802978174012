import AWSServices
import Cryptography
import HTTPTransfer
import LocalServices
import ReconcileCore
import TestSupport
import Testing

@Suite struct DestinationContractTests {
    @Test(.timeLimit(.minutes(5)), arguments: PackageDestinationContract.allCases)
    func `CodeArtifact keeps the contract of a destination`(rule: PackageDestinationContract) async throws {
        try await LocalCodeArtifact.with(.init()) { server in
            try await HTTPClient.withClient { client in
                let configuration = server.configuration
                let transport = SignedTransport(
                    client: client,
                    endpoint: try ServiceEndpoint(server.endpoint),
                    credentials: UnchangingCredentials(value: configuration.credentials[0]),
                    signature: SignatureV4(region: configuration.region, service: "codeartifact"),
                    ledger: RequestLedger(),
                    governor: RateGovernor(limits: [:], clock: SystemClock())
                )
                let domain = CodeArtifactDomain(name: configuration.domain, owner: configuration.owner)
                try await rule.verify(
                    CodeArtifactDestination(domain: domain, transport: transport),
                    CodeArtifactSource(domain: domain, transport: transport),
                    repository: "releases"
                )
            }
        }
    }
}
