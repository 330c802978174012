import ReconcileCore

/// The parameters of CopyPackageVersions.
struct VersionsCopy: Sendable {
    let source: String
    let destination: String
    let versions: [String]
    /// The revisions that the versions in the source must have; a version without an entry may have any.
    let revisions: [String: String]
    let overwrites: Bool
    /// Whether versions missing in the source are copied from its upstream repositories.
    let includesUpstreams: Bool
}

extension DomainState {
    /// Copies versions with their revisions, status and origin. If one of them cannot be copied, none is.
    mutating func copy(_ copy: VersionsCopy, of key: PackageKey) throws(ServiceFailure) -> VersionsOutcome {
        let destination = try repository(copy.destination)
        try requirePackage(key, in: copy.source, orUpstream: copy.includesUpstreams)
        var found: [String: VersionState] = [:]
        var outcome = VersionsOutcome()
        for version in copy.versions {
            var state = try repository(copy.source).version(version, of: key)
            if state == nil, copy.includesUpstreams,
                let upstream = repositoryUpstream(of: copy.source, holding: key, version)
            {
                state = try repository(upstream).version(version, of: key)
            }
            found[version] = state
            outcome.failed[version] = Self.objection(
                to: copy,
                version,
                state,
                exists: destination.version(version, of: key) != nil
            )
        }
        guard outcome.failed.isEmpty else {
            for version in copy.versions where outcome.failed[version] == nil {
                outcome.failed[version] = .init(code: "SKIPPED", message: "version \(version) is skipped")
            }
            return outcome
        }
        try change(key, in: copy.destination, creating: .published) { package in
            for (version, state) in found { package.versions[version] = state }
        }
        for (version, state) in found { outcome.changed[version] = (state.revision, state.status) }
        return outcome
    }

    private func requirePackage(_ key: PackageKey, in source: String, orUpstream: Bool) throws(ServiceFailure) {
        let places = [source] + (orUpstream ? upstreams(of: source) : [])
        _ = try repository(source)
        guard places.contains(where: { repositories[$0]?.contains(key) == true }) else {
            throw .notFound(.package, key.name)
        }
    }

    private static func objection(
        to copy: VersionsCopy,
        _ version: String,
        _ state: VersionState?,
        exists: Bool
    ) -> VersionsOutcome.Failure? {
        guard let state else { return .init(code: "NOT_FOUND", message: "version \(version) is not found") }
        if let revision = copy.revisions[version], revision != state.revision {
            return .init(
                code: "MISMATCHED_REVISION",
                message: "current revision: \(state.revision), expected revision: \(revision)"
            )
        }
        guard ![.disposed, .deleted].contains(state.status) else {
            return .init(code: "NOT_ALLOWED", message: "version \(version) is \(state.status.rawValue)")
        }
        guard exists, !copy.overwrites else { return nil }
        return .init(code: "ALREADY_EXISTS", message: "version \(version) is in \(copy.destination) already")
    }

    /// Adds an asset to a generic version, and publishes the version unless it is to remain Unfinished.
    mutating func publishGeneric(
        _ asset: StoredAsset,
        version: String,
        of key: PackageKey,
        in repository: String,
        staysUnfinished: Bool,
        at now: Double
    ) throws(ServiceFailure) -> VersionState {
        if let known = try self.repository(repository).version(version, of: key), known.status != .unfinished {
            throw .conflict(.packageVersion, version, "version \(version) is \(known.status.rawValue), not Unfinished")
        }
        _ = try put(asset, equalTo: nil, version: version, of: key, in: repository)
        return try change(key, in: repository) { (package) throws(ServiceFailure) in
            guard var state = package.versions[version] else { throw .notFound(.packageVersion, version) }
            if !staysUnfinished { (state.status, state.publishedTime) = (.published, now) }
            package.versions[version] = state
            return state
        }
    }
}
