/// Objects under the keys of records that do not count, as a listing alone shows: how many, and the first few.
package struct IgnoredObjects: Sendable {
    private var count = 0
    private var first: [(key: ObjectKey, reason: String)] = []

    /// Why a record that was read, or need not be, does not count.
    package struct Refusal: Hashable, Sendable {
        let reason: String
        /// Whether an operator has said so, and need not be told.
        var isKnown = false
    }

    /// Objects that are remembered.
    private static let remembered = 1_000

    package var isEmpty: Bool { count == 0 }

    /// Whether a record may count; notes one that may not.
    ///
    /// - Parameter refusal: why it does not, beyond what the listing shows.
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
        count += 1
        if first.count < Self.remembered { first.append((key, reason)) }
        return false
    }

    /// Removes what a repair has retired, as far as it is remembered: an operator need not hear of it.
    mutating func remove(retired: Set<ObjectKey>) {
        let remembered = first.count
        first.removeAll { retired.contains($0.key) }
        count -= remembered - first.count
    }

    /// What an operator is told; nil if there are none.
    package var warning: String? {
        guard count > 0 else { return nil }
        let subject = count == 1 ? "1 object does not count as a record" : "\(count) objects do not count as records"
        return "\(subject): \(first.prefix(3).map { "\($0.key) (\($0.reason))" }.firstFew(of: count)). Run verify"
    }
}
