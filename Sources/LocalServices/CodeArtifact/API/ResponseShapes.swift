import ReconcileCore

/// The service's JSON structures, with the member names of its model.
///
/// The model has several names for one thing: a package is `package` in listings, `packageName` in a version, and
/// `name` in its own structure.
enum ResponseShapes {
    static func origin(_ origin: EntryPoint?) -> JSON? {
        guard let origin else { return nil }
        let entry: JSON? =
            switch origin.origin {
            case .internal: .object(["repositoryName": .string(origin.name)])
            case .external: .object(["externalConnectionName": .string(origin.name)])
            case .unknown: nil
            }
        return .object(["domainEntryPoint": entry, "originType": .string(origin.origin.rawValue)])
    }

    static func controls(_ controls: OriginControls) -> JSON {
        .object([
            "restrictions": .object([
                "publish": .string(controls.publish.rawValue),
                "upstream": .string(controls.upstream.rawValue),
            ])
        ])
    }

    /// The namespace of a package; absent if the format has none.
    static func namespace(_ key: PackageKey) -> JSON? {
        key.namespace.isEmpty ? nil : .string(key.namespace)
    }

    static func packageRow(_ row: PackageRow) -> JSON {
        .object([
            "format": .string(row.key.format),
            "namespace": namespace(row.key),
            "package": .string(row.key.name),
            "originConfiguration": controls(row.controls),
        ])
    }

    static func package(_ key: PackageKey, _ state: OriginControls) -> JSON {
        .object([
            "format": .string(key.format),
            "namespace": namespace(key),
            "name": .string(key.name),
            "originConfiguration": controls(state),
        ])
    }

    static func versionRow(_ row: VersionRow) -> JSON {
        .object([
            "version": .string(row.version),
            "revision": .string(row.revision),
            "status": .string(row.status.rawValue),
            "origin": origin(row.origin),
        ])
    }

    static func version(_ name: String, of key: PackageKey, _ state: VersionState) -> JSON {
        .object([
            "format": .string(key.format),
            "namespace": namespace(key),
            "packageName": .string(key.name),
            "displayName": .null,
            "version": .string(name),
            "publishedTime": state.publishedTime.map { .number($0) },
            "revision": .string(state.revision),
            "status": .string(state.status.rawValue),
            "origin": origin(state.origin),
        ])
    }

    static func asset(_ name: String, _ facts: AssetFacts, wrongHash: Bool) -> JSON {
        var checksums = facts.checksums
        if wrongHash { checksums.sha256 = checksums.sha256.map { String($0.reversed()) } }
        let hashes = ChecksumAlgorithm.allCases.compactMap { algorithm in
            checksums[algorithm].map { (name: algorithm.serviceName, value: JSON.string($0)) }
        }
        return .object([
            "name": .string(name),
            "size": .integer(facts.size),
            "hashes": .object(hashes),
        ])
    }

    static func repositorySummary(_ repository: RepositoryState, in domain: DomainState) -> JSON {
        .object(repositoryMembers(repository, in: domain))
    }

    static func repository(_ repository: RepositoryState, in domain: DomainState) -> JSON {
        let upstreams = repository.upstreams.map { JSON.object(["repositoryName": .string($0)]) }
        return .object(
            repositoryMembers(repository, in: domain) + [
                ("upstreams", .array(upstreams)),
                ("externalConnections", .array(repository.externalConnection.map { [connection($0)] } ?? [])),
            ]
        )
    }

    private static func repositoryMembers(
        _ repository: RepositoryState,
        in domain: DomainState
    ) -> [(name: String, value: JSON)] {
        [
            ("name", .string(repository.name)),
            ("administratorAccount", .string(domain.owner)),
            ("domainName", .string(domain.name)),
            ("domainOwner", .string(domain.owner)),
            ("arn", .string(arn(of: repository, in: domain))),
            ("description", repository.description.map { .string($0) } ?? .null),
            ("createdTime", .number(repository.createdTime)),
        ]
    }

    private static func connection(_ name: String) -> JSON {
        .object([
            "externalConnectionName": .string(name),
            "packageFormat": ExternalConnections.formats[name].map { .string($0) },
            "status": "Available",
        ])
    }

    static func domainSummary(_ domain: DomainState) -> JSON {
        .object(domainMembers(domain))
    }

    static func domain(_ domain: DomainState, isDeleted: Bool = false) -> JSON {
        .object(
            domainMembers(domain, isDeleted: isDeleted) + [
                ("repositoryCount", .integer(Int64(domain.repositories.count))),
                ("assetSizeBytes", .integer(0)),
                ("s3BucketArn", .string("arn:aws:s3:::assets-\(domain.owner)-\(domain.region)")),
            ]
        )
    }

    private static func domainMembers(_ domain: DomainState, isDeleted: Bool = false) -> [(name: String, value: JSON)] {
        [
            ("name", .string(domain.name)),
            ("owner", .string(domain.owner)),
            ("arn", .string(arn(of: domain))),
            ("status", isDeleted ? "Deleted" : "Active"),
            ("createdTime", .number(domain.createdTime)),
            ("encryptionKey", .string(domain.encryptionKey)),
        ]
    }
}
