import HTTPTransfer
package import ReconcileCore

/// An AWS CodeArtifact domain as the destination of a restore: assets and documents go through its Maven endpoints, the
/// rest through the API.
///
/// The API's PublishPackageVersion only takes the format generic, so Maven packages are published as Maven publishes
/// them (user guide, Use Maven with curl).
package struct CodeArtifactDestination: PackageDestination {
    private let transport: SignedTransport
    private let calls: CodeArtifactCalls
    private let maven: MavenEndpoint

    /// - Parameter transport: signs for `codeartifact` and sends to the API's endpoint.
    package init(domain: CodeArtifactDomain, transport: SignedTransport, maven access: MavenAccess = MavenAccess()) {
        self.transport = transport
        calls = CodeArtifactCalls(domain: domain)
        maven = MavenEndpoint(calls: calls, transport: transport, access)
    }

    package func publish(
        _ body: any AssetBody,
        of asset: Asset,
        in directory: String?,
        of package: PackageCoordinates
    ) async throws {
        let file = file(
            asset.name,
            in: directory,
            of: package,
            directory == nil ? MavenOperations.putMetadata : MavenOperations.putAsset
        )
        try await maven.put(file) { request in
            try await AssetUpload(body, of: asset, by: maven.client).send(request, answerLimit: Self.answerLimit) {
                maven.count(file)
            } corrupt: { problem in
                body.corrupt(problem, for: BodyOrigin(file.operation, file.target))
            }
        }
    }

    package func publish(
        _ bytes: [UInt8],
        as name: String,
        in directory: String?,
        of package: PackageCoordinates
    ) async throws {
        try await put(bytes, as: file(name, in: directory, of: package, operation(name)))
    }

    package func publish(
        _ bytes: [UInt8],
        as name: String,
        ofGroup namespace: String,
        in repository: String
    ) async throws {
        let file = MavenEndpoint.File(
            repository: repository,
            paths: [MavenPath.path(name, ofGroup: namespace)],
            operation: operation(name),
            target: "\(repository)/\(namespace)/\(name)"
        )
        try await put(bytes, as: file)
    }

    private func put(_ bytes: [UInt8], as file: MavenEndpoint.File) async throws {
        try await maven.put(file) { request in
            var request = request
            request.body = bytes
            request.deadlines = request.deadlines.ofDocument
            maven.count(file)
            return try await maven.client.send(request, bodyLimit: Self.answerLimit)
        }
    }

    private func operation(_ name: String) -> ServiceOperation {
        name == MavenMetadata.fileName ? MavenOperations.putMetadata : MavenOperations.putChecksum
    }

    private func file(
        _ name: String,
        in directory: String?,
        of package: PackageCoordinates,
        _ operation: ServiceOperation
    ) -> MavenEndpoint.File {
        let path = directory.map { MavenPath.path(name, in: $0, of: package) } ?? MavenPath.path(name, of: package)
        let target = "\(package)\(directory.map { ":\($0)" } ?? "")/\(name)"
        return MavenEndpoint.File(repository: package.repository, paths: [path], operation: operation, target: target)
    }

    package func setStatus(_ status: VersionStatus, of version: VersionCoordinates) async throws {
        let call = try calls.updateStatus(of: version, to: status)
        let answer = try await transport.answer(StatusChangeAnswer.self, to: call)
        if answer.successful.contains(ExactText(version.version)) { return }
        let failed = answer.failed[ExactText(version.version)]
        let words = "\(failed?.errorCode ?? "no reason given"): \(failed?.errorMessage ?? "none")"
        throw call.failure(failed?.errorCode == "NOT_FOUND" ? .absent : .conflict, words)
    }

    package func setOriginControls(_ controls: OriginControls, of package: PackageCoordinates) async throws {
        _ = try await transport.send(calls.putOriginControls(controls, of: package))
    }

    package func upstreams(of repository: String) async throws -> [String] {
        let call = calls.describeRepository(repository)
        let answer = try await transport.answer(RepositoryDetails.self, to: call)
        return answer.upstreams
    }

    /// The most bytes kept of the answer to a PUT.
    private static let answerLimit = 64 << 10
}
