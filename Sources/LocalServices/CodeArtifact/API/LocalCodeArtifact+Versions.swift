import FoundationEssentials
import ReconcileCore

/// The calls about versions and assets.
extension LocalCodeArtifact {
    private enum SortType: String {
        case publishedTime = "PUBLISHED_TIME"
    }

    func listPackageVersions(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let domain = try domain(call)
        let repository = try domain.repository(call.parameters.required("repository", .repository))
        let key = try call.parameters.package()
        let filter = VersionFilter(
            status: try call.parameters.choice("status", VersionStatus.self),
            origin: try call.parameters.choice("originType", VersionOrigin.self),
            byPublishedTime: try call.parameters.choice("sortBy", SortType.self) != nil
        )
        let token = try call.parameters.optional("next-token", .token)
        let pageSize = try call.parameters.maxResults(default: 50)
        let page = try page(call, token: token, pageSize: pageSize) { (position, limit) throws(ServiceFailure) in
            guard let run = repository.versions(of: key, filter, from: position, limit: limit) else {
                throw .notFound(.package, key.name)
            }
            return run
        }
        let untouched = repository.untouched(key)
        let newest = untouched.map { $0.name($0.count - 1) } ?? repository[key]?.defaultDisplayVersion
        return .json(
            200,
            .object([
                "defaultDisplayVersion": newest.map { .string($0) } ?? .null,
                "format": .string(key.format),
                "namespace": ResponseShapes.namespace(key),
                "package": .string(key.name),
                "versions": .array(page.elements.map { ResponseShapes.versionRow(showing($0)) }),
                "nextToken": tokenMember(page.token),
            ])
        )
    }

    func describePackageVersion(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let (_, version, key, state) = try version(call)
        return .json(200, .object(["packageVersion": ResponseShapes.version(version, of: key, state)]))
    }

    func listPackageVersionAssets(_ call: APICall) async throws -> ServerAnswer {
        let (_, version, key, state) = try version(call)
        let page = try page(call, of: state.assets)
        var rows: [JSON] = []
        for asset in page.elements {
            let facts = try await ledger.facts(of: asset.content)
            rows.append(ResponseShapes.asset(asset.name, facts, wrongHash: call.effect == .wrongHash))
        }
        return .json(
            200,
            .object([
                "format": .string(key.format),
                "namespace": ResponseShapes.namespace(key),
                "package": .string(key.name),
                "version": .string(version),
                "versionRevision": .string(state.revision),
                "assets": .array(rows),
                "nextToken": tokenMember(page.token),
            ])
        )
    }

    /// Streams the bytes. Answers 404 if `revision` is not the version's, or if the version's status does not allow
    /// downloads.
    func getPackageVersionAsset(_ call: APICall) throws -> ServerAnswer {
        let (_, version, _, state) = try version(call)
        let name = try call.parameters.required("asset", .asset)
        let revision = try call.parameters.optional("revision", .revision)
        guard revision == nil || revision == state.revision else {
            throw ServiceFailure.notFound(.packageVersion, "\(version), revision \(revision ?? "")")
        }
        guard state.status.isDownloadable, let asset = state.asset(name) else {
            throw ServiceFailure.notFound(.asset, name)
        }
        var answer = try Self.content(asset.content)
        answer.headers += [
            ("X-AssetName", name), ("X-PackageVersion", version), ("X-PackageVersionRevision", state.revision),
        ]
        return answer
    }

    func changeVersions(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let name = try domain(call).name
        let repository = try call.parameters.required("repository", .repository)
        let key = try call.parameters.package()
        let change = try Self.change(call)
        let now = Date.now.timeIntervalSince1970
        let outcome = try self.change(in: name) { (domain) throws(ServiceFailure) in
            try domain.change(change, of: key, in: repository, at: now)
        }
        return .json(200, ResponseShapes.outcome(outcome))
    }

    private static func change(_ call: APICall) throws(ServiceFailure) -> VersionsChange {
        let body = try RequestBodies.decode(RequestBodies.Versions.self, from: call.body)
        guard (1...100).contains(body.versions.count) else { throw .invalid("'versions' takes 1 to 100 versions") }
        if let revisions = body.versionRevisions, Set(revisions.keys) != Set(body.versions) {
            throw .invalid("'versionRevisions' and 'versions' name different versions")
        }
        var expected: VersionStatus?
        if let text = body.expectedStatus {
            guard let status = VersionStatus(rawValue: text) else { throw .invalid("'\(text)' is not a status") }
            expected = status
        }
        let target: VersionStatus
        switch (call.operation, body.targetStatus.flatMap(VersionStatus.init)) {
        case (.disposePackageVersions, _): target = .disposed
        case (.deletePackageVersions, _): target = .deleted
        case (_, let status?) where [.published, .unlisted, .archived].contains(status): target = status
        default: throw .invalid("'targetStatus' is Published, Unlisted or Archived")
        }
        return VersionsChange(
            versions: body.versions,
            revisions: body.versionRevisions,
            expectedStatus: expected,
            target: target
        )
    }

    private func version(
        _ call: APICall
    ) throws(ServiceFailure) -> (repository: String, version: String, key: PackageKey, state: VersionState) {
        let domain = try domain(call)
        let repository = try call.parameters.required("repository", .repository)
        let key = try call.parameters.package()
        let version = try call.parameters.required("version", .coordinate)
        var state = try domain.version(version, of: key, in: repository)
        if hidesOrigin(of: version) { state.origin = nil }
        return (repository, version, key, state)
    }

    private func showing(_ row: VersionRow) -> VersionRow {
        guard hidesOrigin(of: row.version) else { return row }
        return VersionRow(
            version: row.version,
            revision: row.revision,
            status: row.status,
            origin: nil,
            publishedTime: row.publishedTime
        )
    }
}
