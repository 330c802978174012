package import ReconcileCore

/// The operations of the ports in memory, under the names that the real adapters use.
package enum TestOperations {
    package static let listRepositories = domain("codeartifact", "ListRepositoriesInDomain")
    package static let listPackages = domain("codeartifact", "ListPackages")
    package static let listVersions = domain("codeartifact", "ListPackageVersions")
    package static let listAssets = domain("codeartifact", "ListPackageVersionAssets")
    package static let describeVersion = domain("codeartifact", "DescribePackageVersion")
    package static let describePackage = domain("codeartifact", "DescribePackage")
    package static let describeRepository = domain("codeartifact", "DescribeRepository")
    package static let updateStatus = domain("codeartifact", "UpdatePackageVersionsStatus", isWrite: true)
    package static let putOriginControls = domain("codeartifact", "PutPackageOriginConfiguration", isWrite: true)
    package static let getAsset = domain("maven", "GetAsset")
    package static let getMetadata = domain("maven", "GetMetadata")
    package static let putAsset = domain("maven", "PutAsset", isWrite: true)
    package static let putMetadata = domain("maven", "PutMetadata", isWrite: true)
    package static let putChecksum = domain("maven", "PutChecksum", isWrite: true)
    package static let getVersioning = store("GetBucketVersioning")
    package static let list = store("ListObjectsV2")
    package static let listObjectVersions = store("ListObjectVersions", isOptional: true)
    package static let head = store("HeadObject")
    package static let get = store("GetObject")
    package static let put = store("PutObject", isWrite: true)

    package static let all = [
        listRepositories, listPackages, listVersions, listAssets, describeVersion, describePackage, describeRepository,
        updateStatus, putOriginControls, getAsset, getMetadata, putAsset, putMetadata, putChecksum, getVersioning,
        list, listObjectVersions, head, get, put,
    ]

    package static let source = SourceOperations(
        listRepositories: listRepositories,
        listPackages: listPackages,
        listVersions: listVersions,
        listAssets: listAssets
    )

    package static let store = StoreOperations(list: list, inspect: head, read: get, write: put)

    /// The operation of a name such as `s3.PutObject`; a test that names another has a typing error.
    package static func named(_ name: String) -> ServiceOperation {
        guard let operation = all.first(where: { "\($0)" == name }) else {
            fatalError("no port in memory has the operation \(name)")
        }
        return operation
    }

    private static func domain(_ service: String, _ name: String, isWrite: Bool = false) -> ServiceOperation {
        ServiceOperation(.domain, service: service, name: name, isWrite: isWrite)
    }

    private static func store(_ name: String, isWrite: Bool = false, isOptional: Bool = false) -> ServiceOperation {
        ServiceOperation(.store, service: "s3", name: name, isWrite: isWrite, isOptional: isOptional)
    }
}
