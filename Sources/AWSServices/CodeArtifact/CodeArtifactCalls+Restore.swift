import FoundationEssentials
import HTTPTransfer
import ReconcileCore

/// The CodeArtifact API requests that a restore makes in addition to those of a backup.
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

    /// Answered with 200 even if the version's status could not be changed.
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

    /// Creates the package if it does not exist.
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
    /// Sets a JSON body.
    mutating func carry(_ document: some Encodable) throws {
        headers = ["Content-Type": "application/json"]
        payload = .bytes(try Array(JSONEncoder().encode(document)))
    }
}

struct RepositoryDetails: JSONReadable {
    /// The names of its upstream repositories, in search order.
    let upstreams: [String]

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        upstreams = try (json.member("repository") as Row).upstreams ?? []
    }

    private struct Row: JSONReadable {
        let upstreams: [String]?

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            let rows: [Upstream]? = try json.memberIfPresent("upstreams")
            upstreams = rows?.compactMap(\.name)
        }
    }

    private struct Upstream: JSONReadable {
        let name: String?

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            name = try json.memberIfPresent("repositoryName")
        }
    }
}

struct StatusChangeAnswer: JSONReadable {
    private(set) var successful: Set<ExactText> = []
    private(set) var failed: [ExactText: Failed] = [:]

    init(reading json: inout JSONScanner) throws(JSONProblem) {
        try json.members { (json, name) throws(JSONProblem) in
            switch name {
            case "successfulVersions":
                let changed: [ExactText: Changed]? = try json.read()
                successful = Set((changed ?? [:]).keys)
            case "failedVersions": failed = try json.read([ExactText: Failed]?.self) ?? [:]
            default: try json.skip()
            }
        }
    }

    /// The details of a changed version do not matter.
    private struct Changed: JSONReadable {
        init(reading json: inout JSONScanner) throws(JSONProblem) { try json.skip() }
    }

    struct Failed: JSONReadable {
        private(set) var errorCode: String?
        private(set) var errorMessage: String?

        init(reading json: inout JSONScanner) throws(JSONProblem) {
            try json.members { (json, name) throws(JSONProblem) in
                switch name {
                case "errorCode": errorCode = try json.read()
                case "errorMessage": errorMessage = try json.read()
                default: try json.skip()
                }
            }
        }
    }
}
