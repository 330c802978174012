import FoundationEssentials
import HTTPTransfer
import ReconcileCore

/// The requests of the CodeArtifact API that a restore makes beside those of a backup.
extension CodeArtifactCalls {
    func describeRepository(_ repository: String) -> ServiceCall {
        call(
            CodeArtifactOperations.describeRepository,
            .get,
            "/v1/repository",
            on: repository,
            query: [("repository", repository)]
        )
    }

    /// The answer is 200 even where the version could not be moved.
    func updateStatus(of version: VersionCoordinates, to status: VersionStatus) throws -> ServiceCall {
        let body = StatusChange(targetStatus: status.rawValue, versions: [version.version])
        var call = call(
            CodeArtifactOperations.updateStatus,
            .post,
            "/v1/package/versions/update_status",
            on: version.description,
            query: query(version.package)
        )
        try call.carry(body)
        return call
    }

    /// Makes the package where there is none.
    func putOriginControls(_ controls: OriginControls, of package: PackageCoordinates) throws -> ServiceCall {
        var call = call(
            CodeArtifactOperations.putOriginControls,
            .post,
            "/v1/package",
            on: package.description,
            query: query(package)
        )
        try call.carry(OriginChange(restrictions: controls))
        return call
    }

    private struct OriginChange: Encodable {
        let restrictions: OriginControls
    }

    private struct StatusChange: Encodable {
        let targetStatus: String
        let versions: [String]
    }
}

extension ServiceCall {
    /// Gives it a document to send.
    fileprivate mutating func carry(_ document: some Encodable) throws {
        headers = ["Content-Type": "application/json"]
        payload = .bytes(try Array(JSONEncoder().encode(document)))
    }
}

struct RepositoryDetails: Decodable {
    let repository: Row

    struct Row: Decodable {
        let upstreams: [Upstream]?
    }

    struct Upstream: Decodable {
        let repositoryName: String?
    }
}

struct StatusChangeAnswer: Decodable {
    let successfulVersions: [String: Changed]?
    let failedVersions: [String: Failed]?

    struct Changed: Decodable {
        let status: String?
    }

    struct Failed: Decodable {
        let errorCode: String?
        let errorMessage: String?
    }
}
