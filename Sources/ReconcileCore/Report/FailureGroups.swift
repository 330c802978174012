/// Groups failures that say the same, so that a reader sees each message once, with the number of failures and the
/// first places.
package struct FailureGroups: Hashable, Sendable {
    package struct Group: Hashable, Sendable {
        /// For a single failure, its message; for several, the message without its target, with … for the words that
        /// differ.
        package fileprivate(set) var message: String
        package fileprivate(set) var count: Int
        /// The first few.
        package fileprivate(set) var places: [Place]
    }

    /// In order of first occurrence.
    package let groups: [Group]

    /// The maximum number of places named per group.
    package static let placesNamed = 3

    package init(_ failures: [RunReport.Failure]) {
        var order: [Key] = []
        var found: [Key: (first: String, group: Group)] = [:]
        for failure in failures {
            let general = Self.general(failure.message)
            let key = Key(kind: failure.kind, general: general)
            if found[key] == nil {
                order.append(key)
                found[key] = (failure.message, Group(message: general, count: 0, places: []))
            }
            found[key]?.group.count += 1
            if let message = found[key]?.group.message { found[key]?.group.message = Self.common(message, general) }
            if found[key].map({ $0.group.places.count < Self.placesNamed }) ?? false {
                found[key]?.group.places.append(failure.place)
            }
        }
        groups = order.compactMap { key in
            guard let (first, group) = found[key] else { return nil }
            return group.count == 1 ? Group(message: first, count: 1, places: group.places) : group
        }
    }

    /// Two failures belong together if they differ only in their targets, and in numbers and hashes.
    private struct Key: Hashable {
        let kind: String
        let words: String

        /// - Parameter general: the message without its target.
        init(kind: String, general: String) {
            self.kind = kind
            words = general.split(separator: " ")
                .filter { word in !word.utf8.contains { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } }
                .joined(separator: " ")
        }
    }

    /// The common part of two similar messages.
    private static func common(_ one: String, _ other: String) -> String {
        guard one != other else { return one }
        func words(_ text: String) -> [Substring] { text.split(separator: " ", omittingEmptySubsequences: false) }
        let (ones, others) = (words(one), words(other))
        guard ones.count == others.count else { return one }
        return zip(ones, others).map { $0 == $1 ? String($0) : "…" }.joined(separator: " ")
    }

    /// Removes the target: `s3.PutObject releases/com.acme:app:1.0: Access Denied (denied)` becomes `s3.PutObject:
    /// Access Denied (denied)`. A target has no colon followed by a space.
    private static func general(_ message: String) -> String {
        guard let space = message.firstIndex(of: " "), let end = message.firstRange(of: ": "), space < end.lowerBound
        else { return message }
        return "\(message[..<space])\(message[end.lowerBound...])"
    }
}

extension Place {
    /// The place as text.
    package var words: String {
        var text = repository ?? "the domain"
        if let namespace { text += "/\(namespace)" }
        if let package { text += ":\(package)" }
        if let version { text += ":\(version)" }
        return text + (asset.map { "  \($0)" } ?? "")
    }
}
