/// The actual state: a flat store of objects under UTF-8 keys.
///
/// Each call throws `RemoteFailure`, or `CancellationError` when its task is cancelled; a single attempt is made,
/// retry is `RetryingStore`'s. Nothing is ever deleted through this port. `ObjectStoreContract` in the tests is what
/// an adapter must pass.
package protocol ObjectStore: Sendable {
    /// Where the store is, for the operator: `s3://bucket/prefix`, `file:///directory`.
    var location: String { get }

    /// What its requests are called, cost and need.
    var operations: StoreOperations { get }

    /// Whether what is written is there afterwards; false in a dry run.
    var keepsWrites: Bool { get }

    /// Whether a write over an object keeps the older bytes as a separate version; nil if the store does not say, and
    /// none of its answers has shown it yet. Once an object was inspected, an answer holds for that object at least.
    func keepsVersions() async throws -> Bool?

    /// Whether its pages come in the byte order of the keys, so that parts of a listing can be asked for side by side.
    /// A store that learns it from its answers says false before the first of them.
    var listsInByteOrder: Bool { get }

    /// One page of the objects whose key starts with `prefix`; up to 1000 a page, in no promised order unless
    /// `listsInByteOrder`.
    ///
    /// A folder below the prefix that the store refuses to show is no failure: it is among the `hidden` of one page, and
    /// nothing in it is listed. Whoever asks for pages looks at that, or asks for whole ones.
    ///
    /// - Parameters:
    ///   - start: only keys after this one; nil for all. Not for a store without byte order, and not with a token.
    ///   - token: of the page before; nil for the first one.
    func list(prefix: ObjectKey, startingAfter start: ObjectKey?, after token: PageToken?) async throws
        -> Page<StoredObject>

    /// One page of everything that is kept under keys that start with `prefix`: each version, and each mark that an object
    /// was removed; up to 1000 a page, the versions of a key together. Nil from a store that keeps only what is newest.
    ///
    /// - Parameter token: of the page before; nil for the first one.
    func listVersions(prefix: ObjectKey, after token: PageToken?) async throws -> Page<StoredVersion>?

    /// One page of what stands between a prefix and the next slash of its keys, each once, at most 1000, by one request.
    ///
    /// - Parameter prefix: ends with a slash; empty for all keys.
    /// - Returns: a page without `next` has all of them.
    func folders(under prefix: ObjectKey) async throws -> Page<String>

    /// The size and SHA-256 of an object's bytes as they are stored; nil if the object or version does not exist.
    ///
    /// Costs one small request where the store keeps the hash, and a reading of the object where it does not.
    ///
    /// - Parameter versionID: of which bytes under the key; nil for the newest. A store without versions ignores it.
    func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject?

    /// The same without reading the object, where the store can: one small request, which may not know the SHA-256.
    func describe(_ key: ObjectKey, versionID: String?) async throws -> DescribedObject?

    /// An object's bytes, not yet asked for. Reading what is not there is an `absent` failure; nothing is retried.
    ///
    /// - Parameters:
    ///   - versionID: of which bytes under the key; nil for the newest. A store without versions ignores it.
    ///   - range: which of the object's bytes, at least one and within its size; nil for all.
    func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody

    /// The bytes of an asset as a record names them, for a reader that checks them: the newest under the key, read without
    /// their version's id, if the store's answer shows that they are these; else the version's.
    ///
    /// Reading by id needs a separate permission in S3; this uses it only for bytes that are no longer the newest.
    func body(of asset: Asset, at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody

    /// A small object's bytes; nil when there is none. More than `limit` bytes is an `invalid` failure.
    func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]?

    /// Whether exactly these small bytes are stored under a key.
    func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool

    /// Stores small bytes under a key, whole or not at all.
    func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome

    /// Stores an asset's bytes under a key, whole or not at all, in one pass and constant memory.
    ///
    /// The bytes are checked against the asset's size and SHA-256 before the object exists; a mismatch is a
    /// `corrupt` failure and leaves nothing behind. An asset without a SHA-256 is checked by size alone. Cancelled
    /// half way, nothing is stored.
    func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome
}

extension ObjectStore {
    package func listVersions(prefix: ObjectKey, after token: PageToken?) async throws -> Page<StoredVersion>? { nil }

    /// One whole page of the objects whose key starts with `prefix`: a folder that the store refuses to show is a failure.
    package func list(prefix: ObjectKey, after token: PageToken?) async throws -> Page<StoredObject> {
        let page = try await list(prefix: prefix, startingAfter: nil, after: token)
        if let folder = page.hidden.first { throw folder.failure }
        return page
    }

    /// The newest bytes under a key.
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

/// A store's operations, by what they do, and what it costs to work with it as it is.
package struct StoreOperations: Hashable, Sendable {
    package let list: ServiceOperation
    package let inspect: ServiceOperation
    package let read: ServiceOperation
    package let write: ServiceOperation
    /// What to do so that the store keeps older bytes under a key, as a sentence; nil where it cannot.
    package let versioningAdvice: String?
    /// The command that does it; nil where it depends on more than is known.
    package let versioningCommand: String?
    /// The command that makes the store itself; nil where that is not known.
    package let creationCommand: String?
    /// Whether keys that differ only in case are one key there, so that the second of two fails.
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
    /// What it costs that the store keeps no versions, and what to do about it; nil where nothing can be done, or it keeps
    /// them.
    ///
    /// - Parameter keepsVersions: the store's answer; nil where it gives none.
    package func warning(keepsVersions: Bool?) -> String? {
        guard keepsVersions == false, var advice = operations.versioningAdvice else { return nil }
        if let command = operations.versioningCommand { advice += " with: \(command)" }
        return "\(location) has no versioning: if the bytes of a file change in the domain, the new ones cannot be "
            + "stored beside the old and that version fails; \(advice)"
    }
}

/// Whether a write may meet an object.
package enum WriteCondition: Hashable, Sendable {
    /// Only when nothing is stored under the key (`If-None-Match: *`).
    case createOnly
    /// Whatever is stored under the key. For derived objects, and for stores that keep versions.
    case overwrite
}

/// What a write did.
package enum WriteOutcome: Hashable, Sendable {
    /// The bytes are stored; with the store's version id where it keeps versions.
    case stored(versionID: String?)
    /// A create-only write met an object, which is untouched.
    case alreadyExists
}

/// One row of a listing.
package struct StoredObject: Hashable, Sendable {
    package let key: ObjectKey
    /// Bytes.
    package let size: Int64
    /// The ETag without its quotes; nil where the store has none. The bytes' MD5 in some stores and modes only.
    package let etag: String?
    /// When these bytes were stored, by the store's clock; nil where it does not say.
    package let modified: Timestamp?
    /// Set if no request returns the bytes before they are brought back; nil if they can be read.
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

    /// A storage class whose objects cannot be read.
    package struct Archive: Hashable, Sendable {
        /// Nil if the store does not say.
        package let storageClass: String?
        /// The command that brings the object back.
        package let command: String

        package init(storageClass: String?, command: String) {
            self.storageClass = storageClass
            self.command = command
        }

        /// A sentence on what this means and what to do.
        package var advice: String {
            "the object is archived\(storageClass.map { " (\($0))" } ?? "") and cannot be read until it is brought back, which takes hours: "
                + command
        }
    }
}

/// One object as it is stored.
package struct InspectedObject: Hashable, Sendable {
    /// Bytes.
    package let size: Int64
    /// Lower-case hexadecimal.
    package let sha256: String
    /// The store's version id, where it keeps versions.
    package let versionID: String?

    package init(size: Int64, sha256: String, versionID: String?) {
        self.size = size
        self.sha256 = sha256
        self.versionID = versionID
    }
}

/// What a store says of an object without reading it.
package struct DescribedObject: Hashable, Sendable {
    /// Bytes.
    package let size: Int64
    /// Lower-case hexadecimal; nil if the store did not keep it.
    package let sha256: String?
    /// The store's version id, where it keeps versions.
    package let versionID: String?

    package init(size: Int64, sha256: String?, versionID: String?) {
        self.size = size
        self.sha256 = sha256
        self.versionID = versionID
    }

    /// Nil without the SHA-256.
    package var inspected: InspectedObject? {
        sha256.map { InspectedObject(size: size, sha256: $0, versionID: versionID) }
    }
}

/// The key of an object, from the top of the store; `/` divides its segments. Equal only to the same bytes.
package struct ObjectKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    private let text: ExactText

    package init(_ value: String) {
        text = ExactText(value)
    }

    package var value: String { text.value }

    package var description: String { text.value }

    /// The key of the checksum file beside an object.
    package func checksumFile(_ algorithm: ChecksumAlgorithm) -> ObjectKey { ObjectKey(algorithm.fileName(of: value)) }

    /// Byte order of the UTF-8, as S3 lists general-purpose buckets.
    package static func < (left: ObjectKey, right: ObjectKey) -> Bool { left.text < right.text }
}
