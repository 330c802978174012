package import Cryptography
import FoundationEssentials
package import ReconcileCore
import Synchronization

/// What tests do to the domain behind the clients' backs.
extension LocalCodeArtifact {
    /// What an AWS client needs in its environment to find this server.
    package var environment: [String: String] {
        // The aws command and boto3 read the region from the second name only.
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

    /// Adds a variable to the environment: where another local service is.
    package func addToEnvironment(_ name: String, _ value: String) {
        others.withLock { $0[name] = value }
    }

    /// Requests since the start or the last reset, by operation.
    package var requests: [String: Int] { counter.snapshot }

    package func resetRequests() { counter.reset() }

    /// Puts these faults in force instead of the present ones.
    package func setFaults(_ faults: [Fault]) { self.faults.replace(faults, seed: configuration.seed) }

    /// Takes a further access key, as after a renewal of temporary credentials.
    package func add(_ credentials: AWSCredentials) { self.credentials.add(credentials) }

    /// Answers ExpiredTokenException to every access key known now.
    package func expireCredentials() { credentials.expireAll() }

    /// An authorization token, as GetAuthorizationToken would hand it out.
    package func issueToken(for lifetime: Duration = .seconds(43_200)) -> String {
        tokens.issue(until: Date.now.addingTimeInterval(lifetime / .seconds(1)))
    }

    /// Makes every authorization token handed out so far worthless.
    package func expireTokens() { tokens.expireAll() }

    /// Puts a version in place of what was there, with a new revision; the repository is made when there is none.
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

    /// Puts a build of a snapshot in place and makes it the newest one, as a deploy by Maven does.
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

    /// Adds an asset to a version or changes its bytes, and makes a new revision. The service itself never changes
    /// the bytes of an asset: this stands for a version that was deleted and published again.
    package func setAsset(_ name: String, _ bytes: [UInt8], of version: VersionCoordinates) throws {
        try change(version) { state, revision in
            state.assets.removeAll { $0.name == name }
            state.assets.append(StoredAsset(name: name, content: .bytes(bytes)))
            state.revision = revision
        }
    }

    /// Moves a version to a status, whatever it was.
    package func setStatus(_ status: VersionStatus, of version: VersionCoordinates) throws {
        try change(version) { state, revision in
            if configuration.statusChangesRevision { state.revision = revision }
            state.status = status
            if status == .disposed { state.assets = [] }
        }
    }

    /// Sets a package's origin controls, and makes the package where there is none.
    package func setOriginControls(_ controls: OriginControls, of package: PackageCoordinates) throws {
        try change { (domain) throws(ServiceFailure) in
            domain.ensure(package.repository)
            try domain.change(package.key, in: package.repository, creating: controls) { $0.controls = controls }
        }
    }

    /// The origin controls of a package now; nil if the package does not exist.
    package func originControls(of package: PackageCoordinates) -> OriginControls? {
        snapshot.repositories[package.repository]?.controls(package.key)
    }

    /// Removes a version.
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

    /// The packages of a repository now, without synthetic ones.
    package func packages(in repository: String) -> [PackageCoordinates] {
        (snapshot.repositories[repository]?.writtenKeys ?? []).filter { $0.format == "maven" }.map {
            PackageCoordinates(repository: repository, namespace: $0.namespace, name: $0.name)
        }
    }

    /// The revision of a version now; nil if the version does not exist.
    package func revision(of version: VersionCoordinates) -> String? {
        stored(version)?.revision
    }

    /// The status of a version now; nil if the version does not exist.
    package func status(of version: VersionCoordinates) -> VersionStatus? {
        stored(version)?.status
    }

    /// The versions of a package now and their status; nil if the package does not exist.
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
    /// Makes an empty repository unless there is one of the name.
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
    /// The document that Maven sends with a build: its files, and those of earlier builds that it does not have itself.
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
