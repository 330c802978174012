import FoundationEssentials
import ReconcileCore

/// The calls about domains and repositories, and the two that open the Maven endpoint.
extension LocalCodeArtifact {
    /// The only listing whose paging travels in a JSON body; the body may be empty.
    func listDomains(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        if !call.body.isEmpty { _ = try RequestBodies.decode(RequestBodies.Listing.self, from: call.body) }
        let domain = snapshot
        return .json(
            200,
            .object(["domains": .array([ResponseShapes.domainSummary(domain)]), "nextToken": tokenMember(nil)])
        )
    }

    func listRepositories(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let domain = call.operation == .listRepositoriesInDomain ? try self.domain(call) : snapshot
        let prefix = try call.parameters.optional("repository-prefix", .repositoryPrefix) ?? ""
        let administrator = try call.parameters.optional("administrator-account", .account)
        let names = domain.repositories.keys.sorted()
            .filter { $0.hasPrefix(prefix) && (administrator == nil || administrator == domain.owner) }
        let token = try call.parameters.optional("next-token", .token)
        let pageSize = try call.parameters.maxResults(default: 100)
        let page = try page(call, token: token, pageSize: pageSize) { (position, limit) throws(ServiceFailure) in
            let start = position.map { position in names.partitioningIndex { $0 >= position } } ?? 0
            let elements = Array(names[start...].prefix(limit))
            let end = start + elements.count
            return Run(elements: elements, next: end < names.count ? names[end] : nil)
        }
        let rows = page.elements.compactMap { domain.repositories[$0] }
            .map { ResponseShapes.repositorySummary($0, in: domain) }
        return .json(200, .object(["repositories": .array(rows), "nextToken": tokenMember(page.token)]))
    }

    func createRepository(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let domain = try domain(call)
        let name = try call.parameters.required("repository", .repository)
        let body = try RequestBodies.decode(RequestBodies.Repository.self, from: call.body)
        guard domain.repositories[name] == nil else {
            throw .conflict(.repository, name, "repository \(name) exists")
        }
        let repository = RepositoryState(
            name: name,
            description: body.description,
            createdTime: Date.now.timeIntervalSince1970,
            upstreams: body.upstreams?.map(\.repositoryName) ?? [],
            synthetic: nil
        )
        change { $0.add(repository) }
        return .json(200, .object(["repository": ResponseShapes.repository(repository, in: domain)]))
    }

    func describeRepository(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let domain = try domain(call)
        let repository = try domain.repository(call.parameters.required("repository", .repository))
        return .json(200, .object(["repository": ResponseShapes.repository(repository, in: domain)]))
    }

    /// Answers the path form of the endpoint: a local server has one host for all domains.
    func getRepositoryEndpoint(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let domain = try domain(call)
        let repository = try domain.repository(call.parameters.required("repository", .repository))
        guard let format = try call.parameters.format() else { throw .invalid("'format' must not be null") }
        _ = try call.parameters.choice("endpointType", EndpointType.self)
        let url = mavenEndpoint(repository: repository.name).replacing("/maven/d/", with: "/\(format)/d/")
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
            // 0 stands for the rest of the caller's session: an hour, as of a freshly assumed role.
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
