/// A version range as a dependency may request it: `[1.0,2.0)`, `(,1.5]`, `[1.2]`, or several of these, separated by
/// commas.
package struct VersionRange: Sendable {
    private struct Part {
        var low: (version: MavenVersion, isIncluded: Bool)?
        var high: (version: MavenVersion, isIncluded: Bool)?

        func contains(_ version: MavenVersion) -> Bool {
            if let low, version < low.version || (version == low.version && !low.isIncluded) { return false }
            if let high, high.version < version || (version == high.version && !high.isIncluded) { return false }
            return true
        }
    }

    private var parts: [Part] = []

    /// Nil for a plain version and for a malformed range.
    package init?(_ text: String) {
        var rest = text.filter { $0 != " " }[...]
        guard let first = rest.first, first == "[" || first == "(" else { return nil }
        while let opening = rest.first {
            if opening == ",", !parts.isEmpty {
                rest.removeFirst()
                continue
            }
            guard opening == "[" || opening == "(", let end = rest.firstIndex(where: { $0 == "]" || $0 == ")" }) else {
                return nil
            }
            let inner = rest[rest.index(after: rest.startIndex)..<end]
            guard let part = Self.part(inner, opening == "[", rest[end] == "]") else { return nil }
            parts.append(part)
            rest = rest[rest.index(after: end)...]
        }
    }

    private static func part(_ inner: Substring, _ includesLow: Bool, _ includesHigh: Bool) -> Part? {
        let bounds = inner.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        switch bounds.count {
        case 1:
            guard includesLow, includesHigh, !bounds[0].isEmpty else { return nil }
            let version = MavenVersion(bounds[0])
            return Part(low: (version, true), high: (version, true))
        case 2:
            return Part(
                low: bounds[0].isEmpty ? nil : (MavenVersion(bounds[0]), includesLow),
                high: bounds[1].isEmpty ? nil : (MavenVersion(bounds[1]), includesHigh)
            )
        default: return nil
        }
    }

    package func contains(_ version: String) -> Bool {
        let version = MavenVersion(version)
        return parts.contains { $0.contains(version) }
    }
}
