package import Cryptography
import FoundationEssentials
package import ReconcileCore
import Synchronization

/// Access for tests: changes and reads the domain without requests.
extension LocalCodeArtifact {
    /// The environment variables that AWS clients need to use this server.
    package var environment: [String: String] {
        // The aws command and boto3 read the region only from AWS_DEFAULT_REGION.
        var environment = others.withLock { $0 }
        environment.merge([
            "AWS_ENDPOINT_URL_CODEARTIFACT": endpoint, "AWS_ENDPOINT_URL_STS": endpoint,
            "AWS_ENDPOINT_URL_SERVICE_QUOTAS": endpoint, "AWS_ENDPOINT_URL_KMS": endpoint,
            "AWS_REGION": configuration.region, "AWS_DEFAULT_REGION": configuration.region,
        ]) { _, own in own }
        if let credentials = configuration.credentials.first {
            environment["AWS_ACCESS_KEY_ID"] = credentials.accessKeyID
            environment["AWS_SECRET_ACCESS_KEY"] = credentials.secretAccessKey
            if let token = credentials.sessionToken { environment["AWS_SESSION_TOKEN"] = token }
        }
        return environment
    }

    /// Adds a variable to the environment, to point at another local service.
    package func addToEnvironment(_ name: String, _ value: String) {
        others.withLock { $0[name] = value }
    }

    /// Requests since the start or the last reset, by operation.
    package var requests: [String: Int] { counter.snapshot }

    package func resetRequests() { counter.reset() }

    /// Replaces the faults in force.
    package func setFaults(_ faults: [Fault]) { self.faults.replace(faults, seed: configuration.seed) }

    /// Accepts another access key, as after temporary credentials are renewed.
    package func add(_ credentials: AWSCredentials) { self.credentials.add(credentials) }

    /// Makes all current access keys get ExpiredTokenException.
    package func expireCredentials() { credentials.expireAll() }

    /// Issues an authorization token, like GetAuthorizationToken.
    package func issueToken(for lifetime: Duration = .seconds(43_200)) -> String {
        tokens.issue(until: Date.now.addingTimeInterval(lifetime / .seconds(1)))
    }

    /// Invalidates all authorization tokens issued so far.
    package func expireTokens() { tokens.expireAll() }

    /// Publishes a version with a new revision, replacing any existing one; creates the repository if it does not
    /// exist.
    ///
    /// A nil origin is left out of answers; `external` names the connection `public:maven-central`.
    package func publish(
        _ version: VersionCoordinates,
        assets: KeyValuePairs<String, [UInt8]>,
        status: VersionStatus = .published,
        origin: VersionOrigin? = .internal,
        publishedTime: Double? = Date.now.timeIntervalSince1970
    ) {
        let assets = assets.map { StoredAsset(name: $0.key, content: .bytes($0.value)) }
        let repository = version.package.repository
        change { domain in
            domain.ensure(repository)
            let state = VersionState(
                status: status,
                revision: domain.newRevision(),
                origin: origin.map { origin in
                    EntryPoint(name: origin == .external ? "public:maven-central" : repository, origin: origin)
                },
                publishedTime: publishedTime,
                assets: assets
            )
            let controls = origin == .external ? OriginControls.ingested : .published
            try? domain.change(version.package.key, in: repository, creating: controls) {
                $0.versions[version.version] = state
            }
        }
    }

    /// Publishes a build of a snapshot and makes it the newest, like a deploy by Maven.
    package func publishSnapshot(_ build: VersionCoordinates, assets: KeyValuePairs<String, [UInt8]>) throws {
        guard let snapshot = SnapshotBuild(build.version)?.snapshotVersion else {
            throw SeedingFailure("\(build.version) is not the version of a snapshot build")
        }
        publish(build, assets: assets, status: .unfinished, publishedTime: nil)
        let before = try self.snapshot.repository(build.package.repository).version(snapshot, of: build.package.key)
        try change { (domain) throws(ServiceFailure) in
            try domain.publishSnapshot(
                snapshot,
                build: build.version,
                document: MavenMetadata.deployed(build.package, snapshot, assets.map(\.key), over: before?.document),
                of: build.package.key,
                in: build.package.repository,
                at: Date.now.timeIntervalSince1970
            )
        }
    }

    /// Adds an asset to a version or replaces its bytes, with a new revision. The service itself never changes an
    /// asset's bytes: this simulates a version that was deleted and published again.
    package func setAsset(_ name: String, _ bytes: [UInt8], of version: VersionCoordinates) throws {
        try change(version) { state, revision in
            state.assets.removeAll { $0.name == name }
            state.assets.append(StoredAsset(name: name, content: .bytes(bytes)))
            state.revision = revision
        }
    }

    /// Sets a version's status, whatever it was.
    package func setStatus(_ status: VersionStatus, of version: VersionCoordinates) throws {
        try change(version) { state, revision in
            if configuration.statusChangesRevision { state.revision = revision }
            state.status = status
            if status == .disposed { state.assets = [] }
        }
    }

    /// Sets a package's origin controls; creates the package if it does not exist.
    package func setOriginControls(_ controls: OriginControls, of package: PackageCoordinates) throws {
        try change { (domain) throws(ServiceFailure) in
            domain.ensure(package.repository)
            try domain.change(package.key, in: package.repository, creating: controls) { $0.controls = controls }
        }
    }

    /// The current origin controls of a package; nil if the package does not exist.
    package func originControls(of package: PackageCoordinates) -> OriginControls? {
        snapshot.repositories[package.repository]?.controls(package.key)
    }

    /// Deletes a version.
    package func delete(_ version: VersionCoordinates) throws {
        try change { (domain) throws(ServiceFailure) in
            try domain.change(version.package.key, in: version.package.repository) { package in
                package.versions[version.version] = nil
            }
        }
    }

    /// Removes a package with all its versions.
    package func delete(_ package: PackageCoordinates) throws {
        _ = try change { (domain) throws(ServiceFailure) in
            try domain.deletePackage(package.key, in: package.repository)
        }
    }

    /// The current Maven packages of a repository, without synthetic ones.
    package func packages(in repository: String) -> [PackageCoordinates] {
        (snapshot.repositories[repository]?.writtenKeys ?? []).filter { $0.format == "maven" }.map {
            PackageCoordinates(repository: repository, namespace: $0.namespace, name: $0.name)
        }
    }

    /// The current revision of a version; nil if the version does not exist.
    package func revision(of version: VersionCoordinates) -> String? {
        stored(version)?.revision
    }

    /// The current status of a version; nil if the version does not exist.
    package func status(of version: VersionCoordinates) -> VersionStatus? {
        stored(version)?.status
    }

    /// The current versions of a package with their status; nil if the package does not exist.
    package func versions(of package: PackageCoordinates) -> [String: VersionStatus]? {
        snapshot.repositories[package.repository]?[package.key]?.versions.mapValues(\.status)
    }

    /// The assets of a version as the API lists them; nil if the version does not exist.
    package func assets(of version: VersionCoordinates) async throws -> [Asset]? {
        guard let state = stored(version) else { return nil }
        var assets: [Asset] = []
        for asset in state.assets {
            let facts = try await ledger.facts(of: asset.content)
            assets.append(Asset(name: asset.name, size: facts.size, checksums: facts.checksums))
        }
        return assets
    }

    private func stored(_ version: VersionCoordinates) -> VersionState? {
        snapshot.repositories[version.package.repository]?.version(version.version, of: version.package.key)
    }

    private func change(
        _ version: VersionCoordinates,
        _ body: (inout VersionState, _ revision: String) -> Void
    ) throws {
        try change { (domain) throws(ServiceFailure) in
            let revision = domain.newRevision()
            try domain.change(version.package.key, in: version.package.repository) { (package) throws(ServiceFailure) in
                guard var state = package.versions[version.version] else {
                    throw .notFound(.packageVersion, version.version)
                }
                body(&state, revision)
                package.versions[version.version] = state
            }
        }
    }
}

extension PackageCoordinates {
    var key: PackageKey { PackageKey(namespace: namespace, name: name) }
}

extension DomainState {
    /// Creates an empty repository unless the name is taken.
    fileprivate mutating func ensure(_ repository: String) {
        guard repositories[repository] == nil else { return }
        add(
            RepositoryState(
                name: repository,
                description: nil,
                createdTime: createdTime,
                upstreams: [],
                synthetic: nil
            )
        )
    }
}

extension MavenMetadata {
    /// The document that Maven sends with a build: it lists the build's files, plus those of earlier builds whose kind
    /// the build lacks.
    fileprivate static func deployed(
        _ package: PackageCoordinates,
        _ snapshot: String,
        _ names: [String],
        over before: MavenMetadata?
    ) -> MavenMetadata? {
        var document = snapshotLevel(
            groupID: package.namespace,
            artifactID: package.name,
            version: snapshot,
            assetNames: names
        )
        let kinds = Set(document?.snapshotVersions.map { [$0.classifier, $0.fileExtension] } ?? [])
        document?.snapshotVersions += (before?.snapshotVersions ?? []).filter {
            !kinds.contains([$0.classifier, $0.fileExtension])
        }
        return document
    }
}
