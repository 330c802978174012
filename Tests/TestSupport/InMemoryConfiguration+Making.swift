package import ReconcileCore

/// The configuration of a domain in memory is made and changed as the service does it, with the same refusals.
extension InMemoryConfiguration: ConfigurationDestination {
    package func perform(_ call: ConfigurationCall) async throws {
        var failure: RemoteFailure?
        try take(call)
        change { state in
            do throws(RemoteFailure) {
                try state.apply(call, identity)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}

extension InMemoryConfiguration.State {
    private func failure(_ kind: RemoteFailure.Kind, _ call: ConfigurationCall, _ message: String) -> RemoteFailure {
        RemoteFailure(kind, operation: .work(call.name), target: call.place, message: message)
    }

    fileprivate mutating func apply(_ call: ConfigurationCall, _ identity: DomainIdentity) throws(RemoteFailure) {
        guard exists else {
            guard case .createDomain(let key, let tags) = call else { throw failure(.absent, call, "no such domain") }
            (exists, encryptionKey) = (true, key)
            self.tags["arn:aws:codeartifact:eu-west-1:111122223333:domain/acme"] = tags
            let modes = ["PUBLISH": "ALLOW", "EXTERNAL_UPSTREAM": "ALLOW", "INTERNAL_UPSTREAM": "ALLOW"]
            groups = [ListedPackageGroup(arn: "arn:/*", pattern: "/*", modes: modes)]
            return
        }
        switch call {
        case .createDomain: throw failure(.conflict, call, "it exists")
        case .createGroup, .updateGroup, .restrict: try applyToGroup(call)
        case .tag(let resource, _, let new):
            let old = tags[resource.arn] ?? []
            tags[resource.arn] = old.filter { tag in !new.contains { $0.key == tag.key } } + new
        case .untag(let resource, _, let keys): tags[resource.arn]?.removeAll { keys.contains($0.key) }
        case .putDomainPolicy(let document): policy = document
        case .deleteDomainPolicy: policy = nil
        default: try applyToRepository(call)
        }
    }

    private mutating func applyToGroup(_ call: ConfigurationCall) throws(RemoteFailure) {
        switch call {
        case .createGroup(let pattern, let contact, let description, let tags):
            guard !groups.contains(where: { $0.pattern == pattern }) else {
                throw failure(.conflict, call, "it exists")
            }
            let modes = ["PUBLISH": "INHERIT", "EXTERNAL_UPSTREAM": "INHERIT", "INTERNAL_UPSTREAM": "INHERIT"]
            groups.append(
                ListedPackageGroup(
                    arn: "arn:\(pattern)",
                    pattern: pattern,
                    contactInfo: contact,
                    description: description,
                    modes: modes
                )
            )
            self.tags["arn:\(pattern)"] = tags
        case .updateGroup(let pattern, let contact, let description):
            let old = try group(pattern, call)
            replace(old, contact: contact ?? old.contactInfo, description: description ?? old.description, old.modes)
        case .restrict(let pattern, let modes, let adding, let removing):
            let old = try group(pattern, call)
            for row in adding where repositories[row.repository] == nil {
                throw failure(.absent, call, "no repository \(row.repository)")
            }
            let changed = old.modes.merging(modes) { $1 }
            for (type, mode) in modes where mode != "ALLOW_SPECIFIC_REPOSITORIES" { allowed[[pattern, type]] = nil }
            for row in removing { allowed[[pattern, row.restriction]]?.removeAll { $0 == row.repository } }
            for row in adding {
                guard changed[row.restriction] == "ALLOW_SPECIFIC_REPOSITORIES" else {
                    throw failure(.invalid, call, "the mode of \(row.restriction) is another")
                }
                allowed[[pattern, row.restriction], default: []].append(row.repository)
            }
            replace(old, contact: old.contactInfo, description: old.description, changed)
        default: break
        }
    }

    private func group(_ pattern: String, _ call: ConfigurationCall) throws(RemoteFailure) -> ListedPackageGroup {
        guard let group = groups.first(where: { $0.pattern == pattern }) else {
            throw failure(.absent, call, "no such group")
        }
        return group
    }

    private mutating func replace(
        _ old: ListedPackageGroup,
        contact: String?,
        description: String?,
        _ modes: [String: String]
    ) {
        groups.removeAll { $0.pattern == old.pattern }
        groups.append(
            ListedPackageGroup(
                arn: old.arn,
                pattern: old.pattern,
                contactInfo: contact,
                description: description,
                modes: modes
            )
        )
    }

    private mutating func applyToRepository(_ call: ConfigurationCall) throws(RemoteFailure) {
        if case .createRepository(let name, let description, let upstreams, let tags) = call {
            guard repositories[name] == nil else { throw failure(.conflict, call, "it exists") }
            try require(upstreams, call)
            let arn = InMemoryConfiguration.arn(ofRepository: name)
            set(
                name,
                RepositoryDescription(arn: arn, description: description, upstreams: upstreams, externalConnections: [])
            )
            self.tags[arn] = tags
            return
        }
        guard let name = call.repository, let old = repositories[name] else {
            throw failure(.absent, call, "no repository")
        }
        var (description, upstreams, connections) = (old.description, old.upstreams, old.externalConnections)
        switch call {
        case .updateRepository(_, let newDescription, let newUpstreams):
            try require(newUpstreams ?? [], call)
            if newUpstreams?.isEmpty == false, !connections.isEmpty {
                throw failure(.conflict, call, "it has a connection")
            }
            (description, upstreams) = (newDescription ?? description, newUpstreams ?? upstreams)
        case .connect(_, let connection):
            guard connections.isEmpty, upstreams.isEmpty else { throw failure(.conflict, call, "it has upstreams") }
            connections = [connection]
        case .disconnect(_, let connection): connections.removeAll { $0 == connection }
        case .putRepositoryPolicy(_, let document): policies[name] = document
        case .deleteRepositoryPolicy: policies[name] = nil
        default: break
        }
        set(
            name,
            RepositoryDescription(
                arn: old.arn,
                description: description,
                upstreams: upstreams,
                externalConnections: connections
            )
        )
    }

    private func require(_ upstreams: [String], _ call: ConfigurationCall) throws(RemoteFailure) {
        for upstream in upstreams where repositories[upstream] == nil {
            throw failure(.absent, call, "no repository \(upstream)")
        }
    }

    private mutating func set(_ name: String, _ repository: RepositoryDescription) { repositories[name] = repository }
}

extension ConfigurationCall {
    fileprivate var repository: String? {
        let start = "repository "
        return place.hasPrefix(start) ? String(place.dropFirst(start.count)) : nil
    }
}
