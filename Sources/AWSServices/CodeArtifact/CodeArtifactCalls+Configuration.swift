import HTTPTransfer
import ReconcileCore

/// The requests of the CodeArtifact API that read a domain's configuration, and their answers.
extension CodeArtifactCalls {
    func describeDomain() -> ServiceCall {
        call(CodeArtifactOperations.describeDomain, .get, "/v1/domain", on: domain.description, query: [])
    }

    /// Accepts a 404: there is no policy.
    func domainPolicy() -> ServiceCall {
        find(CodeArtifactOperations.getDomainPolicy, "/v1/domain/permissions/policy", on: domain.description)
    }

    /// Accepts a 404: there is no such repository.
    func read(repository: String) -> ServiceCall {
        find(
            CodeArtifactOperations.readRepository,
            "/v1/repository",
            on: repository,
            query: [("repository", repository)]
        )
    }

    /// Accepts a 404: there is no policy, or no such repository.
    func policy(ofRepository repository: String) -> ServiceCall {
        find(
            CodeArtifactOperations.getRepositoryPolicy,
            "/v1/repository/permissions/policy",
            on: repository,
            query: [("repository", repository)]
        )
    }

    /// A GET of something that may not exist.
    private func find(
        _ operation: ServiceOperation,
        _ path: String,
        on target: String,
        query: [(String, String)] = []
    ) -> ServiceCall {
        var call = call(operation, .get, path, on: target, query: query)
        call.answers = [404]
        return call
    }

    /// Names neither the domain nor its owner, unlike all other requests, since the ARN contains them.
    func tags(of resource: TaggedResource) -> ServiceCall {
        let operation =
            switch resource {
            case .domain: CodeArtifactOperations.listDomainTags
            case .repository: CodeArtifactOperations.listRepositoryTags
            case .packageGroup: CodeArtifactOperations.listGroupTags
            }
        return ServiceCall(
            operation,
            on: resource.arn,
            method: .post,
            path: "/v1/tags",
            query: [("resourceArn", resource.arn)]
        )
    }

    func packageGroups(after token: PageToken?) -> ServiceCall {
        list(CodeArtifactOperations.listGroups, "/v1/package-groups", on: domain.description, after: token)
    }

    func allowedRepositories(
        ofGroup pattern: String,
        for restriction: String,
        after token: PageToken?
    ) -> ServiceCall {
        call(
            CodeArtifactOperations.listAllowedRepositories,
            .get,
            "/v1/package-group-allowed-repositories",
            on: pattern,
            query: [("package-group", pattern), ("originRestrictionType", restriction), ("max-results", "1000")]
                + (token.map { [("next-token", $0.value)] } ?? [])
        )
    }
}

struct DomainAnswer: JSONReadable {
    let domain: Row

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        domain = try json.member("domain")
    }

    struct Row: JSONReadable {
        let arn: String
        let encryptionKey: String?

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            var (arn, key): (String?, String?)
            try json.members { (json, name) throws(JSONProblem) in
                switch name {
                case "arn": arn = try json.read()
                case "encryptionKey": key = try json.read()
                default: try json.skip()
                }
            }
            self.arn = try required(arn, "arn")
            encryptionKey = key
        }
    }
}

struct PolicyAnswer: JSONReadable {
    let document: String

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        document = try (json.member("policy") as Row).document
    }

    private struct Row: JSONReadable {
        let document: String

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            document = try json.member("document")
        }
    }
}

struct RepositoryAnswer: JSONReadable {
    let repository: Row

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        repository = try json.member("repository")
    }

    struct Row: JSONReadable {
        let arn: String
        let description: String?
        let upstreams: [String]
        let externalConnections: [String]

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            var (arn, description): (String?, String?)
            var (upstreams, connections): ([Upstream]?, [Connection]?)
            try json.members { (json, name) throws(JSONProblem) in
                switch name {
                case "arn": arn = try json.read()
                case "description": description = try json.read()
                case "upstreams": upstreams = try json.read()
                case "externalConnections": connections = try json.read()
                default: try json.skip()
                }
            }
            self.arn = try required(arn, "arn")
            self.description = description
            self.upstreams = upstreams?.map(\.name) ?? []
            externalConnections = connections?.map(\.name) ?? []
        }
    }

    private struct Upstream: JSONReadable {
        let name: String

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            name = try json.member("repositoryName")
        }
    }

    private struct Connection: JSONReadable {
        let name: String

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            name = try json.member("externalConnectionName")
        }
    }
}

struct TagsAnswer: JSONReadable {
    let tags: [Row]

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        tags = try json.memberIfPresent("tags") ?? []
    }

    struct Row: JSONReadable {
        let key: String
        let value: String

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            var (key, value): (String?, String?)
            try json.members { (json, name) throws(JSONProblem) in
                switch name {
                case "key": key = try json.read()
                case "value": value = try json.read()
                default: try json.skip()
                }
            }
            self.key = try required(key, "key")
            self.value = try required(value, "value")
        }
    }
}

struct PackageGroupPage: JSONReadable {
    let packageGroups: [Row]
    let nextToken: String?

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        (packageGroups, nextToken) = try json.page(of: "packageGroups")
    }

    struct Row: JSONReadable {
        let arn: String
        let pattern: String
        let contactInfo: String?
        let description: String?
        let modes: [String: String]

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            var (arn, pattern, contactInfo, description): (String?, String?, String?, String?)
            var origin: Origin?
            try json.members { (json, name) throws(JSONProblem) in
                switch name {
                case "arn": arn = try json.read()
                case "pattern": pattern = try json.read()
                case "contactInfo": contactInfo = try json.read()
                case "description": description = try json.read()
                case "originConfiguration": origin = try json.read()
                default: try json.skip()
                }
            }
            self.arn = try required(arn, "arn")
            self.pattern = try required(pattern, "pattern")
            (self.contactInfo, self.description) = (contactInfo, description)
            modes = origin?.modes ?? [:]
        }
    }

    private struct Origin: JSONReadable {
        let modes: [String: String]

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            let restrictions: [ExactText: Restriction] = try json.memberIfPresent("restrictions") ?? [:]
            modes = Dictionary(uniqueKeysWithValues: restrictions.map { ($0.key.value, $0.value.mode) })
        }
    }

    private struct Restriction: JSONReadable {
        let mode: String

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            mode = try json.member("mode")
        }
    }
}

struct AllowedRepositoryPage: JSONReadable {
    let allowedRepositories: [String]
    let nextToken: String?

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        (allowedRepositories, nextToken) = try json.page(of: "allowedRepositories")
    }
}
