package import AWSServices
import Cryptography
package import ReconcileCore

/// A domain that can be read and, by a restore, published to.
package struct OpenDomain: Sendable {
    package let identity: CodeArtifactDomain
    package let source: any PackageSource
    package let destination: any PackageDestination
    package let configuration: any ConfigurationSource
    package let configurator: any ConfigurationDestination
    package let region: String
}

extension DomainFlags {
    /// Opens a domain without sending a request.
    ///
    /// - Parameters:
    ///   - maven: how to reach its Maven endpoints; nil for a command that does not use them.
    ///   - name: the domain's name, which in a restore may differ from the backup's.
    /// - Throws: `UsageFailure` if a setting is missing, `InvalidSettings` for an invalid endpoint.
    package func open(_ access: AWSAccess, _ maven: MavenFlags? = nil, named name: String) throws -> OpenDomain {
        guard let domainOwner else { throw UsageFailure("missing --domain-owner") }
        let region = try access.knownRegion()
        let transport = SignedTransport(
            client: access.client,
            endpoint: try access.settings.endpoint(of: .codeartifact, region: region),
            credentials: access.credentials,
            signature: SignatureV4(region: region, service: "codeartifact"),
            ledger: access.ledger,
            governor: access.governor,
            clock: access.clock
        )
        let domain = CodeArtifactDomain(
            name: name,
            owner: domainOwner.description,
            isDualStack: access.settings.variant(of: .codeartifact).isDualStack
        )
        let maven = maven?.access ?? MavenAccess()
        let configuration = CodeArtifactConfiguration(domain: domain, transport: transport)
        return OpenDomain(
            identity: domain,
            source: RetryingSource(
                CodeArtifactSource(domain: domain, transport: transport, maven: maven),
                policy: access.policy
            ),
            destination: RetryingDestination(
                CodeArtifactDestination(domain: domain, transport: transport, maven: maven),
                policy: access.policy
            ),
            configuration: RetryingConfiguration(configuration, policy: access.policy),
            configurator: RetryingConfigurator(configuration, policy: access.policy),
            region: region
        )
    }
}
