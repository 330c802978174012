import ReconcileCore
import Synchronization

/// The Maven endpoints of a domain's repositories, each requested once and kept for the rest of the run.
///
/// Safe to call from anywhere. Concurrent callers for the same repository share one request. Failures are not kept.
final class RepositoryEndpoints: Sendable {
    private enum Entry {
        case known(ServiceEndpoint)
        case asked(SingleFlight<ServiceEndpoint>)
    }

    private let entries = Mutex<[String: Entry]>([:])
    private let fetch: @Sendable (_ repository: String) async throws -> ServiceEndpoint

    /// - Parameter fetch: requests a repository's endpoint from the service.
    init(fetch: @escaping @Sendable (_ repository: String) async throws -> ServiceEndpoint) {
        self.fetch = fetch
    }

    /// A repository's endpoint if it has already been fetched; nil otherwise.
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
    /// Checks that a domain's bearer tokens may be sent to this endpoint.
    ///
    /// - Parameter api: the API that returned the endpoint.
    /// - Throws: if the endpoint is less protected than the API, or if its name is that of another domain: endpoints
    ///   are named `DOMAIN-OWNER.d.codeartifact.…` (user guide, Using CodeArtifact with mvn).
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
