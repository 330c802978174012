import Cryptography
import ReconcileCore

/// The service's JSON structures for package groups, the outcomes of changes, and ARNs.
extension ResponseShapes {
    static func arn(of domain: DomainState) -> String {
        "arn:aws:codeartifact:\(domain.region):\(domain.owner):domain/\(domain.name)"
    }

    static func arn(of repository: RepositoryState, in domain: DomainState) -> String {
        "arn:aws:codeartifact:\(domain.region):\(domain.owner):repository/\(domain.name)/\(repository.name)"
    }

    /// The pattern is percent-encoded (service authorization reference for AWS CodeArtifact, resource types).
    static func arn(of group: PackageGroup, in domain: DomainState) -> String {
        "arn:aws:codeartifact:\(domain.region):\(domain.owner):package-group/\(domain.name)"
            + PercentEncoding.encode(group.pattern.text, keepSlash: true)
    }

    static func packageGroup(_ group: PackageGroup, in domain: DomainState) -> JSON {
        let restrictions = OriginRestriction.allCases.map { restriction in
            (name: restriction.rawValue, value: Self.restriction(restriction, of: group, in: domain))
        }
        return .object([
            "arn": .string(arn(of: group, in: domain)),
            "pattern": .string(group.pattern.text),
            "domainName": .string(domain.name),
            "domainOwner": .string(domain.owner),
            "createdTime": .number(group.createdTime),
            "contactInfo": group.contactInfo.map { .string($0) },
            "description": group.description.map { .string($0) },
            "originConfiguration": .object(["restrictions": .object(restrictions)]),
            "parent": domain.groups.parent(of: group.pattern).map { reference($0, in: domain) },
        ])
    }

    private static func restriction(
        _ restriction: OriginRestriction,
        of group: PackageGroup,
        in domain: DomainState
    ) -> JSON {
        let source = domain.groups.source(of: restriction, for: group)
        return .object([
            "mode": .string((group.modes[restriction] ?? .inherit).rawValue),
            "effectiveMode": .string((source.modes[restriction] ?? .allow).rawValue),
            "inheritedFrom": source.pattern == group.pattern ? nil : reference(source, in: domain),
            "repositoriesCount": .integer(Int64(group.allowed[restriction]?.count ?? 0)),
        ])
    }

    private static func reference(_ group: PackageGroup, in domain: DomainState) -> JSON {
        .object(["arn": .string(arn(of: group, in: domain)), "pattern": .string(group.pattern.text)])
    }

    /// The versions that a call changed and those that it could not change, keyed by version.
    static func outcome(_ outcome: VersionsOutcome) -> JSON {
        let changed = outcome.changed.sorted { $0.key < $1.key }.map { version, done in
            (
                name: version,
                value: JSON.object(["revision": .string(done.revision), "status": .string(done.status.rawValue)])
            )
        }
        let failed = outcome.failed.sorted { $0.key < $1.key }.map { version, failure in
            (
                name: version,
                value: JSON.object(["errorCode": .string(failure.code), "errorMessage": .string(failure.message)])
            )
        }
        return .object(["successfulVersions": .object(changed), "failedVersions": .object(failed)])
    }
}
