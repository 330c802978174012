/// The grants and denials of a permissions policy, in a form that can be compared: one for each combination of
/// principal, action and resource of each statement.
///
/// Use it to show a person what changed, not to decide on access: conditions are compared only as text.
package struct PolicyGrants: Hashable, Sendable {
    /// One grant or denial of a statement.
    package struct Grant: Hashable, Sendable, Comparable, CustomStringConvertible {
        let effect: String
        /// Prefixed with the member's name if it is a `NotPrincipal`, `NotAction` or `NotResource`.
        let principal: String
        let action: String
        let resource: String
        /// As canonical JSON; empty if there is none.
        let condition: String

        package var description: String {
            "\(effect) \(action) on \(resource) to \(principal)" + (condition.isEmpty ? "" : " if \(condition)")
        }

        package static func < (left: Self, right: Self) -> Bool { left.description < right.description }

        /// Whether this grant includes everything in another one.
        func covers(_ other: Grant) -> Bool {
            effect == other.effect && (condition.isEmpty || condition == other.condition)
                && Glob.matches(principal, other.principal)
                // Action names are case-insensitive.
                && Glob.matches(action.lowercased(), other.action.lowercased())
                && Glob.matches(resource, other.resource)
        }
    }

    private let grants: Set<Grant>

    /// Parses a policy; nil if it is not a policy document. A missing policy grants nothing.
    package init?(_ document: String?) {
        guard let document else {
            grants = []
            return
        }
        guard let policy = try? JSONTree(parsing: document.utf8), case .object(let members) = policy,
            let statements = members["Statement"]
        else { return nil }
        var grants: Set<Grant> = []
        for statement in statements.elements {
            guard case .object(let members) = statement else { return nil }
            grants.formUnion(Self.grants(of: members))
        }
        self.grants = grants
    }

    private static func grants(of members: [String: JSONTree]) -> [Grant] {
        func values(_ name: String) -> [String] {
            if let value = members[name] { return value.leaves }
            return members["Not\(name)"].map { ["Not\(name) \($0.leaves.sorted().joined(separator: ","))"] } ?? ["*"]
        }
        let effect = members["Effect"]?.leaves.first ?? "Allow"
        let condition = members["Condition"].map(\.text) ?? ""
        return values("Principal").flatMap { principal in
            values("Action").flatMap { action in
                values("Resource").map { resource in
                    Grant(
                        effect: effect,
                        principal: principal,
                        action: action,
                        resource: resource,
                        condition: condition
                    )
                }
            }
        }
    }

    /// The grants and denials here that the others don't cover, sorted.
    package func beyond(_ others: PolicyGrants) -> [Grant] {
        grants.filter { grant in !others.grants.contains { $0.covers(grant) } }.sorted()
    }

    /// Whether these may give more access than the others: something more is allowed, or less is denied.
    package func areWider(than others: PolicyGrants) -> Bool {
        beyond(others).contains { $0.effect == "Allow" } || others.beyond(self).contains { $0.effect == "Deny" }
    }
}

/// The patterns of policies: `*` matches any run of characters, `?` any single one.
private enum Glob {
    /// Whether a pattern matches everything that another pattern matches, as far as can be seen.
    static func matches(_ pattern: String, _ text: String) -> Bool {
        let (pattern, text) = (Array(pattern.utf8), Array(text.utf8))
        var (at, position, star, resumed) = (0, 0, -1, 0)
        while position < text.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                (star, resumed) = (at, position)
                at += 1
            } else if at < pattern.count, pattern[at] == text[position] || isOne(pattern[at], text[position]) {
                at += 1
                position += 1
            } else if star >= 0 {
                resumed += 1
                (at, position) = (star + 1, resumed)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func isOne(_ pattern: UInt8, _ text: UInt8) -> Bool {
        pattern == UInt8(ascii: "?") && text != UInt8(ascii: "*")
    }
}

extension JSONTree {
    /// Every text in the tree; in a principal, the name is prefixed with its type unless that is `AWS`.
    fileprivate var leaves: [String] {
        switch self {
        case .text(let text): [text]
        case .number(let number): ["\(number)"]
        case .flag(let flag): ["\(flag)"]
        case .null: []
        case .array(let elements): elements.flatMap(\.leaves)
        case .object(let members):
            members.sorted { $0.key < $1.key }.flatMap { name, value in
                name == "AWS" ? value.leaves : value.leaves.map { "\(name):\($0)" }
            }
        }
    }
}
