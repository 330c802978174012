import AWSServices
import DirectoryAdapter
package import ReconcileCore

/// What a command does with the domain, each with the operations that it takes.
package enum DomainUse: CaseIterable, Sendable {
    /// Asks what there is: repositories, packages, versions, files and their properties.
    case listing
    /// Reads files and documents.
    case reading
    /// Asks what a restore must know of repositories and packages that are there.
    case comparing
    /// Publishes versions, and sets their states and their packages' origin controls.
    case publishing

    package var operations: Set<ServiceOperation> {
        switch self {
        case .listing:
            [
                CodeArtifactOperations.listRepositories, CodeArtifactOperations.listPackages,
                CodeArtifactOperations.listVersions, CodeArtifactOperations.listAssets,
                CodeArtifactOperations.describeVersion,
            ]
        case .reading:
            [
                CodeArtifactOperations.getToken, CodeArtifactOperations.getEndpoint, MavenOperations.getAsset,
                MavenOperations.getMetadata,
            ]
        case .comparing: [CodeArtifactOperations.describePackage, CodeArtifactOperations.describeRepository]
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
    case writing

    fileprivate var inBucket: Set<ServiceOperation> {
        switch self {
        case .reading:
            [
                S3Operations.getVersioning, S3Operations.list, S3Operations.head, S3Operations.headVersion,
                S3Operations.get, S3Operations.getVersion,
            ]
        case .writing: [S3Operations.put]
        }
    }

    fileprivate var inDirectory: Set<ServiceOperation> {
        switch self {
        case .reading:
            [
                DirectoryOperations.open, DirectoryOperations.list, DirectoryOperations.inspect,
                DirectoryOperations.read,
            ]
        case .writing: [DirectoryOperations.write]
        }
    }
}

extension DomainFlags {
    /// The operations that some uses of the domain take.
    package func operations(_ uses: DomainUse...) -> Set<ServiceOperation> {
        uses.reduce(into: []) { $0.formUnion($1.operations) }
    }
}

extension BackupFlags {
    /// The operations that some uses of the backup take, on the kind of store that it is in; none where it is not given.
    package func operations(_ uses: BackupUse...) -> Set<ServiceOperation> {
        uses.reduce(into: []) { operations, use in
            switch backup {
            case .bucket: operations.formUnion(use.inBucket)
            case .directory: operations.formUnion(use.inDirectory)
            case nil: break
            }
        }
    }
}
