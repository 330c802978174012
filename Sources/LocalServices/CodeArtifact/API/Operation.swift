/// The supported operations of the control API, by method and path (API version 2018-09-22).
enum Operation: String, CaseIterable, Sendable {
    case listDomains = "ListDomains"
    case createDomain = "CreateDomain"
    case describeDomain = "DescribeDomain"
    case deleteDomain = "DeleteDomain"
    case putDomainPermissionsPolicy = "PutDomainPermissionsPolicy"
    case getDomainPermissionsPolicy = "GetDomainPermissionsPolicy"
    case deleteDomainPermissionsPolicy = "DeleteDomainPermissionsPolicy"
    case listRepositories = "ListRepositories"
    case listRepositoriesInDomain = "ListRepositoriesInDomain"
    case createRepository = "CreateRepository"
    case describeRepository = "DescribeRepository"
    case updateRepository = "UpdateRepository"
    case deleteRepository = "DeleteRepository"
    case associateExternalConnection = "AssociateExternalConnection"
    case disassociateExternalConnection = "DisassociateExternalConnection"
    case putRepositoryPermissionsPolicy = "PutRepositoryPermissionsPolicy"
    case getRepositoryPermissionsPolicy = "GetRepositoryPermissionsPolicy"
    case deleteRepositoryPermissionsPolicy = "DeleteRepositoryPermissionsPolicy"
    case getRepositoryEndpoint = "GetRepositoryEndpoint"
    case getAuthorizationToken = "GetAuthorizationToken"
    case listTagsForResource = "ListTagsForResource"
    case tagResource = "TagResource"
    case untagResource = "UntagResource"
    case createPackageGroup = "CreatePackageGroup"
    case describePackageGroup = "DescribePackageGroup"
    case updatePackageGroup = "UpdatePackageGroup"
    case deletePackageGroup = "DeletePackageGroup"
    case listPackageGroups = "ListPackageGroups"
    case listSubPackageGroups = "ListSubPackageGroups"
    case updatePackageGroupOriginConfiguration = "UpdatePackageGroupOriginConfiguration"
    case listAllowedRepositoriesForGroup = "ListAllowedRepositoriesForGroup"
    case listAssociatedPackages = "ListAssociatedPackages"
    case getAssociatedPackageGroup = "GetAssociatedPackageGroup"
    case listPackages = "ListPackages"
    case describePackage = "DescribePackage"
    case putPackageOriginConfiguration = "PutPackageOriginConfiguration"
    case deletePackage = "DeletePackage"
    case listPackageVersions = "ListPackageVersions"
    case describePackageVersion = "DescribePackageVersion"
    case listPackageVersionAssets = "ListPackageVersionAssets"
    case getPackageVersionAsset = "GetPackageVersionAsset"
    case updatePackageVersionsStatus = "UpdatePackageVersionsStatus"
    case disposePackageVersions = "DisposePackageVersions"
    case deletePackageVersions = "DeletePackageVersions"
    case copyPackageVersions = "CopyPackageVersions"
    case publishPackageVersion = "PublishPackageVersion"

    /// Nil if no operation has this method and path.
    init?(method: String, path: String) {
        guard let operation = Self.byRequest["\(method) \(path)"] else { return nil }
        self = operation
    }

    private static let byRequest: [String: Operation] = [
        "POST /v1/domains": .listDomains,
        "POST /v1/domain": .createDomain,
        "GET /v1/domain": .describeDomain,
        "DELETE /v1/domain": .deleteDomain,
        "PUT /v1/domain/permissions/policy": .putDomainPermissionsPolicy,
        "GET /v1/domain/permissions/policy": .getDomainPermissionsPolicy,
        "DELETE /v1/domain/permissions/policy": .deleteDomainPermissionsPolicy,
        "POST /v1/repositories": .listRepositories,
        "POST /v1/domain/repositories": .listRepositoriesInDomain,
        "POST /v1/repository": .createRepository,
        "GET /v1/repository": .describeRepository,
        "PUT /v1/repository": .updateRepository,
        "DELETE /v1/repository": .deleteRepository,
        "POST /v1/repository/external-connection": .associateExternalConnection,
        "DELETE /v1/repository/external-connection": .disassociateExternalConnection,
        "PUT /v1/repository/permissions/policy": .putRepositoryPermissionsPolicy,
        "GET /v1/repository/permissions/policy": .getRepositoryPermissionsPolicy,
        "DELETE /v1/repository/permissions/policies": .deleteRepositoryPermissionsPolicy,
        "GET /v1/repository/endpoint": .getRepositoryEndpoint,
        "POST /v1/authorization-token": .getAuthorizationToken,
        "POST /v1/tags": .listTagsForResource,
        "POST /v1/tag": .tagResource,
        "POST /v1/untag": .untagResource,
        "POST /v1/package-group": .createPackageGroup,
        "GET /v1/package-group": .describePackageGroup,
        "PUT /v1/package-group": .updatePackageGroup,
        "DELETE /v1/package-group": .deletePackageGroup,
        "POST /v1/package-groups": .listPackageGroups,
        "POST /v1/package-groups/sub-groups": .listSubPackageGroups,
        "PUT /v1/package-group-origin-configuration": .updatePackageGroupOriginConfiguration,
        "GET /v1/package-group-allowed-repositories": .listAllowedRepositoriesForGroup,
        "GET /v1/list-associated-packages": .listAssociatedPackages,
        "GET /v1/get-associated-package-group": .getAssociatedPackageGroup,
        "POST /v1/packages": .listPackages,
        "GET /v1/package": .describePackage,
        "POST /v1/package": .putPackageOriginConfiguration,
        "DELETE /v1/package": .deletePackage,
        "POST /v1/package/versions": .listPackageVersions,
        "GET /v1/package/version": .describePackageVersion,
        "POST /v1/package/version/assets": .listPackageVersionAssets,
        "GET /v1/package/version/asset": .getPackageVersionAsset,
        "POST /v1/package/versions/update_status": .updatePackageVersionsStatus,
        "POST /v1/package/versions/dispose": .disposePackageVersions,
        "POST /v1/package/versions/delete": .deletePackageVersions,
        "POST /v1/package/versions/copy": .copyPackageVersions,
        "POST /v1/package/version/publish": .publishPackageVersion,
    ]

    /// Whether the operation counts against the account's write rate; all others count against its read rate.
    var isWrite: Bool { !["Describe", "Get", "List"].contains { rawValue.hasPrefix($0) } }

    /// Whether the answer comes in pages whose tokens are passed in the query.
    var isPaged: Bool { rawValue.hasPrefix("List") && self != .listDomains && self != .listTagsForResource }
}
