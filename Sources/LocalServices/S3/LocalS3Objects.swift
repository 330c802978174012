import Cryptography
import FoundationEssentials
import ReconcileCore
import Synchronization

/// One stored object, or one version of it.
struct LocalS3Object: Sendable {
    /// Nil if the object is too large to keep.
    let bytes: [UInt8]?
    let size: Int
    /// Without quotes.
    let etag: String
    let modified: Date
    /// Base64, as the client sent it; nil if it sent none.
    var checksumSHA256: String?
    /// Headers of the PUT that every answer repeats: encryption, storage class, content type.
    var attributes: [(name: String, value: String)] = []
    /// Nil for an object stored without versioning.
    var versionID: String?

    init(_ body: LocalS3Body, configuration: LocalS3Configuration, isEncryptedWithKMS: Bool = false) {
        bytes = body.bytes
        size = body.count
        modified = Date()
        switch configuration.entityTag {
        case .md5 where !isEncryptedWithKMS: etag = Hexadecimal.encode(body.md5)
        case .md5, .opaque: etag = Self.randomHexadecimal()
        }
    }

    /// The requested storage class.
    var storageClass: String { attributes.first { $0.name == "x-amz-storage-class" }?.value ?? "STANDARD" }

    /// Whether its bytes cannot be read: this server does not restore archived objects.
    var isArchived: Bool { ["GLACIER", "DEEP_ARCHIVE"].contains(storageClass) }

    static func randomHexadecimal() -> String {
        Hexadecimal.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
    }
}

/// The buckets and their contents.
final class LocalS3Objects: Sendable {
    /// Whether a PUT may replace an object.
    enum PutCondition {
        case always
        case ifAbsent
    }

    /// A bucket's versioning status; a bucket that never had versioning has none.
    enum Versioning: String, Sendable {
        case enabled = "Enabled"
        case suspended = "Suspended"
    }

    private struct Bucket {
        var versioning: Versioning?
        let created = Date()
        /// The newest version last.
        var versions: [ExactText: [LocalS3Object]] = [:]
        /// All keys: the first `sortedCount` in listing order, the rest as they were added.
        var keys: [String] = []
        var sortedCount = 0
    }

    private let held: Mutex<[String: Bucket]>
    private let order: LocalS3Order

    init(_ configuration: LocalS3Configuration) {
        let versioning = configuration.keepsVersions ? Versioning.enabled : nil
        let buckets = configuration.buckets.map { ($0, Bucket(versioning: versioning)) }
        held = Mutex(Dictionary(buckets) { first, _ in first })
        order = LocalS3Order(configuration.listOrder)
    }

    /// All buckets, by name.
    func buckets() -> [(name: String, created: Date)] {
        held.withLock { $0.map { (name: $0.key, created: $0.value.created) }.sorted { $0.name < $1.name } }
    }

    /// Creates an empty bucket without versioning; false if the name is taken.
    func make(_ bucket: String) -> Bool {
        held.withLock { buckets in
            guard buckets[bucket] == nil else { return false }
            buckets[bucket] = Bucket()
            return true
        }
    }

    /// Deletes a bucket; false if it is not empty.
    func remove(_ bucket: String) -> Bool {
        held.withLock { buckets in
            guard buckets[bucket]?.keys.isEmpty != false else { return false }
            buckets[bucket] = nil
            return true
        }
    }

    func versioning(of bucket: String) -> Versioning? {
        held.withLock { $0[bucket]?.versioning }
    }

    func setVersioning(_ versioning: Versioning, of bucket: String) {
        held.withLock { $0[bucket]?.versioning = versioning }
    }

    func has(_ bucket: String) -> Bool {
        held.withLock { $0[bucket] != nil }
    }

    func keys(of bucket: String) -> [String] {
        held.withLock { $0[bucket]?.keys ?? [] }
    }

    /// Stores an object and returns it with its version id; nil when the condition does not hold.
    func put(_ object: LocalS3Object, key: String, bucket: String, _ condition: PutCondition) -> LocalS3Object? {
        held.withLock { buckets in
            var stored = object
            let versioning = buckets[bucket]?.versioning
            if versioning == .enabled { stored.versionID = LocalS3Object.randomHexadecimal() }
            let exact = ExactText(key)
            let isNew = buckets[bucket]?.versions[exact] == nil
            if condition == .ifAbsent && !isNew { return nil }
            if isNew { buckets[bucket]?.keys.append(key) }
            // Without versioning, the new object replaces the one without a version ID, if any.
            if versioning != .enabled { buckets[bucket]?.versions[exact]?.removeAll { $0.versionID == nil } }
            buckets[bucket]?.versions[exact, default: []].append(stored)
            return stored
        }
    }

    /// Moves an object's newest version to a different storage class, as a lifecycle rule does.
    func move(key: String, bucket: String, to storageClass: String) {
        held.withLock { buckets in
            guard var versions = buckets[bucket]?.versions[ExactText(key)], let last = versions.indices.last else {
                return
            }
            versions[last].attributes.removeAll { $0.name == "x-amz-storage-class" }
            versions[last].attributes.append(("x-amz-storage-class", storageClass))
            buckets[bucket]?.versions[ExactText(key)] = versions
        }
    }

    /// The given version of an object, or its newest.
    func object(key: String, version: String?, bucket: String) -> LocalS3Object? {
        held.withLock { buckets in
            let versions = buckets[bucket]?.versions[ExactText(key)]
            guard let version else { return versions?.last }
            return versions?.first { $0.versionID == version }
        }
    }

    /// One page of a listing, with the objects of its keys.
    func list(_ query: LocalS3ListQuery, bucket: String) -> (page: LocalS3ListPage, objects: [LocalS3Object]) {
        held.withLock { buckets in
            sort(&buckets[bucket, default: Bucket()])
            guard let listed = buckets[bucket] else { return (LocalS3ListPage(), []) }
            let page = query.page(of: listed.keys, in: order)
            return (page, page.keys.compactMap { listed.versions[ExactText($0)]?.last })
        }
    }

    /// One page of a listing, with all versions of each key, newest first.
    func listVersions(_ query: LocalS3ListQuery, bucket: String) -> (LocalS3ListPage, versions: [[LocalS3Object]]) {
        held.withLock { buckets in
            sort(&buckets[bucket, default: Bucket()])
            guard let listed = buckets[bucket] else { return (LocalS3ListPage(), []) }
            let page = query.page(of: listed.keys, in: order)
            return (page, page.keys.map { Array((listed.versions[ExactText($0)] ?? []).reversed()) })
        }
    }

    /// Merges keys added since the last listing, so that listings without writes in between need no sorting.
    private func sort(_ bucket: inout Bucket) {
        guard bucket.sortedCount < bucket.keys.count else { return }
        let added = bucket.keys[bucket.sortedCount...].sorted(by: order.precedes)
        var merged: [String] = []
        merged.reserveCapacity(bucket.keys.count)
        var rest = added[...]
        for key in bucket.keys[..<bucket.sortedCount] {
            while let next = rest.first, order.precedes(next, key) {
                merged.append(next)
                rest.removeFirst()
            }
            merged.append(key)
        }
        merged += rest
        bucket.keys = merged
        bucket.sortedCount = merged.count
    }
}
