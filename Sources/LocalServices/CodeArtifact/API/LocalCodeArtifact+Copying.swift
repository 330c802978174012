import FoundationEssentials
import ReconcileCore

/// The calls that add versions to a repository: PublishPackageVersion and CopyPackageVersions.
extension LocalCodeArtifact {
    /// Adds an asset to a generic version, and publishes the version unless the caller says that it is unfinished.
    func publishPackageVersion(_ call: APICall) async throws -> ServerAnswer {
        let domain = try domain(call)
        let repository = try call.parameters.required("repository", .repository)
        _ = try domain.repository(repository)
        guard try call.parameters.format() == "generic" else {
            throw ServiceFailure.invalid("PublishPackageVersion takes the format generic only")
        }
        let key = try call.parameters.package()
        let version = try call.parameters.required("version", .coordinate)
        let name = try call.parameters.required("asset", .asset)
        let staysUnfinished = try call.parameters.flag("unfinished")
        let asset = StoredAsset(name: name, content: .bytes(call.body))
        let facts = try await ledger.facts(of: asset.content)
        guard call.contentSHA256 == facts.checksums.sha256 else {
            throw ServiceFailure.invalid("'assetSHA256' is not the SHA-256 of the asset's content")
        }
        let now = Date.now.timeIntervalSince1970
        let state = try change(in: domain.name) { (domain) throws(ServiceFailure) in
            try domain.publishGeneric(
                asset,
                version: version,
                of: key,
                in: repository,
                staysUnfinished: staysUnfinished,
                at: now
            )
        }
        return .json(
            200,
            .object([
                "format": .string(key.format), "namespace": ResponseShapes.namespace(key),
                "package": .string(key.name), "version": .string(version), "versionRevision": .string(state.revision),
                "status": .string(state.status.rawValue),
                "asset": ResponseShapes.asset(name, facts, wrongHash: false),
            ])
        )
    }

    func copyPackageVersions(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let domain = try domain(call)
        let source = try call.parameters.required("source-repository", .repository)
        let destination = try call.parameters.required("destination-repository", .repository)
        let key = try call.parameters.package()
        let body = try RequestBodies.decode(RequestBodies.Copy.self, from: call.body)
        guard (body.versions == nil) != (body.versionRevisions == nil) else {
            throw .invalid("give either 'versions' or 'versionRevisions'")
        }
        guard source != destination else { throw .invalid("the source is the destination") }
        let versions = body.versions ?? body.versionRevisions?.keys.sorted() ?? []
        guard (1...100).contains(versions.count) else { throw .invalid("'versions' takes 1 to 100 versions") }
        let copy = VersionsCopy(
            source: source,
            destination: destination,
            versions: versions,
            revisions: body.versionRevisions ?? [:],
            overwrites: body.allowOverwrite ?? false,
            includesUpstreams: body.includeFromUpstream ?? false
        )
        let outcome = try change(in: domain.name) { (domain) throws(ServiceFailure) in try domain.copy(copy, of: key) }
        return .json(200, ResponseShapes.outcome(outcome))
    }
}
