/// What a permissions policy grants and denies, taken apart so that two policies can be compared: one grant for each
/// principal, action and resource of each statement.
///
/// It is for pointing a person at what changed, not for deciding on access: a condition counts by its spelling.
package struct PolicyGrants: Hashable, Sendable {
    /// One line of what a statement says.
    package struct Grant: Hashable, Sendable, Comparable, CustomStringConvertible {
        let effect: String
        /// With the member's name where it is a `NotPrincipal`, `NotAction` or `NotResource`.
        let principal: String
        let action: String
        let resource: String
        /// As canonical JSON; empty for none.
        let condition: String

        package var description: String {
            "\(effect) \(action) on \(resource) to \(principal)" + (condition.isEmpty ? "" : " if \(condition)")
        }

        package static func < (left: Self, right: Self) -> Bool { left.description < right.description }

        /// Whether this one says all that another says.
        func covers(_ other: Grant) -> Bool {
            effect == other.effect && (condition.isEmpty || condition == other.condition)
                && Glob.matches(principal, other.principal)
                // Actions have no case.
                && Glob.matches(action.lowercased(), other.action.lowercased())
                && Glob.matches(resource, other.resource)
        }
    }

    private let grants: Set<Grant>

    /// Reads a policy; nil for what is no policy document. No policy grants nothing.
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

    /// What these say and others do not cover, in order.
    package func beyond(_ others: PolicyGrants) -> [Grant] {
        grants.filter { grant in !others.grants.contains { $0.covers(grant) } }.sorted()
    }

    /// Whether these may let in more than others did: something more is allowed, or less is denied.
    package func areWider(than others: PolicyGrants) -> Bool {
        beyond(others).contains { $0.effect == "Allow" } || others.beyond(self).contains { $0.effect == "Deny" }
    }
}

/// The patterns of policies: `*` for any run of characters, `?` for one.
private enum Glob {
    /// Whether a pattern matches everything that another pattern matches, as far as that can be seen.
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
    /// Every text in it; in a principal, a kind other than `AWS` stands before its names.
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
