/// The operations of the control API that are answered, by method and path (API version 2018-09-22).
enum Operation: String, CaseIterable, Sendable {
    case listDomains = "ListDomains"
    case describeDomain = "DescribeDomain"
    case listRepositories = "ListRepositories"
    case listRepositoriesInDomain = "ListRepositoriesInDomain"
    case createRepository = "CreateRepository"
    case describeRepository = "DescribeRepository"
    case getRepositoryEndpoint = "GetRepositoryEndpoint"
    case getAuthorizationToken = "GetAuthorizationToken"
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
    /// Known, and refused: they are of no use to Maven.
    case copyPackageVersions = "CopyPackageVersions"
    case publishPackageVersion = "PublishPackageVersion"

    /// Nil when no operation has the method and path.
    init?(method: String, path: String) {
        switch (method, path) {
        case ("POST", "/v1/domains"): self = .listDomains
        case ("GET", "/v1/domain"): self = .describeDomain
        case ("POST", "/v1/repositories"): self = .listRepositories
        case ("POST", "/v1/domain/repositories"): self = .listRepositoriesInDomain
        case ("POST", "/v1/repository"): self = .createRepository
        case ("GET", "/v1/repository"): self = .describeRepository
        case ("GET", "/v1/repository/endpoint"): self = .getRepositoryEndpoint
        case ("POST", "/v1/authorization-token"): self = .getAuthorizationToken
        case ("POST", "/v1/packages"): self = .listPackages
        case ("GET", "/v1/package"): self = .describePackage
        case ("POST", "/v1/package"): self = .putPackageOriginConfiguration
        case ("DELETE", "/v1/package"): self = .deletePackage
        case ("POST", "/v1/package/versions"): self = .listPackageVersions
        case ("GET", "/v1/package/version"): self = .describePackageVersion
        case ("POST", "/v1/package/version/assets"): self = .listPackageVersionAssets
        case ("GET", "/v1/package/version/asset"): self = .getPackageVersionAsset
        case ("POST", "/v1/package/versions/update_status"): self = .updatePackageVersionsStatus
        case ("POST", "/v1/package/versions/dispose"): self = .disposePackageVersions
        case ("POST", "/v1/package/versions/delete"): self = .deletePackageVersions
        case ("POST", "/v1/package/versions/copy"): self = .copyPackageVersions
        case ("POST", "/v1/package/version/publish"): self = .publishPackageVersion
        default: return nil
        }
    }

    /// Whether the operation counts against the account's rate of writes; all others count as reads.
    var isWrite: Bool {
        switch self {
        case .createRepository, .putPackageOriginConfiguration, .deletePackage, .updatePackageVersionsStatus,
            .disposePackageVersions, .deletePackageVersions, .copyPackageVersions, .publishPackageVersion:
            true
        case .listDomains, .describeDomain, .listRepositories, .listRepositoriesInDomain, .describeRepository,
            .getRepositoryEndpoint, .getAuthorizationToken, .listPackages, .describePackage, .listPackageVersions,
            .describePackageVersion, .listPackageVersionAssets, .getPackageVersionAsset:
            false
        }
    }
}
