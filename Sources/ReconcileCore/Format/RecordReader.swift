/// The only way to turn stored bytes into a record. Every program uses it, also for what it is about to write.
///
/// It trusts no input. What it accepts has valid sizes, well-formed hashes, times within the calendar, and names
/// exactly the objects that its key and the layout imply.
package struct RecordReader: Sendable {
    /// How far another writer's clock may be ahead of this one, in seconds.
    static let tolerance: Int64 = 300

    /// The minimum size of a record; the names of its members alone are longer.
    static let minimumBytes: Int64 = 100

    private let layout: BackupLayout
    private let now: Timestamp

    package init(layout: BackupLayout, now: Timestamp) {
        self.layout = layout
        self.now = now
    }

    /// Whether a record with this time counts yet: one from the future would outrank every other record until then.
    package func isTimely(_ recordedAt: Timestamp) -> Bool {
        recordedAt.seconds <= now.seconds + Self.tolerance && recordedAt >= .earliest
    }

    /// Whether a record may count as far as its listing shows: its time is not in the future, and it is not shorter
    /// than any record can be.
    ///
    /// - Parameter size: in bytes.
    package func mayCount(size: Int64, recordedAt: Timestamp) -> Bool {
        reasonToIgnore(size: size, recordedAt: recordedAt) == nil
    }

    /// Why a record doesn't count according to its listing; nil if it may count.
    func reasonToIgnore(size: Int64, recordedAt: Timestamp) -> String? {
        if !isTimely(recordedAt) { return "its time is in the future" }
        return size < Self.minimumBytes ? "it has only \(size) bytes" : nil
    }

    /// The version record that a listed object is, if it may count; nil for any other object.
    func record(listedAs object: StoredObject) -> ManifestRecord? {
        guard let record = layout.record(at: object.key) else { return nil }
        return mayCount(size: object.size, recordedAt: record.recordedAt) ? record : nil
    }

    /// Reads the manifest of a record from the bytes under its key.
    ///
    /// - Throws: `RecordRefusal` with the first rule that the bytes break.
    package func manifest(_ bytes: [UInt8], of record: ManifestRecord) throws(RecordRefusal) -> Manifest {
        let manifest = try Manifest(decoding: bytes)
        for stored in manifest.assets {
            if let refusal = RecordRefusal.ofListed(stored.asset) { throw refusal }
        }
        if let published = manifest.properties.publishedTime, !Timestamp.secondsOfCalendar.contains(published) {
            throw RecordRefusal(.times, "its publishedTime \(published) is not within the years 1 to 9999")
        }
        let key = layout.key(of: manifest.record)
        guard key == layout.key(of: record) else { throw RecordRefusal(.coordinates, "this is the manifest of \(key)") }
        for stored in manifest.assets {
            let name = stored.asset.name
            guard stored.key == layout.key(of: name, in: manifest.coordinates) else {
                throw RecordRefusal(.keys, "it names \(stored.key) for \(name), which belongs under another key")
            }
        }
        // Sorted by name.
        for (asset, next) in zip(manifest.assets, manifest.assets.dropFirst())
        where ExactText(asset.asset.name) == ExactText(next.asset.name) {
            throw RecordRefusal(.names, "it names \(asset.asset.name) twice")
        }
        if let problem = manifest.documents.snapshot?.problem(in: manifest.coordinates) {
            throw RecordRefusal(.snapshot, problem)
        }
        if let problem = manifest.documents.plugin?.problem(in: manifest.coordinates.package) {
            throw RecordRefusal(.plugin, problem)
        }
        let previous = manifest.previous?.problem(in: key, of: layout) { name in
            ManifestRecord(coordinates: record.coordinates, fileName: name) != nil
        }
        if let previous { throw RecordRefusal(.previous, previous) }
        try requireTimely(record.recordedAt)
        return manifest
    }

    /// Checks that the bytes under the key of a package's own record say what the key says.
    ///
    /// - Returns: its reference to the preceding record.
    /// - Throws: `RecordRefusal` with the first rule that the bytes break.
    @discardableResult
    package func prove(_ bytes: [UInt8], are record: PackageRecord) throws(RecordRefusal) -> PreviousRecord? {
        let (stored, previous) = try PackageRecord.decode(bytes)
        let key = layout.key(of: stored)
        guard key == layout.key(of: record) else { throw RecordRefusal(.coordinates, "this is the record \(key)") }
        let problem = previous?.problem(in: key, of: layout) { name in
            PackageRecord(package: record.package, fileName: name) != nil
        }
        if let problem { throw RecordRefusal(.previous, problem) }
        try requireTimely(record.recordedAt)
        return previous
    }

    func requireTimely(_ recordedAt: Timestamp) throws(RecordRefusal) {
        guard recordedAt >= .earliest else {
            throw RecordRefusal(.times, "its time \(recordedAt.extended) is not within the years 1 to 9999")
        }
        guard isTimely(recordedAt) else {
            throw RecordRefusal(.future, "its time \(recordedAt.extended) is in the future")
        }
    }
}

/// Why bytes are not a valid record: the violated rule, and a sentence about the violation.
package struct RecordRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rules for a record, in the order of the checks.
    package enum Rule: String, Hashable, Sendable, CaseIterable {
        /// At most as many bytes as a record may have.
        case length
        /// JSON in this format, with every required member.
        case form
        /// No unknown and no duplicate members.
        case members
        /// Each asset has 0 bytes to 5 GiB.
        case sizes
        /// Each asset has a SHA-256, and each hash has the right number of hexadecimal digits.
        case checksums
        /// Times in the years 1 to 9999.
        case times
        /// The content matches the record's key.
        case coordinates
        /// Each asset's key is the one that the layout gives it.
        case keys
        /// No asset is named twice.
        case names
        /// Only on a snapshot: files that its builds may have, one for each classifier and extension.
        case snapshot
        /// Only on a plugin: a valid prefix and name.
        case plugin
        /// Refers to a record of the same version, of the same package or of the configuration, with a SHA-256.
        case previous
        /// At most five minutes ahead of the current time.
        case future
    }

    package let rule: Rule
    package let reason: String

    init(_ rule: Rule, _ reason: String) {
        self.rule = rule
        self.reason = reason
    }

    package var description: String { "\(reason) (rule: \(rule.rawValue))" }

    /// The largest asset that the service takes and that one PUT stores (S3 user guide, Uploading objects), in bytes.
    package static let maximumAssetSize: Int64 = 5 << 30

    /// Why no record may name an asset with this listing; nil if a record may.
    static func ofListed(_ asset: Asset) -> RecordRefusal? {
        guard (0...maximumAssetSize).contains(asset.size) else {
            return RecordRefusal(.sizes, "the size of \(asset.name), \(asset.size), is not within 0 bytes and 5 GiB")
        }
        guard asset.checksums.sha256 != nil else { return RecordRefusal(.checksums, "\(asset.name) has no SHA-256") }
        for algorithm in ChecksumAlgorithm.allCases {
            if let sum = asset.checksums[algorithm], !algorithm.isWellFormed(sum) {
                return RecordRefusal(.checksums, "the \(algorithm.serviceName) of \(asset.name) is not one: \(sum)")
            }
        }
        return nil
    }
}
