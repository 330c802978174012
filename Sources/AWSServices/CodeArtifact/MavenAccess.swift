import Cryptography

/// How to reach a domain's Maven endpoints: their location and the lifetime of tokens.
package struct MavenAccess: Hashable, Sendable {
    /// Nil to ask the API for each repository's endpoint.
    package var location: MavenLocation?
    /// The requested lifetime of an authorization token: 15 minutes to 12 hours, or zero for the rest of the caller's
    /// session; nil for the service's default (12 hours).
    package var tokenLifetime: Duration?

    package init(location: MavenLocation? = nil, tokenLifetime: Duration? = nil) {
        self.location = location
        self.tokenLifetime = tokenLifetime
    }
}

/// The location of a domain's Maven repositories, if it is not the one from the API. In a VPC whose endpoint has no
/// private DNS names, the API's answer cannot be reached (user guide, Use CodeArtifact from a VPC).
package struct MavenLocation: Hashable, Sendable {
    private let endpoint: ServiceEndpoint
    /// Whether the repositories are directly below the endpoint's path, rather than below `/maven/d/DOMAIN-OWNER/`.
    private let isWhole: Bool

    /// Parses a URL that consists of a host only, or that ends with `/{repository}`. Must be https, or http on this
    /// machine.
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
