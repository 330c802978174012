import Cryptography

/// How the Maven endpoints of a domain are reached: where they answer, and with what tokens.
package struct MavenAccess: Hashable, Sendable {
    /// Nil for where the API says that each repository answers.
    package var location: MavenLocation?
    /// How long an authorization token is wanted: 15 minutes to 12 hours, or zero for as long as the caller's session
    /// lasts; the service's default (12 hours) when nil.
    package var tokenLifetime: Duration?

    package init(location: MavenLocation? = nil, tokenLifetime: Duration? = nil) {
        self.location = location
        self.tokenLifetime = tokenLifetime
    }
}

/// Where the Maven repositories of a domain answer if not where the API says: in a VPC whose endpoint has no private DNS
/// names, the API's answer leads nowhere (user guide, Use CodeArtifact from a VPC).
package struct MavenLocation: Hashable, Sendable {
    private let endpoint: ServiceEndpoint
    /// Whether the repositories are right below the endpoint's path, and not below `/maven/d/DOMAIN-OWNER/`.
    private let isWhole: Bool

    /// Parses the URL of a host alone, or one that ends with `/{repository}`; https, or http on this machine.
    package init(_ url: String) throws(InvalidEndpoint) {
        var text = url[...]
        while text.last == "/" { text.removeLast() }
        isWhole = text.hasSuffix(Self.placeholder)
        if isWhole { text.removeLast(Self.placeholder.count) }
        endpoint = try ServiceEndpoint(String(text))
        let host = endpoint.host
        guard !host.contains(".api.codeartifact."), !(host.hasPrefix("codeartifact.") && host.contains(".amazonaws."))
        else {
            throw InvalidEndpoint(
                url: url,
                reason: "is the API's endpoint (codeartifact.api): name that of codeartifact.repositories, "
                    + "https://vpce-….d.codeartifact.REGION.vpce.amazonaws.com"
            )
        }
        guard endpoint.scheme == .https || endpoint.isLoopback else {
            throw InvalidEndpoint(url: url, reason: "would send the token unencrypted: write https://")
        }
        guard isWhole || endpoint.basePath.isEmpty else {
            throw InvalidEndpoint(url: url, reason: "has a path that does not end with \(Self.placeholder)")
        }
    }

    private static let placeholder = "/{repository}"

    func endpoint(of repository: String, in domain: CodeArtifactDomain) -> ServiceEndpoint {
        let path = isWhole ? endpoint.basePath : "/maven/d/\(domain.name)-\(domain.owner)"
        let name = PercentEncoding.encode(repository, keepSlash: false)
        return ServiceEndpoint(scheme: endpoint.scheme, host: endpoint.host, basePath: "\(path)/\(name)")
    }
}
