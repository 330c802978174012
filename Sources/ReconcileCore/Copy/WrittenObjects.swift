/// The objects that the copies of one package have stored and that no listing has shown since.
///
/// Keeps the hash of each key, some 40 bytes an object.
struct WrittenObjects: Sendable {
    private struct Row {
        let version: ExactText
        /// The hash of the ETag that a listing showed before the object was written over; nil if it showed none.
        let before: Int?
    }

    private var rows: [UInt64: Row] = [:]
    /// Where they are; two at most.
    private var directories: Set<ObjectKey> = []

    var isEmpty: Bool { rows.isEmpty }

    /// The prefix of all of them, if they are in one directory.
    var directory: ObjectKey? { directories.count == 1 ? directories.first : nil }

    /// How many files of each version no listing has shown, by the version's name.
    var unseen: [(version: String, files: Int)] {
        Dictionary(grouping: rows.values, by: \.version).sorted { $0.key < $1.key }
            .map { ($0.key.value, $0.value.count) }
    }

    /// - Parameter earlier: what was under the key before, as it was listed.
    mutating func insert(_ key: ObjectKey, of version: VersionCoordinates, over earlier: StoredObject?) {
        rows[Self.hash(key)] = Row(version: ExactText(version.version), before: earlier?.etag?.hashValue)
        guard directories.count < 2, let slash = key.value.lastIndex(of: "/") else { return }
        directories.insert(ObjectKey(String(key.value[...slash])))
    }

    /// Forgets the objects of a version that is not committed: the next run stores or adopts them.
    mutating func remove(_ version: VersionCoordinates) {
        let name = ExactText(version.version)
        rows = rows.filter { $0.value.version != name }
    }

    /// Takes in a row of a listing made since. What has the ETag that it had before was not written over.
    mutating func see(_ object: StoredObject) {
        let hash = Self.hash(object.key)
        guard let row = rows[hash] else { return }
        if let before = row.before, before == object.etag?.hashValue { return }
        rows[hash] = nil
    }

    private static func hash(_ key: ObjectKey) -> UInt64 {
        var hash = SeededHash(seed: 0x7772_6974_7465_6E)
        hash.combine(key.value)
        return hash.value
    }
}
