import ReconcileCore

/// The result of a PUT of an asset.
enum PutOutcome: Hashable, Sendable {
    case created
    /// The same bytes had already been stored.
    case identical
}

extension DomainState {
    /// Adds an asset to a version; a new version starts as Unfinished.
    ///
    /// `equalTo` is stored content known to have the same bytes as the new asset. Different bytes under an existing
    /// name are a conflict until the version is deleted (user guide, "Package version status").
    mutating func put(
        _ asset: StoredAsset,
        equalTo same: AssetContent?,
        version: String,
        of key: PackageKey,
        in repository: String
    ) throws(ServiceFailure) -> PutOutcome {
        if repositoryUpstream(of: repository, holding: key, version) != nil,
            try self.repository(repository).version(version, of: key) == nil
        {
            throw .conflict(.packageVersion, version, "version \(version) is in an upstream repository")
        }
        guard groups.admit(key, into: repository, by: .publish) else {
            throw .denied(
                "the package group \(groups.group(of: key).pattern.text) blocks publishing \(key.name) to "
                    + "\(repository)"
            )
        }
        let revision = newRevision()
        return try change(key, in: repository, creating: .published) { (package) throws(ServiceFailure) in
            guard package.controls.publish == .allow else {
                throw .denied("publishing is blocked for the package \(key.name)")
            }
            var state =
                package.versions[version]
                ?? VersionState(
                    status: .unfinished,
                    revision: revision,
                    origin: EntryPoint(name: repository, origin: .internal),
                    assets: []
                )
            switch state.status {
            case .archived, .disposed, .deleted:
                throw .conflict(.packageVersion, version, "version \(version) is \(state.status.rawValue)")
            case .published, .unlisted, .unfinished:
                break
            }
            if let stored = state.asset(asset.name) {
                guard stored.content == asset.content || stored.content == same else {
                    throw .conflict(.asset, asset.name, "asset \(asset.name) exists with other bytes")
                }
                return .identical
            }
            state.assets.append(asset)
            state.revision = revision
            package.versions[version] = state
            return .created
        }
    }

    /// Records the check of an uploaded checksum file: a wrong one prevents an Unfinished version from being published.
    mutating func dispute(
        _ asset: String,
        isWrong: Bool,
        version: String,
        of key: PackageKey,
        in repository: String
    ) throws(ServiceFailure) {
        try change(key, in: repository) { package in
            if isWrong {
                package.versions[version]?.disputed.insert(asset)
            } else {
                package.versions[version]?.disputed.remove(asset)
            }
        }
    }

    /// Publishes the Unfinished versions that an artifact-level maven-metadata.xml names.
    ///
    /// Each of them gets `document`, if given, as an asset, as the service's own listings show.
    mutating func publish(
        named versions: [String],
        document: StoredAsset?,
        of key: PackageKey,
        in repository: String,
        at now: Double
    ) throws(ServiceFailure) {
        let package = try package(key, in: repository)
        let waiting = versions.filter { package.versions[$0]?.status == .unfinished }
        if let refused = waiting.first(where: { package.versions[$0]?.disputed.isEmpty == false }) {
            throw .invalid("a checksum that was uploaded for version \(refused) does not match", .other)
        }
        let revisions = waiting.map { _ in newRevision() }
        try change(key, in: repository) { package in
            for (version, revision) in zip(waiting, revisions) {
                package.versions[version]?.status = .published
                package.versions[version]?.publishedTime = now
                guard let document else { continue }
                package.versions[version]?.assets.append(document)
                package.versions[version]?.revision = revision
            }
        }
    }

    /// Makes a build the newest of its snapshot: the snapshot shows the build's assets, and the build becomes Unlisted.
    ///
    /// - Parameters:
    ///   - document: the document that names this build as the newest.
    ///   - publishes: whether snapshot and build leave the status Unfinished.
    mutating func publishSnapshot(
        _ snapshotVersion: String,
        build buildVersion: String,
        document: MavenMetadata?,
        of key: PackageKey,
        in repository: String,
        publishes: Bool = true,
        at now: Double
    ) throws(ServiceFailure) {
        let revision = newRevision()
        try change(key, in: repository) { (package) throws(ServiceFailure) in
            guard var state = package.versions[buildVersion], !state.assets.isEmpty else {
                throw .invalid("the metadata names the build \(buildVersion), which has no asset", .other)
            }
            guard state.disputed.isEmpty else {
                throw .invalid("a checksum that was uploaded for version \(buildVersion) does not match", .other)
            }
            var snapshot = state
            snapshot.revision = revision
            snapshot.document = document
            if publishes {
                state.publishedTime = state.publishedTime ?? now
                state.status = .unlisted
                snapshot.publishedTime = now
                snapshot.status = .published
            }
            package.versions[buildVersion] = state
            package.versions[snapshotVersion] = snapshot
        }
    }
}
