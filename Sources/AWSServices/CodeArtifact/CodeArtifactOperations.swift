package import ReconcileCore

/// The operations of the CodeArtifact API that this program calls (API version 2018-09-22; actions and resources as in
/// the service authorization reference for AWS CodeArtifact).
package enum CodeArtifactOperations {
    package static let listRepositories = read("ListRepositoriesInDomain", on: .domain)
    package static let listPackages = read("ListPackages", on: .repository, .listPackages)
    package static let listVersions = read("ListPackageVersions", on: .package, .listPackageVersions)
    package static let listAssets = read("ListPackageVersionAssets", on: .package, .listPackageVersionAssets)
    package static let describeVersion = read("DescribePackageVersion", on: .package)
    package static let describePackage = read("DescribePackage", on: .package)
    package static let describeRepository = read("DescribeRepository", on: .repository)
    package static let getEndpoint = read("GetRepositoryEndpoint", on: .repository)
    /// The token is a service bearer token, which also requires an STS action (user guide, AWS CodeArtifact
    /// authentication and tokens).
    package static let getToken = read(
        "GetAuthorizationToken",
        on: .domain,
        besides: [IAMRight("sts:GetServiceBearerToken", on: .bearerToken)]
    )
    package static let updateStatus = write("UpdatePackageVersionsStatus")
    package static let putOriginControls = write("PutPackageOriginConfiguration")

    // A run continues without these; each part of the configuration that it may not read remains unknown.
    package static let describeDomain = optional("DescribeDomain", on: .domain)
    package static let getDomainPolicy = optional("GetDomainPermissionsPolicy", on: .domain)
    package static let readRepository = optional("DescribeRepository", on: .repository)
    package static let getRepositoryPolicy = optional("GetRepositoryPermissionsPolicy", on: .repository)
    package static let listGroups = optional("ListPackageGroups", on: .domain)
    package static let listAllowedRepositories = optional("ListAllowedRepositoriesForGroup", on: .packageGroup)
    package static let listDomainTags = optional("ListTagsForResource", on: .domain)
    package static let listRepositoryTags = optional("ListTagsForResource", on: .repository)
    package static let listGroupTags = optional("ListTagsForResource", on: .packageGroup)

    package static let ofConfiguration: [ServiceOperation] = [
        describeDomain, getDomainPolicy, readRepository, getRepositoryPolicy, listGroups, listAllowedRepositories,
        listDomainTags, listRepositoryTags, listGroupTags,
    ]

    /// The requests for reading a domain's configuration, except those that list allowed repositories.
    ///
    /// - Parameter groups: the number of its package groups, including the root group; at most one page of them.
    package static func readingConfiguration(repositories: Int, groups: Int) -> [ServiceOperation: Int] {
        [
            describeDomain: 1, getDomainPolicy: 1, listDomainTags: 1, listGroups: 1, readRepository: repositories,
            getRepositoryPolicy: repositories, listRepositoryTags: repositories, listGroupTags: groups,
        ]
    }

    // These create or change the configuration. A policy cannot name a resource that does not exist yet.
    package static let createDomain = write("CreateDomain", on: .account)
    package static let createGroup = write("CreatePackageGroup", on: .account)
    package static let updateGroup = write("UpdatePackageGroup", on: .packageGroup)
    package static let restrictGroup = write("UpdatePackageGroupOriginConfiguration", on: .packageGroup)
    package static let createRepository = write("CreateRepository", on: .account, besides: [associating])
    package static let updateRepository = write("UpdateRepository", on: .repository, besides: [associating])
    package static let connect = write("AssociateExternalConnection", on: .repository)
    package static let disconnect = write("DisassociateExternalConnection", on: .repository)
    package static let tagDomain = write("TagResource", on: .domain)
    package static let tagRepository = write("TagResource", on: .repository)
    package static let tagGroup = write("TagResource", on: .packageGroup)
    package static let untagDomain = write("UntagResource", on: .domain)
    package static let untagRepository = write("UntagResource", on: .repository)
    package static let untagGroup = write("UntagResource", on: .packageGroup)
    package static let putRepositoryPolicy = write("PutRepositoryPermissionsPolicy", on: .repository)
    package static let deleteRepositoryPolicy = write("DeleteRepositoryPermissionsPolicy", on: .repository)
    package static let putDomainPolicy = write("PutDomainPermissionsPolicy", on: .domain)
    package static let deleteDomainPolicy = write("DeleteDomainPermissionsPolicy", on: .domain)

    package static let configuring: [ServiceOperation] = [
        createDomain, createGroup, updateGroup, restrictGroup, createRepository, updateRepository, connect, disconnect,
        tagDomain, tagRepository, tagGroup, untagDomain, untagRepository, untagGroup, putRepositoryPolicy,
        deleteRepositoryPolicy, putDomainPolicy, deleteDomainPolicy,
    ]

    /// A repository that becomes an upstream must allow it.
    private static let associating = IAMRight("codeartifact:AssociateWithDownstreamRepository", on: .repository)

    package static let all = [
        listRepositories, listPackages, listVersions, listAssets, describeVersion, describePackage, describeRepository,
        getEndpoint, getToken, updateStatus, putOriginControls,
    ]

    private static func optional(_ name: String, on resource: IAMRight.Resource) -> ServiceOperation {
        read(name, on: resource, isOptional: true)
    }

    private static func read(
        _ name: String,
        on resource: IAMRight.Resource,
        _ quota: RateClass? = nil,
        besides rights: [IAMRight] = [],
        isOptional: Bool = false
    ) -> ServiceOperation {
        ServiceOperation(
            .domain,
            service: "codeartifact",
            name: name,
            rates: [quota, .accountReads].compactMap(\.self),
            dollars: AWSPrices.codeArtifact,
            rights: [IAMRight("codeartifact:\(name)", on: resource)] + rights,
            isOfRepository: resource == .repository,
            isOptional: isOptional
        )
    }

    private static func write(
        _ name: String,
        on resource: IAMRight.Resource = .package,
        besides rights: [IAMRight] = []
    ) -> ServiceOperation {
        ServiceOperation(
            .domain,
            service: "codeartifact",
            name: name,
            isWrite: true,
            rates: [.accountWrites],
            dollars: AWSPrices.codeArtifact,
            rights: [IAMRight("codeartifact:\(name)", on: resource)] + rights
        )
    }
}

/// Requests to a Maven endpoint. Each counts as a CodeArtifact request, and each carries a bearer token.
package enum MavenOperations {
    package static let getAsset = read("GetAsset", isOfFile: true)
    package static let getMetadata = read("GetMetadata")
    package static let putAsset = write("PutAsset", "codeartifact:PublishPackageVersion")
    package static let putMetadata = write("PutMetadata", "codeartifact:PutPackageMetadata")
    /// For a checksum of an asset or a document. The user guide names no action for it, so require both.
    package static let putChecksum = write(
        "PutChecksum",
        "codeartifact:PublishPackageVersion",
        "codeartifact:PutPackageMetadata"
    )

    package static let all = [getAsset, getMetadata, putAsset, putMetadata, putChecksum]

    private static func read(_ name: String, isOfFile: Bool = false) -> ServiceOperation {
        ServiceOperation(
            .domain,
            service: "maven",
            name: name,
            rates: [.accountReads],
            dollars: AWSPrices.codeArtifact,
            rights: [IAMRight("codeartifact:ReadFromRepository", on: .repository)],
            isOfFile: isOfFile
        )
    }

    private static func write(_ name: String, _ actions: String...) -> ServiceOperation {
        ServiceOperation(
            .domain,
            service: "maven",
            name: name,
            isWrite: true,
            rates: [.accountWrites],
            dollars: AWSPrices.codeArtifact,
            rights: actions.map { IAMRight($0, on: .package) }
        )
    }
}

/// Requests to the bucket of the domain's assets, through URLs that the Maven endpoints sign. They require no right of
/// this program's role and cost nothing.
package enum AssetStoreOperations {
    package static let get = ServiceOperation(.domain, service: "assets", name: "GetObject", isOfFile: true)

    /// What to do if the bucket rejects signed URLs. Only a policy on the way to it can cause that (user guide, Create
    /// the Amazon S3 gateway endpoint).
    package static func advice(for host: String) -> String {
        let names = ["s3.", "s3-"].compactMap { service in
            host.firstRange(of: ".\(service)").map { String(host[..<$0.lowerBound]) }
        }
        let partition = host.hasSuffix(".amazonaws.com.cn") ? "aws-cn" : host.contains("us-gov-") ? "aws-us-gov" : "aws"
        let resource =
            names.first.map { "arn:\(partition):s3:::\($0)/*" }
            ?? "the objects of the domain's bucket (aws codeartifact describe-domain prints its s3BucketArn)"
        return "If it does so for every file, allow s3:GetObject on \(resource) in the policy of the S3 gateway "
            + "endpoint, and requests to \(host) in the proxy and the network's other policies"
    }
}
