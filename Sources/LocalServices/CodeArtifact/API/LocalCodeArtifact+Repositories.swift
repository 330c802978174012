import FoundationEssentials
import ReconcileCore

/// The calls about repositories, and the two that give access to their Maven endpoints.
extension LocalCodeArtifact {
    func listRepositories(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let asked =
            call.operation == .listRepositoriesInDomain
            ? [try domain(call)] : domains.values.sorted { $0.name < $1.name }
        let prefix = try call.parameters.optional("repository-prefix", .repositoryPrefix) ?? ""
        let administrator = try call.parameters.optional("administrator-account", .account)
        let repositories = asked.flatMap { domain in
            domain.repositories.values.sorted { $0.name < $1.name }
                .filter { $0.name.hasPrefix(prefix) && (administrator == nil || administrator == domain.owner) }
                .map { (domain: domain, repository: $0) }
        }
        let page = try page(call, of: repositories)
        let rows = page.elements.map { ResponseShapes.repositorySummary($0.repository, in: $0.domain) }
        return .json(200, .object(["repositories": .array(rows), "nextToken": tokenMember(page.token)]))
    }

    func createRepository(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let name = try call.parameters.required("repository", .repository)
        let body = try RequestBodies.decode(RequestBodies.Repository.self, from: call.body)
        let upstreams = body.upstreams?.map(\.repositoryName) ?? []
        let tags = body.tags ?? []
        return try changeDomain(call) { (domain) throws(ServiceFailure) in
            guard domain.repositories[name] == nil else {
                throw .conflict(.repository, name, "repository \(name) exists")
            }
            for upstream in upstreams { _ = try domain.repository(upstream) }
            var repository = RepositoryState(
                name: name,
                description: body.description,
                createdTime: Date.now.timeIntervalSince1970,
                upstreams: upstreams,
                synthetic: nil
            )
            try repository.tags.set(tags)
            domain.add(repository)
            return repository
        }
    }

    func describeRepository(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let domain = try domain(call)
        let repository = try domain.repository(call.parameters.required("repository", .repository))
        return .json(200, .object(["repository": ResponseShapes.repository(repository, in: domain)]))
    }

    /// Leaves unchanged what the body omits; upstreams in the body replace all existing ones.
    func updateRepository(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let name = try call.parameters.required("repository", .repository)
        let body = try RequestBodies.decode(RequestBodies.Repository.self, from: call.body)
        let upstreams = body.upstreams?.map(\.repositoryName)
        return try changeDomain(call) { (domain) throws(ServiceFailure) in
            for upstream in upstreams ?? [] {
                _ = try domain.repository(upstream)
                guard upstream != name else { throw .invalid("repository \(name) cannot be its own upstream") }
            }
            return try domain.changeRepository(name) { (repository) throws(ServiceFailure) in
                if upstreams?.isEmpty == false, repository.externalConnection != nil {
                    throw .conflict(.repository, name, "repository \(name) has an external connection")
                }
                if let description = body.description { repository.description = description }
                if let upstreams { repository.upstreams = upstreams }
                return repository
            }
        }
    }

    func deleteRepository(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let name = try call.parameters.required("repository", .repository)
        return try changeDomain(call) { (domain) throws(ServiceFailure) in try domain.deleteRepository(name) }
    }

    /// A repository has either one external connection or upstreams, not both (AssociateExternalConnection).
    func changeExternalConnection(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let name = try call.parameters.required("repository", .repository)
        let connection = try call.parameters.required("external-connection", .externalConnection)
        guard ExternalConnections.formats[connection] != nil else {
            let known = ExternalConnections.formats.keys.sorted().joined(separator: ", ")
            throw .invalid("'\(connection)' is not an external connection: one of \(known)")
        }
        let isNew = call.operation == .associateExternalConnection
        return try changeDomain(call) { (domain) throws(ServiceFailure) in
            try domain.changeRepository(name) { (repository) throws(ServiceFailure) in
                if isNew {
                    guard repository.externalConnection == nil, repository.upstreams.isEmpty else {
                        throw .conflict(
                            .repository,
                            name,
                            "repository \(name) has an external connection or upstreams already"
                        )
                    }
                    repository.externalConnection = connection
                } else {
                    guard repository.externalConnection == connection else {
                        throw .notFound(.repository, "\(name) with the external connection \(connection)")
                    }
                    repository.externalConnection = nil
                }
                return repository
            }
        }
    }

    /// Changes a repository and answers with its state after the change, or before its deletion.
    private func changeDomain(
        _ call: APICall,
        _ body: (inout DomainState) throws(ServiceFailure) -> RepositoryState
    ) throws(ServiceFailure) -> ServerAnswer {
        let name = try domain(call).name
        let shape = try change(in: name) { (domain) throws(ServiceFailure) in
            ResponseShapes.repository(try body(&domain), in: domain)
        }
        return .json(200, .object(["repository": shape]))
    }

    /// Returns the endpoint's path form, since a local server has one host for all domains.
    func getRepositoryEndpoint(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let domain = try domain(call)
        let repository = try domain.repository(call.parameters.required("repository", .repository))
        guard let format = try call.parameters.format() else { throw .invalid("'format' must not be null") }
        _ = try call.parameters.choice("endpointType", EndpointType.self)
        let url = "http://\(call.host):\(port)/\(format)/d/\(domain.name)-\(domain.owner)/\(repository.name)/"
        return .json(200, .object(["repositoryEndpoint": .string(url)]))
    }

    private enum EndpointType: String {
        case dualstack, ipv4
    }

    func getAuthorizationToken(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        _ = try domain(call)
        var seconds = 43_200
        if let text = try call.parameters.optional("duration", .number), let asked = Int(text) {
            guard asked == 0 || (900...43_200).contains(asked) else {
                throw .invalid("Value '\(asked)' at 'durationSeconds' failed to satisfy constraint: 0 or 900 to 43200")
            }
            // 0 means the rest of the caller's session; use an hour, as for a freshly assumed role.
            seconds = asked == 0 ? 3_600 : asked
        }
        let lifetime = configuration.tokenLifetime ?? .seconds(seconds)
        let expiration = Date.now.addingTimeInterval(lifetime / .seconds(1))
        return .json(
            200,
            .object([
                "authorizationToken": .string(tokens.issue(until: expiration)),
                "expiration": .number((expiration.timeIntervalSince1970 * 1000).rounded() / 1000),
            ])
        )
    }
}

/// The public repositories that a repository can connect to (user guide, "Supported external connection repositories").
enum ExternalConnections {
    /// Each connection's package format.
    static let formats = [
        "public:npmjs": "npm", "public:pypi": "pypi", "public:nuget-org": "nuget", "public:crates-io": "cargo",
        "public:ruby-gems-org": "ruby", "public:maven-central": "maven", "public:maven-googleandroid": "maven",
        "public:maven-gradleplugins": "maven", "public:maven-commonsware": "maven", "public:maven-clojars": "maven",
    ]
}
