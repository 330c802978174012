/// A pattern for namespace and package, such as `com.acme.*:lib-*`; `*` matches any run of characters, `?` any single
/// one.
package struct PackagePattern: Hashable, Sendable, CustomStringConvertible {
    package let namespace: String
    package let name: String

    /// Parses `namespace:package`; without a colon, the package is `*`. Nil if a side is empty or there is more than
    /// one colon.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        namespace = parts[0]
        name = parts.count == 2 ? parts[1] : "*"
    }

    package func matches(_ package: PackageCoordinates) -> Bool {
        Self.matches(namespace, package.namespace) && Self.matches(name, package.name)
    }

    /// Whether one side of a pattern matches a text.
    static func matches(_ pattern: String, _ text: String) -> Bool {
        matches(Array(pattern.unicodeScalars), Array(text.unicodeScalars))
    }

    /// Whether a text contains wildcards.
    static func hasWildcard(_ text: String) -> Bool { text.contains { $0 == "*" || $0 == "?" } }

    package var description: String { "\(namespace):\(name)" }

    /// Greedy, with a single backtracking point: linear for one star, never exponential.
    private static func matches(_ pattern: [Unicode.Scalar], _ text: [Unicode.Scalar]) -> Bool {
        var patternIndex = 0
        var textIndex = 0
        var star: (pattern: Int, text: Int)?
        while textIndex < text.count {
            if patternIndex < pattern.count, pattern[patternIndex] == "*" {
                star = (patternIndex, textIndex)
                patternIndex += 1
            } else if patternIndex < pattern.count,
                pattern[patternIndex] == "?" || pattern[patternIndex] == text[textIndex]
            {
                patternIndex += 1
                textIndex += 1
            } else if let back = star {
                patternIndex = back.pattern + 1
                textIndex = back.text + 1
                star = (back.pattern, textIndex)
            } else {
                return false
            }
        }
        return pattern[patternIndex...].allSatisfy { $0 == "*" }
    }
}
