/// A domain's configuration at one time: everything needed to recreate the domain, except its packages.
///
/// It contains neither ARNs of what it describes nor a time, so equal configurations always have equal bytes.
package struct DomainConfiguration: Hashable, Sendable {
    /// A part as it was read, or the fact that it could not be read, which never means that it doesn't exist.
    package enum Part<Value: Hashable & Sendable>: Hashable, Sendable {
        case known(Value)
        case unknown

        package var isKnown: Bool { self != .unknown }
    }

    package struct Repository: Hashable, Sendable {
        package struct Properties: Hashable, Sendable {
            package let description: String?
            /// In the order in which the service searches them.
            package let upstreams: [String]
            package let externalConnections: [String]

            package init(description: String?, upstreams: [String], externalConnections: [String]) {
                self.description = description
                self.upstreams = upstreams
                self.externalConnections = externalConnections.sorted { ExactText($0) < ExactText($1) }
            }
        }

        package let name: String
        package var properties: Part<Properties>
        package var policy: Part<String?>
        package var tags: Part<[ResourceTag]>

        package init(
            name: String,
            properties: Part<Properties>,
            policy: Part<String?>,
            tags: Part<[ResourceTag]>
        ) {
            (self.name, self.properties, self.policy) = (name, properties, policy)
            self.tags = tags.inOrder
        }
    }

    package struct PackageGroup: Hashable, Sendable {
        /// What may enter the packages of a group in one way, such as `PUBLISH`.
        package struct Restriction: Hashable, Sendable {
            package let type: String
            /// As the service spells it, such as `BLOCK`.
            package let mode: String
            /// The allowed repositories, for the mode that has a list; empty for any other mode.
            package var repositories: Part<[String]>

            /// The mode that allows a list of repositories.
            package static let byRepository = "ALLOW_SPECIFIC_REPOSITORIES"

            package init(type: String, mode: String, repositories: Part<[String]> = .known([])) {
                (self.type, self.mode) = (type, mode)
                if case .known(let names) = repositories {
                    self.repositories = .known(names.sorted { ExactText($0) < ExactText($1) })
                } else {
                    self.repositories = .unknown
                }
            }
        }

        package let pattern: String
        package let contactInfo: String?
        package let description: String?
        /// Sorted by type.
        package let restrictions: [Restriction]
        package var tags: Part<[ResourceTag]>

        package init(
            pattern: String,
            contactInfo: String?,
            description: String?,
            restrictions: [Restriction],
            tags: Part<[ResourceTag]>
        ) {
            (self.pattern, self.contactInfo, self.description) = (pattern, contactInfo, description)
            self.restrictions = restrictions.sorted { ExactText($0.type) < ExactText($1.type) }
            self.tags = tags.inOrder
        }
    }

    package let identity: DomainIdentity
    /// The ARN of the KMS key; nil inside if the service reports none.
    package var encryptionKey: Part<String?>
    package var policy: Part<String?>
    package var tags: Part<[ResourceTag]>
    /// Sorted by name.
    package let repositories: [Repository]
    /// Sorted by pattern.
    package let packageGroups: Part<[PackageGroup]>

    package init(
        identity: DomainIdentity,
        encryptionKey: Part<String?>,
        policy: Part<String?>,
        tags: Part<[ResourceTag]>,
        repositories: [Repository],
        packageGroups: Part<[PackageGroup]>
    ) {
        (self.identity, self.encryptionKey, self.policy) = (identity, encryptionKey, policy)
        self.tags = tags.inOrder
        self.repositories = repositories.sorted { ExactText($0.name) < ExactText($1.name) }
        if case .known(let groups) = packageGroups {
            self.packageGroups = .known(groups.sorted { ExactText($0.pattern) < ExactText($1.pattern) })
        } else {
            self.packageGroups = .unknown
        }
    }

    /// Descriptions of the parts that could not be read; empty if everything was read.
    package var unknownParts: [String] {
        let own = [
            (encryptionKey.isKnown, "encryption key"), (policy.isKnown, "permissions policy"), (tags.isKnown, "tags"),
            (packageGroups.isKnown, "package groups"),
        ]
        var parts = own.filter { !$0.0 }.map { "the domain's \($0.1)" }
        for repository in repositories {
            let own = [
                (repository.properties.isKnown, "description, upstreams and external connections"),
                (repository.policy.isKnown, "permissions policy"), (repository.tags.isKnown, "tags"),
            ]
            parts += own.filter { !$0.0 }.map { "the \($0.1) of repository \(repository.name)" }
        }
        guard case .known(let groups) = packageGroups else { return parts }
        for group in groups {
            if !group.tags.isKnown { parts.append("the tags of package group \(group.pattern)") }
            for restriction in group.restrictions where !restriction.repositories.isKnown {
                parts.append("the repositories allowed for \(restriction.type) of package group \(group.pattern)")
            }
        }
        return parts
    }
}

extension DomainConfiguration.Part<[ResourceTag]> {
    /// Sorted by key.
    fileprivate var inOrder: Self {
        guard case .known(let tags) = self else { return self }
        return .known(tags.sorted { ExactText($0.key) < ExactText($1.key) })
    }
}
