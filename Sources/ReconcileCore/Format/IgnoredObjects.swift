/// Objects under record keys that don't count as records, as far as a listing shows: how many, and the first few.
package struct IgnoredObjects: Sendable {
    private var count = 0
    private var first: [(key: ObjectKey, reason: String)] = []

    /// Why a record doesn't count, for reasons other than the listing.
    package struct Refusal: Hashable, Sendable {
        let reason: String
        /// Whether an operator has already stated the reason and needs no warning.
        var isKnown = false
    }

    /// How many objects to remember.
    private static let remembered = 1_000

    package var isEmpty: Bool { count == 0 }

    /// Whether a record may count; remembers one that may not.
    ///
    /// - Parameter refusal: a reason other than the listing; nil if there is none.
    mutating func mayCount(
        _ key: ObjectKey,
        size: Int64,
        recordedAt: Timestamp,
        by reader: RecordReader,
        unless refusal: Refusal? = nil
    ) -> Bool {
        guard let reason = reader.reasonToIgnore(size: size, recordedAt: recordedAt) ?? refusal?.reason else {
            return true
        }
        if refusal?.isKnown ?? false { return false }
        add(key, reason)
        return false
    }

    /// Remembers an object that does not count, unless the reason is known.
    mutating func add(_ key: ObjectKey, _ refusal: Refusal) {
        if !refusal.isKnown { add(key, refusal.reason) }
    }

    private mutating func add(_ key: ObjectKey, _ reason: String) {
        count += 1
        if first.count < Self.remembered { first.append((key, reason)) }
    }

    /// Removes the remembered objects that a repair has retired; operators need no warning about those.
    mutating func remove(retired: Set<ObjectKey>) {
        let remembered = first.count
        first.removeAll { retired.contains($0.key) }
        count -= remembered - first.count
    }

    /// The warning for the operator; nil if there are no such objects.
    package var warning: String? {
        guard count > 0 else { return nil }
        let subject = count == 1 ? "1 object does not count as a record" : "\(count) objects do not count as records"
        return "\(subject): \(first.prefix(3).map { "\($0.key) (\($0.reason))" }.firstFew(of: count)). Run verify"
    }
}
