import FoundationEssentials

/// The calls about package groups.
extension LocalCodeArtifact {
    func packageGroups(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        switch call.operation {
        case .createPackageGroup: try createPackageGroup(call)
        case .describePackageGroup: try describePackageGroup(call)
        case .updatePackageGroup: try updatePackageGroup(call)
        case .deletePackageGroup: try deletePackageGroup(call)
        case .listPackageGroups, .listSubPackageGroups: try listPackageGroups(call)
        case .updatePackageGroupOriginConfiguration: try updatePackageGroupOriginConfiguration(call)
        case .listAllowedRepositoriesForGroup: try listAllowedRepositories(call)
        case .listAssociatedPackages: try listAssociatedPackages(call)
        default: try getAssociatedPackageGroup(call)
        }
    }

    private func createPackageGroup(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let name = try domain(call).name
        let body = try RequestBodies.decode(RequestBodies.PackageGroup.self, from: call.body)
        let pattern = try PackageGroupPattern(body.packageGroup)
        let domain = try change(in: name) { (domain) throws(ServiceFailure) in
            var tags = Tags()
            try tags.set(body.tags ?? [])
            try domain.groups.add(pattern, createdTime: Date.now.timeIntervalSince1970)
            try domain.groups.change(pattern) { group in
                group.contactInfo = body.contactInfo
                group.description = body.description
                group.tags = tags
            }
            return domain
        }
        return try answer(pattern, in: domain)
    }

    private func describePackageGroup(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        try answer(pattern(call), in: domain(call))
    }

    private func updatePackageGroup(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let name = try domain(call).name
        let body = try RequestBodies.decode(RequestBodies.PackageGroup.self, from: call.body)
        let pattern = try PackageGroupPattern(body.packageGroup)
        let domain = try change(in: name) { (domain) throws(ServiceFailure) in
            try domain.groups.change(pattern) { group in
                if let contactInfo = body.contactInfo { group.contactInfo = contactInfo }
                if let description = body.description { group.description = description }
            }
            return domain
        }
        return try answer(pattern, in: domain)
    }

    private func deletePackageGroup(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let before = try domain(call)
        let pattern = try pattern(call)
        let described = ResponseShapes.packageGroup(try before.groups.group(pattern), in: before)
        _ = try change(in: before.name) { (domain) throws(ServiceFailure) in try domain.groups.remove(pattern) }
        return .json(200, .object(["packageGroup": described]))
    }

    /// Lists all groups, or those directly inside one.
    private func listPackageGroups(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let domain = try domain(call)
        let groups: [PackageGroup]
        if call.operation == .listSubPackageGroups {
            groups = domain.groups.children(of: try domain.groups.group(pattern(call)).pattern)
        } else {
            let prefix = try call.parameters.optional("prefix", .packageGroupPrefix) ?? ""
            groups = domain.groups.sorted.filter { $0.pattern.text.hasPrefix(prefix) }
        }
        let page = try page(call, of: groups)
        let rows = page.elements.map { ResponseShapes.packageGroup($0, in: domain) }
        return .json(200, .object(["packageGroups": .array(rows), "nextToken": tokenMember(page.token)]))
    }

    private func updatePackageGroupOriginConfiguration(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let before = try domain(call)
        let pattern = try pattern(call)
        let body = try RequestBodies.decode(RequestBodies.GroupOriginConfiguration.self, from: call.body)
        var asked = RestrictionChange()
        for (name, mode) in body.restrictions ?? [:] {
            guard let restriction = OriginRestriction(rawValue: name), let mode = RestrictionMode(rawValue: mode) else {
                throw .invalid(
                    "'restrictions' takes PUBLISH, EXTERNAL_UPSTREAM and INTERNAL_UPSTREAM, each ALLOW, "
                        + "ALLOW_SPECIFIC_REPOSITORIES, BLOCK or INHERIT"
                )
            }
            asked.modes[restriction] = mode
        }
        for row in body.addAllowedRepositories ?? [] {
            _ = try before.repository(row.repositoryName)
            asked.added.append((row.originRestrictionType, row.repositoryName))
        }
        asked.removed = (body.removeAllowedRepositories ?? []).map {
            (restriction: $0.originRestrictionType, repository: $0.repositoryName)
        }
        let change = asked
        let (domain, added, removed) = try self.change(in: before.name) { (domain) throws(ServiceFailure) in
            let (added, removed) = try domain.groups.apply(change, to: pattern)
            return (domain, added, removed)
        }
        let updates = OriginRestriction.allCases.compactMap { restriction -> (name: String, value: JSON)? in
            let (added, removed) = (added[restriction] ?? [], removed[restriction] ?? [])
            guard !added.isEmpty || !removed.isEmpty else { return nil }
            let names = { (names: [String]) in JSON.array(names.sorted().map { .string($0) }) }
            return (restriction.rawValue, .object(["ADDED": names(added), "REMOVED": names(removed)]))
        }
        let group = ResponseShapes.packageGroup(try domain.groups.group(pattern), in: domain)
        return .json(200, .object(["packageGroup": group, "allowedRepositoryUpdates": .object(updates)]))
    }

    private func listAllowedRepositories(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let group = try domain(call).groups.group(pattern(call))
        guard let restriction = try call.parameters.choice("originRestrictionType", OriginRestriction.self) else {
            throw .invalid("'originRestrictionType' must not be null")
        }
        let page = try page(call, of: (group.allowed[restriction] ?? []).sorted())
        let names = JSON.array(page.elements.map { .string($0) })
        return .json(200, .object(["allowedRepositories": names, "nextToken": tokenMember(page.token)]))
    }

    /// Lists the packages for which a group is the most specific one; with `preview`, as if the group existed.
    private func listAssociatedPackages(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let domain = try domain(call)
        let pattern = try pattern(call)
        var groups = domain.groups
        if try call.parameters.flag("preview"), groups.byPattern[pattern.text] == nil {
            try groups.add(pattern, createdTime: 0)
        }
        _ = try groups.group(pattern)
        var keys: Set<PackageKey> = []
        for repository in domain.repositories.values {
            let rows = repository.packages(PackageFilter(), from: nil, limit: .max).elements
            keys.formUnion(rows.map(\.key).filter { groups.group(of: $0).pattern == pattern })
        }
        let page = try page(call, of: keys.sorted())
        let rows = page.elements.map { key in
            JSON.object([
                "format": .string(key.format), "namespace": ResponseShapes.namespace(key),
                "package": .string(key.name), "associationType": "STRONG",
            ])
        }
        return .json(200, .object(["packages": .array(rows), "nextToken": tokenMember(page.token)]))
    }

    private func getAssociatedPackageGroup(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let domain = try domain(call)
        let group = domain.groups.group(of: try call.parameters.package(ofAnyFormat: true))
        return .json(
            200,
            .object(["packageGroup": ResponseShapes.packageGroup(group, in: domain), "associationType": "STRONG"])
        )
    }

    private func pattern(_ call: APICall) throws(ServiceFailure) -> PackageGroupPattern {
        try PackageGroupPattern(call.parameters.required("package-group", .packageGroup))
    }

    private func answer(_ pattern: PackageGroupPattern, in domain: DomainState) throws(ServiceFailure) -> ServerAnswer {
        let group = try domain.groups.group(pattern)
        return .json(200, .object(["packageGroup": ResponseShapes.packageGroup(group, in: domain)]))
    }
}
