package import ReconcileCore
import Synchronization

/// The configuration of a domain in memory: says what a test puts there, and refuses what it may not be asked.
package final class InMemoryConfiguration: ConfigurationSource {
    package struct State: Sendable {
        /// Whether the domain is there.
        package var exists = true
        package var encryptionKey: String? = "arn:aws:kms:eu-west-1:111122223333:key/k"
        package var policy: String?
        package var repositories: [String: RepositoryDescription] = [:]
        package var policies: [String: String] = [:]
        package var groups: [ListedPackageGroup] = []
        /// By group and restriction.
        package var allowed: [[String]: [String]] = [:]
        /// By ARN.
        package var tags: [String: [ResourceTag]] = [:]
        /// Names of operations, such as `GetDomainPermissionsPolicy`, and how each fails.
        package var failures: [String: RemoteFailure.Kind] = [:]
        /// Calls that change it before the next one is cut off; nil for as many as come.
        package var callsBeforeCut: Int?
        package fileprivate(set) var counts: [String: Int] = [:]

        package init() {}
    }

    package let identity: DomainIdentity
    private let state: Mutex<State>
    /// What was asked to change it, in order.
    private let sent = Mutex<[ConfigurationCall]>([])

    package init(_ identity: DomainIdentity = DomainIdentity(name: "acme", owner: "111122223333")) {
        self.identity = identity
        state = Mutex(State())
    }

    package func change(_ body: (inout sending State) -> Void) { state.withLock { body(&$0) } }

    /// Calls of each operation so far.
    package var counts: [String: Int] { state.withLock(\.counts) }

    package func resetCounts() { state.withLock { $0.counts = [:] } }

    package static func arn(ofRepository name: String) -> String {
        "arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/\(name)"
    }

    /// A repository without a description.
    package func add(repository name: String, upstreams: [String] = [], connections: [String] = []) {
        change {
            $0.repositories[name] = RepositoryDescription(
                arn: Self.arn(ofRepository: name),
                description: nil,
                upstreams: upstreams,
                externalConnections: connections
            )
        }
    }

    /// The calls that changed something, in order.
    package var calls: [ConfigurationCall] { sent.withLock(\.self) }

    /// Counts a call that changes something, and fails as it was told to.
    func take(_ call: ConfigurationCall) throws {
        _ = try answer(call.name) { _ in true }
        let isCut = state.withLock { state in
            guard let left = state.callsBeforeCut else { return false }
            state.callsBeforeCut = max(0, left - 1)
            return left == 0
        }
        if isCut { throw CancellationError() }
        sent.withLock { $0.append(call) }
    }

    private func answer<Value>(_ name: String, _ value: (State) -> Value) throws -> Value {
        try state.withLock { state in
            state.counts[name, default: 0] += 1
            if let kind = state.failures[name] {
                let operation = ServiceOperation(
                    .domain,
                    service: "codeartifact",
                    name: name,
                    rights: [IAMRight("codeartifact:\(name)", on: .domain)],
                    isOptional: true
                )
                throw RemoteFailure(kind, operation: operation, target: identity.name, message: "told to fail")
            }
            return value(state)
        }
    }

    /// The names of its repositories, or `absent` where there is no domain.
    package func repositories() async throws -> [String] {
        guard let names = try answer("ListRepositoriesInDomain", { $0.exists ? Array($0.repositories.keys) : nil })
        else {
            throw RemoteFailure(.absent, operation: .list, target: identity.name, message: "no such domain")
        }
        return names
    }

    package func describeDomain() async throws -> DomainDescription {
        try answer("DescribeDomain") { state in
            DomainDescription(
                arn: "arn:aws:codeartifact:eu-west-1:111122223333:domain/acme",
                encryptionKey: state.encryptionKey
            )
        }
    }

    package func domainPolicy() async throws -> String? { try answer("GetDomainPermissionsPolicy") { $0.policy } }

    package func describe(repository: String) async throws -> RepositoryDescription? {
        try answer("DescribeRepository") { $0.repositories[repository] }
    }

    package func policy(ofRepository name: String) async throws -> String? {
        try answer("GetRepositoryPermissionsPolicy") { $0.policies[name] }
    }

    package func tags(of resource: TaggedResource) async throws -> [ResourceTag] {
        try answer("ListTagsForResource") { $0.tags[resource.arn] ?? [] }
    }

    /// Two a page.
    package func packageGroups(after token: PageToken?) async throws -> Page<ListedPackageGroup> {
        try answer("ListPackageGroups") { Self.page($0.groups, after: token) }
    }

    package func allowedRepositories(
        ofGroup pattern: String,
        for restriction: String,
        after token: PageToken?
    ) async throws -> Page<String> {
        try answer("ListAllowedRepositoriesForGroup") { state in
            Self.page(state.allowed[[pattern, restriction]] ?? [], after: token)
        }
    }

    private static func page<Row>(_ rows: [Row], after token: PageToken?) -> Page<Row> {
        let start = token.flatMap { Int($0.value) } ?? 0
        let end = min(start + 2, rows.count)
        return Page(Array(rows[start..<end]), next: end < rows.count ? PageToken("\(end)") : nil)
    }
}
