/// The ways in which versions can enter a repository, each restricted separately.
enum OriginRestriction: String, CaseIterable, Sendable, Decodable {
    case publish = "PUBLISH"
    case externalUpstream = "EXTERNAL_UPSTREAM"
    case internalUpstream = "INTERNAL_UPSTREAM"
}

/// The repositories that a restriction allows versions to enter.
enum RestrictionMode: String, Sendable, Decodable {
    case allow = "ALLOW"
    case allowSpecificRepositories = "ALLOW_SPECIFIC_REPOSITORIES"
    case block = "BLOCK"
    /// Uses the mode of the parent group.
    case inherit = "INHERIT"
}

/// A package group of a domain.
struct PackageGroup: Sendable {
    let pattern: PackageGroupPattern
    let createdTime: Double
    var contactInfo: String?
    var description: String?
    var tags = Tags()
    var modes: [OriginRestriction: RestrictionMode]
    /// The repositories for each mode that is `allowSpecificRepositories`.
    var allowed: [OriginRestriction: Set<String>] = [:]
}

/// A change of a group's origin restrictions.
struct RestrictionChange: Sendable {
    var modes: [OriginRestriction: RestrictionMode] = [:]
    var added: [(restriction: OriginRestriction, repository: String)] = []
    var removed: [(restriction: OriginRestriction, repository: String)] = []
}

/// The package groups of a domain, including the root group.
struct PackageGroups: Sendable {
    private(set) var byPattern: [String: PackageGroup]

    init(createdTime: Double) {
        let modes = Dictionary(uniqueKeysWithValues: OriginRestriction.allCases.map { ($0, RestrictionMode.allow) })
        byPattern = [
            PackageGroupPattern.root.text: PackageGroup(pattern: .root, createdTime: createdTime, modes: modes)
        ]
    }

    /// All groups, sorted by pattern.
    var sorted: [PackageGroup] { byPattern.values.sorted { $0.pattern.text < $1.pattern.text } }

    func group(_ pattern: PackageGroupPattern) throws(ServiceFailure) -> PackageGroup {
        guard let group = byPattern[pattern.text] else { throw .missingGroup(pattern.text) }
        return group
    }

    /// Adds a group that inherits all its modes.
    mutating func add(_ pattern: PackageGroupPattern, createdTime: Double) throws(ServiceFailure) {
        guard byPattern[pattern.text] == nil else {
            throw ServiceFailure(
                code: "ConflictException",
                status: 409,
                message: "the package group \(pattern.text) exists"
            )
        }
        let modes = Dictionary(uniqueKeysWithValues: OriginRestriction.allCases.map { ($0, RestrictionMode.inherit) })
        byPattern[pattern.text] = PackageGroup(pattern: pattern, createdTime: createdTime, modes: modes)
    }

    /// Changes a group's properties; its pattern cannot change.
    mutating func change<Value>(
        _ pattern: PackageGroupPattern,
        _ body: (inout PackageGroup) throws(ServiceFailure) -> Value
    ) throws(ServiceFailure) -> Value {
        var group = try group(pattern)
        let value = try body(&group)
        byPattern[pattern.text] = group
        return value
    }

    /// Deletes a group; its children become those of its parent.
    mutating func remove(_ pattern: PackageGroupPattern) throws(ServiceFailure) -> PackageGroup {
        guard pattern != .root else { throw .invalid("the root package group /* cannot be deleted") }
        let group = try group(pattern)
        byPattern[pattern.text] = nil
        return group
    }

    /// The most specific group that contains a pattern; nil for the root.
    func parent(of pattern: PackageGroupPattern) -> PackageGroup? {
        byPattern.values.filter { $0.pattern != pattern && $0.pattern.contains(pattern) }
            .max { $0.pattern.specificity < $1.pattern.specificity }
    }

    /// The child groups of a group, sorted by pattern.
    func children(of pattern: PackageGroupPattern) -> [PackageGroup] {
        sorted.filter { parent(of: $0.pattern)?.pattern == pattern }
    }

    /// The most specific group that matches a package; its restrictions apply.
    func group(of key: PackageKey) -> PackageGroup {
        let groups = byPattern.values.filter { $0.pattern.matches(key) }
        return groups.max { $0.pattern.specificity < $1.pattern.specificity }
            ?? PackageGroup(pattern: .root, createdTime: 0, modes: [:])
    }

    /// The group from which a group takes a restriction: itself, unless it inherits.
    func source(of restriction: OriginRestriction, for group: PackageGroup) -> PackageGroup {
        var source = group
        while source.modes[restriction] == .inherit, let parent = parent(of: source.pattern) { source = parent }
        return source
    }

    /// Whether the groups allow versions of a package to enter a repository in this way.
    func admit(_ key: PackageKey, into repository: String, by restriction: OriginRestriction) -> Bool {
        let source = source(of: restriction, for: group(of: key))
        switch source.modes[restriction] {
        case .block: return false
        case .allowSpecificRepositories: return source.allowed[restriction]?.contains(repository) == true
        case .allow, .inherit, nil: return true
        }
    }

    /// Applies a change; returns the repositories that it added and removed.
    mutating func apply(
        _ change: RestrictionChange,
        to pattern: PackageGroupPattern
    ) throws(ServiceFailure) -> (added: [OriginRestriction: [String]], removed: [OriginRestriction: [String]]) {
        if pattern == .root, change.modes.values.contains(.inherit) {
            throw .invalid("the root package group /* has nothing to inherit")
        }
        return try self.change(pattern) { (group) throws(ServiceFailure) in
            var added: [OriginRestriction: [String]] = [:]
            var removed: [OriginRestriction: [String]] = [:]
            for (restriction, mode) in change.modes {
                group.modes[restriction] = mode
                if mode != .allowSpecificRepositories { group.allowed[restriction] = nil }
            }
            for (restriction, repository) in change.removed
            where group.allowed[restriction]?.remove(repository) != nil {
                removed[restriction, default: []].append(repository)
            }
            for (restriction, repository) in change.added {
                guard group.modes[restriction] == .allowSpecificRepositories else {
                    throw .invalid(
                        "repositories can be added to \(restriction.rawValue) only where its mode is "
                            + "ALLOW_SPECIFIC_REPOSITORIES"
                    )
                }
                guard group.allowed[restriction, default: []].insert(repository).inserted else { continue }
                added[restriction, default: []].append(repository)
            }
            return (added, removed)
        }
    }
}

extension ServiceFailure {
    /// The service's 404 for a group; the service's model has no resource type for groups.
    static func missingGroup(_ pattern: String) -> ServiceFailure {
        ServiceFailure(
            code: "ResourceNotFoundException",
            status: 404,
            message: "package group not found: \(pattern)",
            resourceID: pattern
        )
    }
}
