/// The objects that the copies of one package have stored and that no listing has shown since.
///
/// Keeps a hash of each key, about 40 bytes per object.
struct WrittenObjects: Sendable {
    private struct Row {
        let version: ExactText
        /// Bytes that were written; nil if that is not compared.
        let size: Int64?
        /// The hash of the ETag listed before the object was overwritten; nil if none was listed.
        let before: Int?
    }

    private var rows: [UInt64: Row] = [:]
    /// Their directories; at most two are kept.
    private var directories: Set<ObjectKey> = []

    var isEmpty: Bool { rows.isEmpty }

    /// The prefix of all objects, if they are in one directory.
    var directory: ObjectKey? { directories.count == 1 ? directories.first : nil }

    /// How many files of each version no listing has shown, or not with the size that was written, by version name.
    var unseen: [(version: String, files: Int)] {
        Dictionary(grouping: rows.values, by: \.version).sorted { $0.key < $1.key }
            .map { ($0.key.value, $0.value.count) }
    }

    /// - Parameters:
    ///   - size: how many bytes were written; nil if that is not to be compared.
    ///   - earlier: the object that was listed under the key before.
    mutating func insert(_ key: ObjectKey, of version: VersionCoordinates, size: Int64?, over earlier: StoredObject?) {
        rows[Self.hash(key)] = Row(
            version: ExactText(version.version),
            size: size,
            before: earlier?.etag?.hashValue
        )
        guard directories.count < 2, let slash = key.value.lastIndex(of: "/") else { return }
        directories.insert(ObjectKey(String(key.value[...slash])))
    }

    /// Removes the objects of a version that is not committed: the next run stores or adopts them.
    mutating func remove(_ version: VersionCoordinates) {
        let name = ExactText(version.version)
        rows = rows.filter { $0.value.version != name }
    }

    /// Takes a row of a later listing. An object that still has its previous ETag was not overwritten, and one of another
    /// size is not what was written.
    mutating func see(_ object: StoredObject) {
        let hash = Self.hash(object.key)
        guard let row = rows[hash] else { return }
        if let before = row.before, before == object.etag?.hashValue { return }
        if let size = row.size, size != object.size { return }
        rows[hash] = nil
    }

    private static func hash(_ key: ObjectKey) -> UInt64 {
        var hash = SeededHash(seed: 0x7772_6974_7465_6E)
        hash.combine(key.value)
        return hash.value
    }
}
