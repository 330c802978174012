import ReconcileCore
import Synchronization

/// Where the Maven repositories of a domain answer: asked once per repository, kept for the life of the run.
///
/// Safe to call from anywhere; all who ask for one repository meanwhile share one request. A failure is not kept.
final class RepositoryEndpoints: Sendable {
    private enum Entry {
        case known(ServiceEndpoint)
        case asked(SingleFlight<ServiceEndpoint>)
    }

    private let entries = Mutex<[String: Entry]>([:])
    private let fetch: @Sendable (_ repository: String) async throws -> ServiceEndpoint

    /// - Parameter fetch: asks the service for the endpoint of a repository.
    init(fetch: @escaping @Sendable (_ repository: String) async throws -> ServiceEndpoint) {
        self.fetch = fetch
    }

    /// The endpoint of a repository that was asked for before; nil for any other.
    func known(_ repository: String) -> ServiceEndpoint? {
        if case .known(let endpoint)? = entries.withLock({ $0[repository] }) { endpoint } else { nil }
    }

    func endpoint(of repository: String) async throws -> ServiceEndpoint {
        let entry = entries.withLock { entries in
            let entry = entries[repository] ?? .asked(SingleFlight())
            entries[repository] = entry
            return entry
        }
        switch entry {
        case .known(let endpoint):
            return endpoint
        case .asked(let flight):
            return try await flight.run {
                if case .known(let endpoint)? = entries.withLock({ $0[repository] }) { return endpoint }
                let endpoint = try await fetch(repository)
                entries.withLock { $0[repository] = .known(endpoint) }
                return endpoint
            }
        }
    }
}

extension ServiceEndpoint {
    /// That bearer tokens of a domain may be sent here.
    ///
    /// - Parameter api: the API that named it.
    /// - Throws: if it is less protected than the API was, or by its name another domain's: endpoints are named
    ///   `DOMAIN-OWNER.d.codeartifact.…` (user guide, Using CodeArtifact with mvn).
    func requireMaven(of domain: CodeArtifactDomain, namedBy api: ServiceEndpoint) throws(InvalidEndpoint) {
        let url = "\(self)"
        guard scheme == .https || api.scheme == .http else {
            throw InvalidEndpoint(url: url, reason: "is not https, so no bearer token is sent there")
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 2, labels[1] == "d", labels[2] == "codeartifact" else { return }
        guard labels[0] == "\(domain.name.lowercased())-\(domain.owner)" else {
            throw InvalidEndpoint(url: url, reason: "is not of the \(domain), so no bearer token is sent there")
        }
    }
}
