/// Objects under the keys of records that do not count, as a listing alone shows: how many, and the first few.
package struct IgnoredObjects: Sendable {
    private var count = 0
    private var first: [String] = []

    /// Objects that are named.
    private static let named = 3

    /// Whether a record may count; notes one that may not.
    mutating func mayCount(_ key: ObjectKey, size: Int64, recordedAt: Timestamp, by reader: RecordReader) -> Bool {
        guard let reason = reader.reasonToIgnore(size: size, recordedAt: recordedAt) else { return true }
        count += 1
        if first.count < Self.named { first.append("\(key) (\(reason))") }
        return false
    }

    /// What an operator is told; nil if there are none.
    package var warning: String? {
        guard count > 0 else { return nil }
        let subject = count == 1 ? "1 object does not count as a record" : "\(count) objects do not count as records"
        return "\(subject): \(first.firstFew(of: count)). Run verify"
    }
}
