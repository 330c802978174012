/// The configuration of a domain, read only: everything about it that is not a package.
///
/// Each call throws `RemoteFailure`, or `CancellationError` when its task is cancelled; a single attempt is made, retry is
/// `RetryingConfiguration`'s. A right that is missing is `denied` or `forbidden`.
package protocol ConfigurationSource: Sendable {
    /// The domain's name and the account that owns it.
    var identity: DomainIdentity { get }

    /// What the service says of the domain itself.
    func describeDomain() async throws -> DomainDescription

    /// The domain's permissions policy, as the service keeps it; nil if there is none.
    func domainPolicy() async throws -> String?

    /// What the service says of a repository; nil if there is none of that name.
    func describe(repository: String) async throws -> RepositoryDescription?

    /// The permissions policy of a repository; nil if there is none, or no such repository.
    func policy(ofRepository name: String) async throws -> String?

    /// The tags of a domain, a repository or a package group, in no promised order.
    func tags(of resource: TaggedResource) async throws -> [ResourceTag]

    /// The package groups of the domain, in no promised order.
    func packageGroups(after: PageToken?) async throws -> Page<ListedPackageGroup>

    /// The repositories that a package group allows for one kind of restriction, in no promised order.
    func allowedRepositories(
        ofGroup pattern: String,
        for restriction: String,
        after: PageToken?
    ) async throws -> Page<String>
}

/// Which domain a configuration is of.
package struct DomainIdentity: Hashable, Sendable {
    package let name: String
    /// The account that owns it, 12 digits.
    package let owner: String

    package init(name: String, owner: String) {
        (self.name, self.owner) = (name, owner)
    }
}

package struct DomainDescription: Hashable, Sendable {
    package let arn: String
    /// The ARN of the KMS key that encrypts its assets; nil where the service leaves it out.
    package let encryptionKey: String?

    package init(arn: String, encryptionKey: String?) {
        (self.arn, self.encryptionKey) = (arn, encryptionKey)
    }
}

package struct RepositoryDescription: Hashable, Sendable {
    package let arn: String
    package let description: String?
    /// In the order in which they are looked into.
    package let upstreams: [String]
    /// Such as `public:maven-central`.
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
    /// The mode of each restriction that the group has, such as `PUBLISH` and `BLOCK`.
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

/// A resource that can carry tags, by its ARN. Reading the tags takes a different permission for each kind.
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
    /// How the keys begin that AWS alone may set.
    static let reserved = "aws:"

    package let key: String
    package let value: String

    package init(key: String, value: String) {
        (self.key, self.value) = (key, value)
    }
}
