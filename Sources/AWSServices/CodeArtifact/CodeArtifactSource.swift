import HTTPTransfer
import MavenXML
package import ReconcileCore

/// An AWS CodeArtifact domain as the desired state: listed through the API, read through its Maven endpoints.
///
/// Requests an authorization token and endpoints only when it first reads an asset or a maven-metadata.xml.
package struct CodeArtifactSource: PackageSource {
    private let transport: SignedTransport
    private let calls: CodeArtifactCalls
    private let maven: MavenEndpoint

    /// - Parameter transport: signs for `codeartifact` and sends to the API's endpoint.
    package init(domain: CodeArtifactDomain, transport: SignedTransport, maven access: MavenAccess = MavenAccess()) {
        let calls = CodeArtifactCalls(domain: domain)
        self.transport = transport
        self.calls = calls
        maven = MavenEndpoint(calls: calls, transport: transport, access)
    }

    package var operations: SourceOperations {
        SourceOperations(
            listRepositories: CodeArtifactOperations.listRepositories,
            listPackages: CodeArtifactOperations.listPackages,
            listVersions: CodeArtifactOperations.listVersions,
            listAssets: CodeArtifactOperations.listAssets
        )
    }

    package func repositories(after token: PageToken?) async throws -> Page<String> {
        let page: RepositoryPage
        do {
            page = try await transport.answer(RepositoryPage.self, to: calls.listRepositories(after: token))
        } catch let failure as RemoteFailure where failure.kind == .absent {
            throw RemoteFailure(
                .absent,
                operation: failure.operation,
                target: failure.target,
                message: "check --domain, --domain-owner and --region; the service said: \(failure.message)"
            )
        }
        return Page(page.repositories.map(\.name), next: PageToken(wire: page.nextToken))
    }

    package func packages(in repository: String, after token: PageToken?) async throws -> Page<ListedPackage> {
        let call = calls.listPackages(in: repository, after: token)
        let page = try await transport.answer(PackagePage.self, to: call)
        let packages = try page.packages.map { row in
            // The service requires a namespace for every Maven package; without it no other call could name the
            // package.
            guard let namespace = row.namespace else {
                throw call.failure(.malformed, "The Maven package \(row.package) is listed without a namespace.")
            }
            let package = PackageCoordinates(repository: repository, namespace: namespace, name: row.package)
            return ListedPackage(package, originControls: row.originConfiguration?.controls)
        }
        return Page(packages, next: PageToken(wire: page.nextToken))
    }

    package func formats(in repository: String, after token: PageToken?) async throws -> Page<String> {
        let call = calls.listPackages(in: repository, ofAnyFormat: true, after: token)
        let page = try await transport.answer(FormatPage.self, to: call)
        return Page(page.packages.map(\.format), next: PageToken(wire: page.nextToken))
    }

    package func originControls(of package: PackageCoordinates) async throws -> OriginControls? {
        try await transport.answerIfAny(PackageDetails.self, to: calls.describe(package))?.originConfiguration?.controls
    }

    package func versions(of package: PackageCoordinates, after token: PageToken?) async throws -> Page<ListedVersion> {
        let page = try await transport.answer(VersionPage.self, to: calls.listVersions(of: package, after: token))
        let versions = page.versions.map { row in
            ListedVersion(
                version: row.version,
                revision: row.revision,
                status: VersionStatus(wire: row.status),
                origin: VersionOrigin(row.origin)
            )
        }
        return Page(versions, next: PageToken(wire: page.nextToken))
    }

    package func assets(of version: VersionCoordinates, after token: PageToken?) async throws -> AssetPage {
        let call = calls.listAssets(of: version, after: token)
        let page = try await transport.answer(AssetListPage.self, to: call)
        do {
            return AssetPage(
                assets: try page.assets.map { row in try Asset(row) },
                revision: page.versionRevision,
                next: PageToken(wire: page.nextToken)
            )
        } catch {
            throw call.failure(.malformed, "\(error)")
        }
    }

    package func describe(_ version: VersionCoordinates) async throws -> VersionDescription? {
        guard
            let row = try await transport.answerIfAny(VersionDetails.self, to: calls.describe(version))?.packageVersion
        else {
            return nil
        }
        return VersionDescription(
            revision: row.revision,
            status: VersionStatus(wire: row.status),
            properties: row.properties
        )
    }

    package func metadata(of package: PackageCoordinates) async throws -> MavenMetadata? {
        try await metadata(at: MavenPath.metadata(of: package), in: package.repository, "\(package)")
    }

    package func metadata(ofSnapshot version: VersionCoordinates) async throws -> MavenMetadata? {
        let path = MavenPath.path(MavenMetadata.fileName, in: version.version, of: version.package)
        return try await metadata(at: path, in: version.package.repository, "\(version)")
    }

    package func metadata(ofGroup namespace: String, in repository: String) async throws -> MavenMetadata? {
        let path = MavenPath.path(MavenMetadata.fileName, ofGroup: namespace)
        return try await metadata(at: path, in: repository, "\(repository)/\(namespace)")
    }

    private func metadata(
        at path: String,
        in repository: String,
        _ target: String
    ) async throws -> MavenMetadata? {
        let file = MavenEndpoint.File(
            repository: repository,
            paths: [path],
            operation: MavenOperations.getMetadata,
            target: target
        )
        guard let bytes = try await maven.read(file, limit: MavenMetadata.maximumBytes) else { return nil }
        // An empty document has no content, but is not a failure.
        guard !bytes.isEmpty else { return MavenMetadata() }
        do {
            return try MavenMetadata(xml: bytes)
        } catch {
            throw RemoteFailure(
                .malformed,
                operation: file.operation,
                target: file.target,
                message: "The maven-metadata.xml cannot be read: \(error)"
            )
        }
    }

    package func body(of asset: Asset, in version: VersionCoordinates) -> any AssetBody {
        MavenAssetBody(
            maven: maven,
            file: MavenEndpoint.File(
                repository: version.package.repository,
                paths: MavenPath.asset(asset.name, of: version),
                operation: MavenOperations.getAsset,
                target: "\(version)/\(asset.name)"
            )
        )
    }
}
