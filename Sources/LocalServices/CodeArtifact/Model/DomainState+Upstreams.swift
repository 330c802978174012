import ReconcileCore

/// Which repositories a repository looks into, and where a version is found.
extension DomainState {
    /// The first repository upstream of one that holds a version, in order of priority, depth first.
    func repositoryUpstream(of repository: String, holding key: PackageKey, _ version: String) -> String? {
        upstreams(of: repository).first { name in
            repositories[name]?.version(version, of: key)?.status.isDownloadable == true
        }
    }

    /// All repositories upstream of one, in order of priority, each once.
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

    /// Whether a package and its group let a version of a repository upstream come into another.
    func admits(_ version: VersionState, of key: PackageKey, into repository: String) -> Bool {
        let restriction: OriginRestriction =
            version.origin?.origin == .external ? .externalUpstream : .internalUpstream
        return repositories[repository]?.controls(key)?.upstream != .block
            && groups.admit(key, into: repository, by: restriction)
    }

    /// Copies a version that a Maven client asked for from an upstream repository into the one it asked, where it
    /// stays (user guide, "Package retention from upstream repositories"); nothing when no upstream has it, or when
    /// the package or its group does not let it come in.
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
