import ReconcileCore

/// A repository's upstreams, and where they have a version.
extension DomainState {
    /// The first upstream repository that has a downloadable version, in order of priority, depth first.
    func repositoryUpstream(of repository: String, holding key: PackageKey, _ version: String) -> String? {
        upstreams(of: repository).first { name in
            repositories[name]?.version(version, of: key)?.status.isDownloadable == true
        }
    }

    /// All direct and indirect upstreams of a repository, in order of priority, each once.
    func upstreams(of repository: String) -> [String] {
        var found: [String] = []
        func search(_ name: String) {
            for upstream in repositories[name]?.upstreams ?? [] where upstream != repository {
                guard !found.contains(upstream), repositories[upstream] != nil else { continue }
                found.append(upstream)
                search(upstream)
            }
        }
        search(repository)
        return found
    }

    /// Whether a package and its group allow a version from an upstream repository to enter another repository.
    func admits(_ version: VersionState, of key: PackageKey, into repository: String) -> Bool {
        let restriction: OriginRestriction =
            version.origin?.origin == .external ? .externalUpstream : .internalUpstream
        return repositories[repository]?.controls(key)?.upstream != .block
            && groups.admit(key, into: repository, by: restriction)
    }

    /// Copies a version that a Maven client requested from an upstream repository into the requested one, where it
    /// stays (user guide, "Package retention from upstream repositories"). Does nothing if no upstream has it, or if
    /// the package or its group does not allow it.
    mutating func retain(_ version: String, of key: PackageKey, in repository: String) throws(ServiceFailure) {
        guard let source = repositoryUpstream(of: repository, holding: key, version),
            let state = repositories[source]?.version(version, of: key),
            admits(state, of: key, into: repository)
        else { return }
        try change(key, in: repository, creating: .ingested) { package in
            package.versions[version] = state
        }
    }
}
