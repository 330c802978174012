/// One difference between two configurations of a domain: what changed, from what, to what.
package struct ConfigurationChange: Hashable, Sendable, Codable {
    /// What changed: `the domain`, `repository releases`, `package group /maven/*`.
    package let place: String
    /// The changed part, such as `permissions policy`; `existence` if the place itself appeared or disappeared.
    package let part: String
    /// The earlier value; absent if there was none.
    package let from: String?
    /// The later value; absent if there is none.
    package let to: String?
    /// Whether more packages may come in, or more people have access, than before. This is what a security engineer
    /// looks at first.
    package let widens: Bool
    /// The grants and denials that a policy gained and lost; absent for anything else.
    package let added: [String]?
    package let removed: [String]?

    init(
        _ place: String,
        _ part: String,
        from: String?,
        to: String?,
        widens: Bool = false,
        added: [String]? = nil,
        removed: [String]? = nil
    ) {
        (self.place, self.part, self.from, self.to) = (place, part, from, to)
        (self.widens, self.added, self.removed) = (widens, added, removed)
    }

    /// Whether it concerns permissions or what may enter a package; alarms use this.
    package var isOfAccess: Bool { part == Self.policy || part.hasPrefix(Self.restriction) }

    package static let policy = "permissions policy"
    static let restriction = "restriction "
    static let existence = "existence"

    /// The change as a sentence.
    package var sentence: String {
        if part == Self.existence { return from == nil ? "\(place) is new" : "\(place) is gone" }
        let mark = widens ? " (allows more)" : ""
        if part == Self.policy {
            let lines = (added ?? []).map { "now \($0)" } + (removed ?? []).map { "no longer \($0)" }
            let shown = lines.prefix(4).joined(separator: "; ") + (lines.count > 4 ? "; …" : "")
            let verb = from == nil ? "has a \(part) now" : to == nil ? "has no \(part) any more" : "has another \(part)"
            return "\(place) \(verb)\(mark)" + (shown.isEmpty ? "" : ": \(shown)")
        }
        return "\(place): \(part) was \(from ?? "none"), is \(to ?? "none")\(mark)"
    }
}

extension DomainConfiguration {
    /// How this configuration differs from an earlier one, ordered by place. A part that is unknown in either is not a
    /// difference.
    package func changes(since earlier: DomainConfiguration) -> [ConfigurationChange] {
        var changes = Changes(at: "the domain")
        changes.note("encryption key", earlier.encryptionKey, encryptionKey) { $0 }
        changes.note(policy: earlier.policy, policy)
        changes.note("tags", earlier.tags, tags, Self.text)
        let repositories = Pairs(earlier.repositories, self.repositories, by: \.name)
        for (name, was, now) in repositories.all {
            changes.place = "repository \(name)"
            guard changes.noteExistence(was != nil, now != nil), let was, let now else { continue }
            changes.note("description", was.properties, now.properties) { $0.description }
            changes.note("upstreams", was.properties, now.properties) { Self.text($0.upstreams) }
            changes.note("external connections", was.properties, now.properties) { Self.text($0.externalConnections) }
            changes.note(policy: was.policy, now.policy)
            changes.note("tags", was.tags, now.tags, Self.text)
        }
        guard case .known(let old) = earlier.packageGroups, case .known(let new) = packageGroups else {
            return changes.all
        }
        for (pattern, was, now) in Pairs(old, new, by: \.pattern).all {
            changes.place = "package group \(pattern)"
            guard changes.noteExistence(was != nil, now != nil), let was, let now else { continue }
            changes.note("contact", .known(was), .known(now)) { $0.contactInfo }
            changes.note("description", .known(was), .known(now)) { $0.description }
            for (type, was, now) in Pairs(was.restrictions, now.restrictions, by: \.type).all {
                changes.note(restriction: type, was, now)
            }
            changes.note("tags", was.tags, now.tags, Self.text)
        }
        return changes.all
    }

    /// Whether this configuration knows any part that an earlier one doesn't.
    func knowsMore(than earlier: DomainConfiguration) -> Bool {
        !Set(earlier.unknownParts).subtracting(unknownParts).isEmpty
    }

    private static func text(_ names: [String]) -> String? { names.isEmpty ? nil : names.joined(separator: ", ") }

    private static func text(_ tags: [ResourceTag]) -> String? { text(tags.map { "\($0.key)=\($0.value)" }) }
}

/// Pairs the elements of two lists by name, in order of name; an element that a list lacks is nil.
private struct Pairs<Element> {
    let all: [(name: String, was: Element?, now: Element?)]

    init(_ old: [Element], _ new: [Element], by name: (Element) -> String) {
        let was = Dictionary(old.map { (ExactText(name($0)), $0) }) { $1 }
        let now = Dictionary(new.map { (ExactText(name($0)), $0) }) { $1 }
        all = Set(was.keys).union(now.keys).sorted().map { ($0.value, was[$0], now[$0]) }
    }
}

/// Collects the differences, place by place.
private struct Changes {
    var place: String
    private(set) var all: [ConfigurationChange] = []

    init(at place: String) { self.place = place }

    /// - Returns: whether it exists on both sides, so that its parts must be compared.
    mutating func noteExistence(_ was: Bool, _ now: Bool) -> Bool {
        guard was != now else { return true }
        all.append(
            ConfigurationChange(
                place,
                ConfigurationChange.existence,
                from: was ? "there" : nil,
                to: now ? "there" : nil
            )
        )
        return false
    }

    mutating func note<Value>(
        _ part: String,
        _ was: DomainConfiguration.Part<Value>,
        _ now: DomainConfiguration.Part<Value>,
        _ text: (Value) -> String?
    ) {
        guard case .known(let was) = was, case .known(let now) = now else { return }
        let (from, to) = (text(was), text(now))
        guard from.map(ExactText.init) != to.map(ExactText.init) else { return }
        all.append(ConfigurationChange(place, part, from: from, to: to))
    }

    mutating func note(policy was: DomainConfiguration.Part<String?>, _ now: DomainConfiguration.Part<String?>) {
        guard case .known(let was) = was, case .known(let now) = now,
            was.map(ExactText.init) != now.map(ExactText.init)
        else { return }
        // For an unreadable policy, assume the worst.
        guard let old = PolicyGrants(was), let new = PolicyGrants(now) else {
            all.append(
                ConfigurationChange(place, ConfigurationChange.policy, from: was, to: now, widens: true)
            )
            return
        }
        all.append(
            ConfigurationChange(
                place,
                ConfigurationChange.policy,
                from: was,
                to: now,
                widens: new.areWider(than: old),
                added: new.beyond(old).map(\.description),
                removed: old.beyond(new).map(\.description)
            )
        )
    }

    mutating func note(
        restriction type: String,
        _ was: DomainConfiguration.PackageGroup.Restriction?,
        _ now: DomainConfiguration.PackageGroup.Restriction?
    ) {
        let part = ConfigurationChange.restriction + type
        guard was?.mode == now?.mode else {
            let widens = was?.mode == "BLOCK" || now?.mode == "ALLOW"
            all.append(ConfigurationChange(place, part, from: was?.mode, to: now?.mode, widens: widens))
            return
        }
        guard case .known(let old)? = was?.repositories, case .known(let new)? = now?.repositories, old != new else {
            return
        }
        all.append(
            ConfigurationChange(
                place,
                part,
                from: old.joined(separator: ", "),
                to: new.joined(separator: ", "),
                widens: !Set(new).subtracting(old).isEmpty
            )
        )
    }
}
