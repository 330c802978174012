import HTTPTransfer
import ReconcileCore

/// The CodeArtifact API requests that a backup makes (API version 2018-09-22).
///
/// All input is in query parameters, even for POST, and bodies are empty. Lists always ask for 1000 rows; the service's
/// defaults are 100 and 50.
struct CodeArtifactCalls: Sendable {
    let domain: CodeArtifactDomain

    func listRepositories(after token: PageToken?) -> ServiceCall {
        list(CodeArtifactOperations.listRepositories, "/v1/domain/repositories", on: domain.description, after: token)
    }

    /// - Parameter ofAnyFormat: whether to list packages of all formats instead of Maven's only.
    func listPackages(in repository: String, ofAnyFormat: Bool = false, after token: PageToken?) -> ServiceCall {
        list(
            CodeArtifactOperations.listPackages,
            "/v1/packages",
            on: repository,
            query: ofAnyFormat ? [("repository", repository)] : query(repository),
            after: token
        )
    }

    func listVersions(of package: PackageCoordinates, after token: PageToken?) -> ServiceCall {
        list(
            CodeArtifactOperations.listVersions,
            "/v1/package/versions",
            on: package.description,
            query: query(package),
            after: token
        )
    }

    func listAssets(of version: VersionCoordinates, after token: PageToken?) -> ServiceCall {
        list(
            CodeArtifactOperations.listAssets,
            "/v1/package/version/assets",
            on: version.description,
            query: query(version),
            after: token
        )
    }

    /// Accepts a 404: the reader decides whether it means that the version does not exist.
    func describe(_ version: VersionCoordinates) -> ServiceCall {
        var call = call(
            CodeArtifactOperations.describeVersion,
            .get,
            "/v1/package/version",
            on: version.description,
            query: query(version)
        )
        call.answers = [404]
        return call
    }

    /// Accepts a 404, as for a version.
    func describe(_ package: PackageCoordinates) -> ServiceCall {
        var call = call(
            CodeArtifactOperations.describePackage,
            .get,
            "/v1/package",
            on: package.description,
            query: query(package)
        )
        call.answers = [404]
        return call
    }

    /// - Parameter lifetime: the requested lifetime of the token; nil for the service's default (12 hours).
    func authorizationToken(lifetime: Duration?) -> ServiceCall {
        let duration = lifetime.map { [("duration", String($0.components.seconds))] } ?? []
        return call(
            CodeArtifactOperations.getToken,
            .post,
            "/v1/authorization-token",
            on: domain.description,
            query: duration
        )
    }

    func repositoryEndpoint(_ repository: String) -> ServiceCall {
        call(
            CodeArtifactOperations.getEndpoint,
            .get,
            "/v1/repository/endpoint",
            on: repository,
            query: query(repository) + (domain.isDualStack ? [("endpointType", "dualstack")] : [])
        )
    }

    func query(_ repository: String) -> [(String, String)] {
        [("repository", repository), ("format", "maven")]
    }

    func query(_ package: PackageCoordinates) -> [(String, String)] {
        query(package.repository) + [("namespace", package.namespace), ("package", package.name)]
    }

    func query(_ version: VersionCoordinates) -> [(String, String)] {
        query(version.package) + [("version", version.version)]
    }

    /// One page of a list.
    func list(
        _ operation: ServiceOperation,
        _ path: String,
        on target: String,
        query: [(String, String)] = [],
        after token: PageToken?
    ) -> ServiceCall {
        call(
            operation,
            .post,
            path,
            on: target,
            query: query + [("max-results", "1000")] + (token.map { [("next-token", $0.value)] } ?? [])
        )
    }

    func call(
        _ operation: ServiceOperation,
        _ method: HTTPMethod,
        _ path: String,
        on target: String,
        query: [(String, String)]
    ) -> ServiceCall {
        ServiceCall(
            operation,
            on: target,
            method: method,
            path: path,
            query: [("domain", domain.name), ("domain-owner", domain.owner)] + query
        )
    }
}
