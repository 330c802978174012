/// The actual state: a flat store of objects under UTF-8 keys.
///
/// Each call makes a single attempt and throws `RemoteFailure`, or `CancellationError` if its task is cancelled;
/// `RetryingStore` retries. Nothing is ever deleted through this port. Every adapter must pass `ObjectStoreContract` in
/// the tests.
package protocol ObjectStore: Sendable {
    /// The store's location, for the operator: `s3://bucket/prefix`, `file:///directory`.
    var location: String { get }

    /// The names, costs and permissions of its requests.
    var operations: StoreOperations { get }

    /// Whether writes persist; false in a dry run.
    var keepsWrites: Bool { get }

    /// Whether overwriting an object keeps the old bytes as a separate version; nil if the store doesn't say and no
    /// answer has shown it yet. After an object has been inspected, the answer is valid for at least that object.
    func keepsVersions() async throws -> Bool?

    /// Whether pages come in byte order of the keys, so that parts of a listing can be requested concurrently. A store
    /// that learns this from its answers says false before the first one.
    var listsInByteOrder: Bool { get }

    /// One page of the objects whose key starts with `prefix`, at most 1000, in no particular order unless
    /// `listsInByteOrder`.
    ///
    /// A folder below the prefix that the store refuses to list is not a failure: it appears once in a page's `hidden`,
    /// and none of its objects are listed. Callers must check `hidden` or use the variant that throws.
    ///
    /// - Parameters:
    ///   - start: only keys after this one; nil for all. Use it neither with a store without byte order nor with a
    ///     token.
    ///   - token: of the previous page; nil for the first page.
    func list(prefix: ObjectKey, startingAfter start: ObjectKey?, after token: PageToken?) async throws
        -> Page<StoredObject>

    /// One page of everything stored under keys that start with `prefix`, at most 1000: versions and delete markers,
    /// those of one key together. Nil from a store that keeps only the newest version.
    ///
    /// - Parameter token: of the previous page; nil for the first page.
    func listVersions(prefix: ObjectKey, after token: PageToken?) async throws -> Page<StoredVersion>?

    /// One page of the distinct names between a prefix and the next slash, at most 1000, in one request.
    ///
    /// - Parameter prefix: ends with a slash; empty for all keys.
    /// - Returns: a page; without `next`, it is complete.
    func folders(under prefix: ObjectKey) async throws -> Page<String>

    /// What killed writers have left of files that they never finished, under names that no call takes for keys. None from a
    /// store that keeps no such thing, or does not show it to the caller.
    func unfinished() async throws -> [StoredObject]

    /// The size and SHA-256 of an object's stored bytes; nil if the object or version doesn't exist.
    ///
    /// Costs one small request if the store keeps the hash; otherwise it reads the object.
    ///
    /// - Parameter versionID: the version to inspect; nil for the newest. Ignored by a store without versions.
    func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject?

    /// Like `inspect`, but doesn't read the object if the store allows that: one small request, which may not return
    /// the SHA-256.
    func describe(_ key: ObjectKey, versionID: String?) async throws -> DescribedObject?

    /// An object's bytes, which are not requested until they are read. Reading a missing object is an `absent` failure;
    /// nothing is retried.
    ///
    /// - Parameters:
    ///   - versionID: the version to read; nil for the newest. Ignored by a store without versions.
    ///   - range: the bytes to read, not empty and within the object; nil for all.
    func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody

    /// The bytes of an asset that a record names, for a reader that verifies them: the newest under the key, read
    /// without a version ID, if the store's answer shows that they are the recorded ones; otherwise those of the
    /// version.
    ///
    /// Reading by version ID needs a separate permission in S3; this uses it only for bytes that aren't the newest.
    func body(of asset: Asset, at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody

    /// A small object's bytes; nil if it doesn't exist. More than `limit` bytes is an `invalid` failure.
    func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]?

    /// Whether an object has exactly these bytes, which must be small.
    func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool

    /// Stores a small object, completely or not at all.
    func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome

    /// Stores an asset's bytes, completely or not at all, in one pass and constant memory.
    ///
    /// The bytes are checked against the asset's size and SHA-256 before the object exists; a mismatch is a `corrupt`
    /// failure and leaves nothing behind. An asset without a SHA-256 is checked by size alone. If the task is
    /// cancelled, nothing is stored.
    func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome
}

extension ObjectStore {
    package func listVersions(prefix: ObjectKey, after token: PageToken?) async throws -> Page<StoredVersion>? { nil }

    package func unfinished() async throws -> [StoredObject] { [] }

    /// One page of the objects whose key starts with `prefix`; throws if the store refuses to list a folder.
    package func list(prefix: ObjectKey, after token: PageToken?) async throws -> Page<StoredObject> {
        let page = try await list(prefix: prefix, startingAfter: nil, after: token)
        if let folder = page.hidden.first { throw folder.failure }
        return page
    }

    /// Inspects the newest bytes under a key.
    package func inspect(_ key: ObjectKey) async throws -> InspectedObject? {
        try await inspect(key, versionID: nil)
    }

    package func describe(_ key: ObjectKey, versionID: String?) async throws -> DescribedObject? {
        try await inspect(key, versionID: versionID).map {
            DescribedObject(size: $0.size, sha256: $0.sha256, versionID: $0.versionID)
        }
    }

    package func body(
        of asset: Asset,
        at key: ObjectKey,
        versionID: String?,
        range: Range<Int64>?
    ) -> any AssetBody {
        body(at: key, versionID: versionID, range: range)
    }
}

/// A store's operations by purpose, and properties of the store that an operator must know.
package struct StoreOperations: Hashable, Sendable {
    package let list: ServiceOperation
    package let inspect: ServiceOperation
    package let read: ServiceOperation
    package let write: ServiceOperation
    /// How to make the store keep old versions, as a sentence; nil if it cannot.
    package let versioningAdvice: String?
    /// The command for that; nil if it depends on something unknown.
    package let versioningCommand: String?
    /// The command that creates the store; nil if unknown.
    package let creationCommand: String?
    /// Whether keys that differ only in case are the same key, so that writing the second one fails.
    package let takesCasesForOne: Bool

    package init(
        list: ServiceOperation,
        inspect: ServiceOperation,
        read: ServiceOperation,
        write: ServiceOperation,
        versioningAdvice: String? = nil,
        versioningCommand: String? = nil,
        creationCommand: String? = nil,
        takesCasesForOne: Bool = false
    ) {
        self.list = list
        self.inspect = inspect
        self.read = read
        self.write = write
        self.versioningAdvice = versioningAdvice
        self.versioningCommand = versioningCommand
        self.creationCommand = creationCommand
        self.takesCasesForOne = takesCasesForOne
    }
}

extension ObjectStore {
    /// A warning that the store keeps no versions, with the remedy; nil unless it said so and there is a remedy.
    ///
    /// - Parameter keepsVersions: the store's answer; nil if it gave none.
    package func warning(keepsVersions: Bool?) -> String? {
        guard keepsVersions == false, var advice = operations.versioningAdvice else { return nil }
        if let command = operations.versioningCommand { advice += " with: \(command)" }
        return "\(location) has no versioning: if the bytes of a file change in the domain, the new ones cannot be "
            + "stored beside the old and that version fails; \(advice)"
    }
}

/// Whether a write may replace an object.
package enum WriteCondition: Hashable, Sendable {
    /// Only if nothing is stored under the key (`If-None-Match: *`).
    case createOnly
    /// Whether or not something is stored under the key. For derived objects, and for stores that keep versions.
    case overwrite
}

/// The result of a write.
package enum WriteOutcome: Hashable, Sendable {
    /// The bytes are stored; with the version ID if the store keeps versions.
    case stored(versionID: String?)
    /// A create-only write found an object, which is unchanged.
    case alreadyExists
}

/// One row of a listing.
package struct StoredObject: Hashable, Sendable {
    package let key: ObjectKey
    /// In bytes.
    package let size: Int64
    /// The ETag without quotes; nil if the store has none. It is the bytes' MD5 only in some stores and modes.
    package let etag: String?
    /// When these bytes were stored, by the store's clock; nil if it doesn't say.
    package let modified: Timestamp?
    /// Set if the bytes must be restored from an archive before they can be read.
    package let archive: Archive?

    package init(
        key: ObjectKey,
        size: Int64,
        etag: String?,
        modified: Timestamp? = nil,
        archive: Archive? = nil
    ) {
        self.key = key
        self.size = size
        self.etag = etag
        self.modified = modified
        self.archive = archive
    }

    /// A storage class whose objects must be restored before they can be read.
    package struct Archive: Hashable, Sendable {
        /// Nil if the store does not say.
        package let storageClass: String?
        /// The command that restores the object.
        package let command: String

        package init(storageClass: String?, command: String) {
            self.storageClass = storageClass
            self.command = command
        }

        /// What this means and what to do, in a sentence.
        package var advice: String {
            "the object is archived\(storageClass.map { " (\($0))" } ?? "") and cannot be read until it is brought back, which takes hours: "
                + command
        }
    }
}

/// The size, hash and version of a stored object.
package struct InspectedObject: Hashable, Sendable {
    /// In bytes.
    package let size: Int64
    /// Lower-case hexadecimal.
    package let sha256: String
    /// The version ID; nil if the store keeps no versions.
    package let versionID: String?

    package init(size: Int64, sha256: String, versionID: String?) {
        self.size = size
        self.sha256 = sha256
        self.versionID = versionID
    }
}

/// What a store reports about an object without reading it.
package struct DescribedObject: Hashable, Sendable {
    /// In bytes.
    package let size: Int64
    /// Lower-case hexadecimal; nil if the store doesn't keep it.
    package let sha256: String?
    /// The version ID; nil if the store keeps no versions.
    package let versionID: String?

    package init(size: Int64, sha256: String?, versionID: String?) {
        self.size = size
        self.sha256 = sha256
        self.versionID = versionID
    }

    /// Nil if the SHA-256 is unknown.
    package var inspected: InspectedObject? {
        sha256.map { InspectedObject(size: size, sha256: $0, versionID: versionID) }
    }
}

/// The key of an object from the root of the store; `/` separates its segments. Two keys are equal only if their bytes
/// are.
package struct ObjectKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    private let text: ExactText

    package init(_ value: String) {
        text = ExactText(value)
    }

    package var value: String { text.value }

    package var description: String { text.value }

    /// The key of the object's checksum file.
    package func checksumFile(_ algorithm: ChecksumAlgorithm) -> ObjectKey { ObjectKey(algorithm.fileName(of: value)) }

    /// UTF-8 byte order, in which S3 lists general-purpose buckets.
    package static func < (left: ObjectKey, right: ObjectKey) -> Bool { left.text < right.text }
}
