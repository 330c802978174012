/// The calls that bring a domain to a recorded configuration, in an order that works, and the differences that they
/// leave.
///
/// A plan is a value that depends only on the two configurations, so after an interruption the same plan results, minus
/// what has been done. Calls create what is absent or still has its initial value (no policy, no tag, no upstreams, an
/// inheriting restriction). They change a different value only if `overwrites` is set. Repositories and package groups
/// that the record lacks are kept.
package struct ConfigurationPlan: Hashable, Sendable {
    package struct Options: Hashable, Sendable {
        /// Whether to change existing values that differ.
        package var overwrites = false
        /// The key for a new domain, instead of the recorded one.
        package var encryptionKey: String?
        /// The domain's region.
        package var region: String

        package init(region: String) { self.region = region }
    }

    /// In order of execution.
    package private(set) var calls: [ConfigurationCall] = []
    /// Differences that remain: `from` is the existing value, `to` the recorded one.
    package private(set) var kept: [ConfigurationChange] = []
    /// Parts that the record doesn't know, so they are not restored.
    package private(set) var unrecorded: [String]
    /// Parts of the domain that could not be read, so they are not changed.
    package private(set) var uncompared: [String] = []
    package private(set) var notes: [String] = []

    private typealias Restriction = DomainConfiguration.PackageGroup.Restriction

    private let recorded: DomainConfiguration
    private let target: ConfigurationReading.Found
    private let options: Options

    /// - Parameters:
    ///   - recorded: the desired configuration, already mapped to the target.
    ///   - target: the existing configuration; nil if the domain must be created.
    package init(of recorded: DomainConfiguration, in target: ConfigurationReading.Found?, options: Options) {
        self.recorded = recorded
        self.options = options
        self.target = target ?? Self.empty(recorded.identity)
        unrecorded = recorded.unknownParts
        if target == nil { planDomain() } else { noteKey() }
        planGroups()
        planRepositories()
        planConnections()
        planRestrictions()
        planTags(isNew: target == nil)
        planPolicies()
        kept = changes(isNew: target == nil)
        uncompared = target?.configuration.unknownParts.filter { concerns($0) } ?? []
    }

    /// A newly created domain: the root package group allows everything.
    private static func empty(_ identity: DomainIdentity) -> ConfigurationReading.Found {
        let root = DomainConfiguration.PackageGroup(
            pattern: DomainConfiguration.PackageGroup.root,
            contactInfo: nil,
            description: nil,
            restrictions: ["EXTERNAL_UPSTREAM", "INTERNAL_UPSTREAM", "PUBLISH"].map {
                Restriction(type: $0, mode: "ALLOW")
            },
            tags: .unknown
        )
        return ConfigurationReading.Found(
            configuration: DomainConfiguration(
                identity: identity,
                encryptionKey: .unknown,
                policy: .known(nil),
                tags: .unknown,
                repositories: [],
                packageGroups: .known([root])
            ),
            refusals: []
        )
    }

    private var present: DomainConfiguration { target.configuration }

    private var groups: [DomainConfiguration.PackageGroup] {
        guard case .known(let groups) = recorded.packageGroups, present.packageGroups.isKnown else { return [] }
        return groups.sorted { $0.depth < $1.depth }
    }

    private func presentGroup(_ pattern: String) -> DomainConfiguration.PackageGroup? {
        guard case .known(let groups) = present.packageGroups else { return nil }
        return groups.first { ExactText($0.pattern) == ExactText(pattern) }
    }

    private func presentRepository(_ name: String) -> DomainConfiguration.Repository? {
        present.repositories.first { ExactText($0.name) == ExactText(name) }
    }

    // MARK: The domain and its groups

    private mutating func planDomain() {
        var (key, tags): (String?, [ResourceTag]) = (options.encryptionKey, [])
        if key == nil { key = recordedKey() }
        if case .known(let known) = recorded.tags { tags = known }
        calls.append(.createDomain(encryptionKey: key, tags: tags))
    }

    /// The recorded key if it can encrypt a domain of this account and region.
    private mutating func recordedKey() -> String? {
        guard case .known(let key?) = recorded.encryptionKey else { return nil }
        if isUsable(key) { return key }
        notes.append(
            "the recorded encryption key \(key) is of another account or region: the domain is made with the account's own "
                + "key for CodeArtifact, unless --encryption-key names one"
        )
        return nil
    }

    private mutating func noteKey() {
        guard case .known(let there?) = present.encryptionKey, case .known(let key?) = recorded.encryptionKey,
            there != key, isUsable(key)
        else { return }
        notes.append(
            "the domain has the encryption key \(there), not \(key); a domain keeps the key that it was made with"
        )
    }

    private func isUsable(_ key: String) -> Bool {
        let parts = key.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        return parts.count == 6 && parts[3] == options.region && parts[4] == recorded.identity.owner
    }

    private mutating func planGroups() {
        for group in groups {
            guard let there = presentGroup(group.pattern) else {
                var tags: [ResourceTag] = []
                if case .known(let known) = group.tags { tags = known }
                calls.append(
                    .createGroup(
                        pattern: group.pattern,
                        contactInfo: group.contactInfo.nonEmpty,
                        description: group.description.nonEmpty,
                        tags: tags
                    )
                )
                continue
            }
            let contact = changed(there.contactInfo, group.contactInfo)
            let description = changed(there.description, group.description)
            guard contact != nil || description != nil else { continue }
            calls.append(.updateGroup(pattern: group.pattern, contactInfo: contact, description: description))
        }
    }

    /// The new value of a text; nil to leave it unchanged.
    private func changed(_ there: String?, _ recorded: String?) -> String? {
        let (there, recorded) = (there ?? "", recorded ?? "")
        guard ExactText(there) != ExactText(recorded), options.overwrites || there.isEmpty else { return nil }
        return recorded
    }

    private mutating func planRestrictions() {
        for group in groups {
            let there = presentGroup(group.pattern)
            let usual = group.isRoot ? "ALLOW" : "INHERIT"
            var modes: [String: String] = [:]
            var adding: [ConfigurationCall.AllowedRepository] = []
            var removing: [ConfigurationCall.AllowedRepository] = []
            for restriction in group.restrictions {
                guard case .known(let names) = restriction.repositories else { continue }
                let now =
                    there?.restrictions.first { $0.type == restriction.type } ?? Restriction(type: "", mode: usual)
                guard options.overwrites || now.mode == usual, case .known(let old) = now.repositories else { continue }
                if now.mode != restriction.mode { modes[restriction.type] = restriction.mode }
                let isListed = restriction.mode == Restriction.byRepository
                let wasListed = now.mode == Restriction.byRepository
                adding += names.filter { isListed && !(wasListed && old.contains($0)) }
                    .map { ConfigurationCall.AllowedRepository($0, for: restriction.type) }
                removing += old.filter { isListed && wasListed && !names.contains($0) }
                    .map { ConfigurationCall.AllowedRepository($0, for: restriction.type) }
            }
            guard !modes.isEmpty || !adding.isEmpty || !removing.isEmpty else { continue }
            calls.append(.restrict(group: group.pattern, modes: modes, adding: adding, removing: removing))
        }
    }

    // MARK: Repositories

    /// Creates absent repositories, each after its upstreams; in a cycle of upstreams, these are set afterwards.
    private mutating func planRepositories() {
        var waiting = recorded.repositories.filter { presentRepository($0.name) == nil }
        var there = Set(present.repositories.map { ExactText($0.name) })
        var later: [DomainConfiguration.Repository] = []
        while !waiting.isEmpty {
            let next = waiting.firstIndex { $0.upstreams.allSatisfy { there.contains(ExactText($0)) } } ?? 0
            let repository = waiting.remove(at: next)
            // All upstreams or none: with only some, the repository would look as if it had been changed.
            let hasAll = repository.upstreams.allSatisfy { there.contains(ExactText($0)) }
            if !hasAll { later.append(repository) }
            there.insert(ExactText(repository.name))
            var tags: [ResourceTag] = []
            if case .known(let known) = repository.tags { tags = known }
            calls.append(
                .createRepository(
                    name: repository.name,
                    description: repository.known?.description.nonEmpty,
                    upstreams: hasAll ? repository.upstreams : [],
                    tags: tags
                )
            )
        }
        for repository in later {
            calls.append(.updateRepository(name: repository.name, description: nil, upstreams: repository.upstreams))
        }
    }

    /// Updates description, upstreams and external connections of existing repositories, and the connections of new
    /// ones. A repository has either upstreams or a connection, so the old kind is removed before the new one is added.
    private mutating func planConnections() {
        for repository in recorded.repositories {
            guard let recorded = repository.known else { continue }
            guard let present = presentRepository(repository.name) else {
                calls += recorded.externalConnections.map { .connect(repository: repository.name, to: $0) }
                continue
            }
            guard let now = present.known else { continue }
            let isEmpty = now.upstreams.isEmpty && now.externalConnections.isEmpty
            let description = changed(now.description, recorded.description)
            let changesUpstreams = now.upstreams != recorded.upstreams && (options.overwrites || isEmpty)
            if options.overwrites {
                calls += now.externalConnections.filter { !recorded.externalConnections.contains($0) }
                    .map { .disconnect(repository: repository.name, from: $0) }
            }
            if description != nil || changesUpstreams {
                calls.append(
                    .updateRepository(
                        name: repository.name,
                        description: description,
                        upstreams: changesUpstreams ? recorded.upstreams : nil
                    )
                )
            }
            guard options.overwrites || isEmpty else { continue }
            calls += recorded.externalConnections.filter { !now.externalConnections.contains($0) }
                .map { .connect(repository: repository.name, to: $0) }
        }
    }

    // MARK: Tags and policies

    private mutating func planTags(isNew: Bool) {
        if !isNew { planTags(of: "the domain", present.tags, recorded.tags) }
        for group in groups {
            guard let there = presentGroup(group.pattern) else { continue }
            planTags(of: "package group \(group.pattern)", there.tags, group.tags)
        }
        for repository in recorded.repositories {
            guard let there = presentRepository(repository.name) else { continue }
            planTags(of: "repository \(repository.name)", there.tags, repository.tags)
        }
    }

    private mutating func planTags(
        of place: String,
        _ there: DomainConfiguration.Part<[ResourceTag]>,
        _ recorded: DomainConfiguration.Part<[ResourceTag]>
    ) {
        guard case .known(let there) = there, case .known(let recorded) = recorded,
            let resource = target.resources[place]
        else { return }
        let added = recorded.filter { tag in
            options.overwrites ? !there.contains(tag) : !there.contains { ExactText($0.key) == ExactText(tag.key) }
        }
        if !added.isEmpty { calls.append(.tag(resource, place: place, tags: added)) }
        let removed = there.map(\.key).filter { key in
            !key.hasPrefix(ResourceTag.reserved) && !recorded.contains { ExactText($0.key) == ExactText(key) }
        }
        if options.overwrites, !removed.isEmpty { calls.append(.untag(resource, place: place, keys: removed)) }
    }

    /// The domain's policy comes last, because it may lock out a caller from another account.
    private mutating func planPolicies() {
        for repository in recorded.repositories {
            let there = presentRepository(repository.name).map(\.policy) ?? .known(nil)
            guard let policy = changed(there, repository.policy) else { continue }
            if let policy {
                calls.append(.putRepositoryPolicy(repository: repository.name, document: policy))
            } else {
                calls.append(.deleteRepositoryPolicy(repository: repository.name))
            }
        }
        guard let policy = changed(present.policy, recorded.policy) else { return }
        if let policy { calls.append(.putDomainPolicy(document: policy)) } else { calls.append(.deleteDomainPolicy) }
    }

    /// The new policy, with nil inside for none; nil to leave the policy unchanged.
    private func changed(
        _ there: DomainConfiguration.Part<String?>,
        _ recorded: DomainConfiguration.Part<String?>
    ) -> String?? {
        guard case .known(let there) = there, case .known(let recorded) = recorded,
            there.map(ExactText.init) != recorded.map(ExactText.init), options.overwrites || there == nil
        else { return nil }
        return .some(recorded)
    }

    // MARK: Remaining differences

    /// Differences in existing resources that no call resolves.
    private func changes(isNew: Bool) -> [ConfigurationChange] {
        guard !isNew else { return [] }
        return recorded.changes(since: present).filter { change in
            guard change.part != ConfigurationChange.existence, change.part != "encryption key",
                (change.from ?? "") != (change.to ?? "")
            else {
                return false
            }
            return !calls.contains { $0.place == change.place && $0.changes(change.part) }
        }
    }

    /// Whether an unreadable part belongs to something recorded, so that it would have been compared.
    private func concerns(_ part: String) -> Bool {
        guard !unrecorded.contains(part) else { return false }
        // A domain keeps the key that it was created with.
        return part.hasPrefix("the domain's") && part != "the domain's encryption key"
            || recorded.repositories.contains { part.hasSuffix(" of repository \($0.name)") }
            || groups.contains { part.hasSuffix(" of package group \($0.pattern)") }
    }
}

extension DomainConfiguration.Repository {
    fileprivate var known: Properties? {
        guard case .known(let properties) = properties else { return nil }
        return properties
    }

    fileprivate var upstreams: [String] { known?.upstreams ?? [] }
}

extension DomainConfiguration.PackageGroup {
    /// The pattern of the root group, which contains all others and exists in every domain.
    static let root = "/*"

    fileprivate var isRoot: Bool { pattern == Self.root }

    /// Orders groups from the outermost inwards: lower values are further out.
    fileprivate var depth: Int { pattern.utf8.count { $0 == UInt8(ascii: "/") } * 1_000 + pattern.utf8.count }
}

extension String? {
    fileprivate var nonEmpty: String? { self?.isEmpty ?? true ? nil : self }
}
