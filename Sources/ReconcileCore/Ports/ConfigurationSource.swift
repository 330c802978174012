/// The configuration of a domain, read only: everything about it except its packages.
///
/// Each call makes a single attempt and throws `RemoteFailure`, or `CancellationError` if its task is cancelled;
/// `RetryingConfiguration` retries. A missing permission is `denied` or `forbidden`.
package protocol ConfigurationSource: Sendable {
    /// The domain's name and the account that owns it.
    var identity: DomainIdentity { get }

    /// The service's description of the domain itself.
    func describeDomain() async throws -> DomainDescription

    /// The domain's permissions policy, verbatim; nil if there is none.
    func domainPolicy() async throws -> String?

    /// The service's description of a repository; nil if there is no repository with that name.
    func describe(repository: String) async throws -> RepositoryDescription?

    /// The permissions policy of a repository; nil if the policy or the repository doesn't exist.
    func policy(ofRepository name: String) async throws -> String?

    /// The tags of a domain, repository or package group, in no particular order.
    func tags(of resource: TaggedResource) async throws -> [ResourceTag]

    /// The package groups of the domain, in no particular order.
    func packageGroups(after: PageToken?) async throws -> Page<ListedPackageGroup>

    /// The repositories that a package group allows for one restriction type, in no particular order.
    func allowedRepositories(
        ofGroup pattern: String,
        for restriction: String,
        after: PageToken?
    ) async throws -> Page<String>
}

/// The name and owner of the domain that a configuration belongs to.
package struct DomainIdentity: Hashable, Sendable {
    package let name: String
    /// The owner's account, 12 digits.
    package let owner: String

    package init(name: String, owner: String) {
        (self.name, self.owner) = (name, owner)
    }
}

package struct DomainDescription: Hashable, Sendable {
    package let arn: String
    /// The ARN of the KMS key that encrypts its assets; nil if the service leaves it out.
    package let encryptionKey: String?

    package init(arn: String, encryptionKey: String?) {
        (self.arn, self.encryptionKey) = (arn, encryptionKey)
    }
}

package struct RepositoryDescription: Hashable, Sendable {
    package let arn: String
    package let description: String?
    /// In the order in which the service searches them.
    package let upstreams: [String]
    /// For example `public:maven-central`.
    package let externalConnections: [String]

    package init(arn: String, description: String?, upstreams: [String], externalConnections: [String]) {
        (self.arn, self.description) = (arn, description)
        (self.upstreams, self.externalConnections) = (upstreams, externalConnections)
    }
}

package struct ListedPackageGroup: Hashable, Sendable {
    package let arn: String
    package let pattern: String
    package let contactInfo: String?
    package let description: String?
    /// The mode of each of the group's restriction types, such as `BLOCK` for `PUBLISH`.
    package let modes: [String: String]

    package init(
        arn: String,
        pattern: String,
        contactInfo: String? = nil,
        description: String? = nil,
        modes: [String: String]
    ) {
        (self.arn, self.pattern) = (arn, pattern)
        (self.contactInfo, self.description) = (contactInfo, description)
        self.modes = modes
    }
}

/// A taggable resource, by its ARN. Reading the tags of each kind needs a different permission.
package enum TaggedResource: Hashable, Sendable {
    case domain(arn: String)
    case repository(arn: String)
    case packageGroup(arn: String)

    package var arn: String {
        switch self {
        case .domain(let arn), .repository(let arn), .packageGroup(let arn): arn
        }
    }
}

package struct ResourceTag: Hashable, Sendable {
    /// The prefix of keys that only AWS may set.
    static let reserved = "aws:"

    package let key: String
    package let value: String

    package init(key: String, value: String) {
        (self.key, self.value) = (key, value)
    }
}
