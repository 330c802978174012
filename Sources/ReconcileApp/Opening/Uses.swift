package import AWSServices
import DirectoryAdapter
package import ReconcileCore

/// What a command does with the domain; each use requires certain operations.
package enum DomainUse: CaseIterable, Sendable {
    /// Lists the repositories.
    case naming
    /// Lists the repositories, and the versions of a package.
    case listing
    /// Lists the packages.
    case finding
    /// Reads the list of files and the properties of versions.
    case describing
    /// Lists the versions of a package, and their files.
    case comparing
    /// Reads the origin controls of packages.
    case controls
    /// Reads the upstreams of repositories.
    case upstreams
    /// Reads the configuration of the domain.
    case configuration
    /// Creates and changes the configuration of the domain.
    case configuring
    /// Downloads files and documents.
    case reading
    /// Publishes versions, and sets their status and the origin controls of their packages.
    case publishing

    /// The uses that `doctor` tries out on a package.
    package static let ofPackages: Set<DomainUse> = [
        .listing, .finding, .describing, .comparing, .controls, .reading, .publishing,
    ]

    package var operations: Set<ServiceOperation> {
        switch self {
        case .naming: [CodeArtifactOperations.listRepositories]
        case .listing: [CodeArtifactOperations.listRepositories, CodeArtifactOperations.listVersions]
        case .finding: [CodeArtifactOperations.listPackages]
        case .describing: [CodeArtifactOperations.listAssets, CodeArtifactOperations.describeVersion]
        case .comparing: [CodeArtifactOperations.listVersions, CodeArtifactOperations.listAssets]
        case .controls: [CodeArtifactOperations.describePackage]
        case .upstreams: [CodeArtifactOperations.describeRepository]
        case .configuration: Set(CodeArtifactOperations.ofConfiguration)
        case .configuring: Set(CodeArtifactOperations.configuring)
        case .reading:
            [
                CodeArtifactOperations.getToken, CodeArtifactOperations.getEndpoint, MavenOperations.getAsset,
                MavenOperations.getMetadata,
            ]
        case .publishing:
            [
                CodeArtifactOperations.updateStatus, CodeArtifactOperations.putOriginControls,
                MavenOperations.putAsset, MavenOperations.putMetadata, MavenOperations.putChecksum,
            ]
        }
    }
}

/// What a command does with the backup.
package enum BackupUse: CaseIterable, Sendable {
    case reading
    /// Reads overwritten bytes by the ID of their object version.
    case readingOlder
    /// Asks whether the store keeps earlier versions of objects.
    case versioning
    case writing
    /// Lists what was stored earlier under the keys of records.
    case history
    /// Records accepted losses, and writes nothing else.
    case accepting
    /// Records a verification, and writes nothing else.
    case recording
    /// Stores a statement of unsigned records, and writes nothing else.
    case stating
    /// Stores the evidence of a drill, and writes nothing else.
    case drilling

    /// The operations that the use requires in a bucket.
    ///
    /// - Parameter writing: how objects are written.
    package func inBucket(_ writing: S3WriteOptions) -> Set<ServiceOperation> {
        switch self {
        // HeadBucket is sent if a redirect does not give the bucket's region.
        case .reading: [S3Operations.list, S3Operations.head, S3Operations.get, S3BucketOperations.head]
        case .readingOlder: [S3Operations.headVersion, S3Operations.getVersion]
        case .versioning: [S3Operations.getVersioning]
        case .history: [S3Operations.listVersions]
        case .writing, .accepting, .recording, .stating, .drilling: [writing.operation]
        }
    }

    fileprivate var inDirectory: Set<ServiceOperation> {
        switch self {
        case .reading:
            [
                DirectoryOperations.open, DirectoryOperations.list, DirectoryOperations.inspect,
                DirectoryOperations.read,
            ]
        case .readingOlder, .versioning, .history: []
        case .writing, .accepting, .recording, .stating, .drilling: [DirectoryOperations.write]
        }
    }
}

extension WitnessFlags {
    /// The operations that storing a checkpoint there may send: it is written, and read if one already exists.
    package var operations: Set<ServiceOperation> {
        switch witness {
        case .bucket: [S3Operations.put, S3Operations.get, S3BucketOperations.head]
        case .directory: [DirectoryOperations.open, DirectoryOperations.read, DirectoryOperations.write]
        case nil: []
        }
    }
}

extension BackupFlags {
    /// The operations that a command may send for a purpose, given the kind of store that the backup is in.
    ///
    /// - Parameter storage: how objects are written.
    package func operations(for purpose: Purpose, _ storage: StorageFlags? = nil) -> Set<ServiceOperation> {
        var operations: Set<ServiceOperation> = purpose.domainUses.reduce(into: []) { $0.formUnion($1.operations) }
        if purpose.signs, storage?.signing.kmsKey != nil { operations.insert(KMSOperations.sign) }
        for use in purpose.backupUses {
            switch backup {
            case .bucket: operations.formUnion(use.inBucket(storage?.options ?? S3WriteOptions()))
            case .directory: operations.formUnion(use.inDirectory)
            case nil: break
            }
        }
        return operations
    }
}
