import Cryptography
package import ReconcileCore
import Synchronization

/// An object store in memory that counts what it is asked, logs what is written, and fails as it is told.
///
/// Operations are named as S3's. `ObjectStoreContract` holds for it.
package final class InMemoryStore: ObjectStore {
    /// What the store gives for an ETag.
    package enum ETags: Hashable, Sendable, CaseIterable {
        case md5
        /// Something of the length of an MD5 that is none, as of an encrypted bucket.
        case opaque
        case none
    }

    /// One write that stored something.
    package struct Write: Hashable, Sendable {
        package let key: ObjectKey
        /// Whether an object was there before.
        package let replaced: Bool
    }

    fileprivate struct Stored {
        var bytes: [UInt8]
        var versionID: String?
        var modified: Timestamp?
        var isUnreadable = false
        var isArchived = false
    }

    private struct State {
        /// The versions of each object, the newest last; one where versions are not kept.
        var objects: [ObjectKey: [Stored]] = [:] {
            didSet { sorted = nil }
        }
        /// Every key in byte order, while nothing is written.
        var sorted: [ObjectKey]?
        var writes: [Write] = []
        var versionsMade = 0
        var refusesVersions = false
        var hidesVersioning = false
        var advisesVersioning = false
        var hasWritten = false
        var watcher: (@Sendable (InMemoryStore, Write) -> Void)?
    }

    package let location = "memory://backup"
    package var operations: StoreOperations {
        guard state.withLock({ $0.hidesVersioning || $0.advisesVersioning }) else { return TestOperations.store }
        let usual = TestOperations.store
        return StoreOperations(
            list: usual.list,
            inspect: usual.inspect,
            read: usual.read,
            write: usual.write,
            versioningAdvice: "turn it on"
        )
    }
    package let keepsWrites = true
    package let conduct: InMemoryConduct
    private let versioned: Bool
    private let etags: ETags
    private let order: InMemoryOrder
    private let pageSize: Int
    private let clock: (any RunClock)?
    private let state = Mutex(State())

    package init(
        keepsVersions: Bool = false,
        etags: ETags = .md5,
        order: InMemoryOrder = .bytes,
        pageSize: Int = 1000,
        ledger: RequestLedger? = nil,
        clock: (any RunClock)? = nil
    ) {
        self.clock = clock
        versioned = keepsVersions
        self.etags = etags
        self.order = order
        self.pageSize = pageSize
        conduct = InMemoryConduct(ledger: ledger)
    }

    // MARK: For tests

    /// Puts an object there without counting or logging it.
    package func place(_ bytes: [UInt8], at key: String) {
        state.withLock { state in
            _ = put(bytes, ObjectKey(key), .overwrite, &state)
        }
    }

    /// Everything that is stored at one moment.
    package struct Memory: Sendable {
        fileprivate var objects: [ObjectKey: [Stored]]
    }

    /// What is stored now; setting it puts everything back.
    package var memory: Memory {
        get { state.withLock { Memory(objects: $0.objects) } }
        set { state.withLock { $0.objects = newValue.objects } }
    }

    /// Damages the bytes of one version of an object, nil for the newest, its version id as it was; a change to nil
    /// removes the object with all its versions.
    package func damage(_ key: ObjectKey, versionID: String? = nil, _ change: ([UInt8]) -> [UInt8]?) {
        state.withLock { state in
            guard var versions = state.objects[key],
                let index = versions.lastIndex(where: { versionID == nil || $0.versionID == versionID })
            else { return }
            if let bytes = change(versions[index].bytes) {
                versions[index].bytes = bytes
                state.objects[key] = versions
            } else {
                state.objects[key] = nil
            }
        }
    }

    /// Has every reading of an object's newest bytes fail, as of a bad block, until it is written over.
    package func makeUnreadable(_ key: ObjectKey) {
        state.withLock { state in
            guard let versions = state.objects[key] else { return }
            state.objects[key]?[versions.count - 1].isUnreadable = true
        }
    }

    /// Moves one version of an object, nil for the newest, to a storage class in which its bytes cannot be read, or brings
    /// them back.
    package func archive(_ key: ObjectKey, versionID: String? = nil, _ isArchived: Bool = true) {
        state.withLock { state in
            guard let index = state.objects[key]?.lastIndex(where: { versionID == nil || $0.versionID == versionID })
            else { return }
            state.objects[key]?[index].isArchived = isArchived
        }
    }

    /// Makes an object's newest bytes look as if they were stored now.
    package func touch(_ key: ObjectKey) {
        let now = clock.map { Timestamp(secondsSince1970: $0.secondsSince1970()) }
        state.withLock { state in
            guard let versions = state.objects[key] else { return }
            state.objects[key]?[versions.count - 1].modified = now
        }
    }

    /// Has every reading by version id be refused, as of a role without that right.
    package func refuseVersions() {
        state.withLock { $0.refusesVersions = true }
    }

    /// Has the store say what to do so that it keeps versions, as a bucket.
    package func adviseVersioning() {
        state.withLock { $0.advisesVersioning = true }
    }

    /// Has the store say only after a write whether it keeps versions, as an access point.
    package func hideVersioning() {
        state.withLock { $0.hidesVersioning = true }
    }

    /// Removes one version of an object, as a lifecycle rule does.
    package func forget(_ key: ObjectKey, versionID: String) {
        state.withLock { $0.objects[key]?.removeAll { $0.versionID == versionID } }
    }

    /// The ids of an object's versions, the oldest first; empty where versions are not kept.
    package func versionIDs(of key: ObjectKey) -> [String] {
        state.withLock { $0.objects[key]?.compactMap(\.versionID) ?? [] }
    }

    /// Every object's newest bytes by key.
    package var contents: [String: [UInt8]] {
        state.withLock { state in
            Dictionary(uniqueKeysWithValues: state.objects.map { ($0.key.value, $0.value.last?.bytes ?? []) })
        }
    }

    /// Every key, in byte order.
    package var keys: [String] { state.withLock { $0.objects.keys.sorted().map(\.value) } }

    /// An object's newest bytes as text; empty when there is none.
    package func text(at key: String) -> String {
        String(decoding: state.withLock { $0.objects[ObjectKey(key)]?.last?.bytes ?? [] }, as: UTF8.self)
    }

    /// The bytes of one version of an object; nil when there is none.
    package func bytes(at key: ObjectKey, versionID: String?) -> [UInt8]? {
        state.withLock { $0.objects[key]?.last { versionID == nil || $0.versionID == versionID }?.bytes }
    }

    /// Every write that stored something, in order.
    package var writes: [Write] { state.withLock { $0.writes } }

    package func forgetWrites() {
        state.withLock { $0.writes = [] }
    }

    /// Has `watcher` called after each write that stored something, before the writer gets its answer.
    package func watch(_ watcher: @escaping @Sendable (InMemoryStore, Write) -> Void) {
        state.withLock { $0.watcher = watcher }
    }

    // MARK: ObjectStore

    package func keepsVersions() async throws -> Bool? {
        try await conduct.enter(TestOperations.getVersioning)
        return state.withLock { !$0.hidesVersioning || $0.hasWritten ? versioned : nil }
    }

    package var listsInByteOrder: Bool { order == .bytes }

    package func list(
        prefix: ObjectKey,
        startingAfter start: ObjectKey?,
        after token: PageToken?
    ) async throws -> Page<StoredObject> {
        let operation = TestOperations.list
        try await conduct.enter(operation)
        let rows = state.withLock { state in
            keys(under: prefix, after: token.map { ObjectKey(String($0.value.dropFirst())) } ?? start, &state)
                .compactMap {
                    key -> (name: ExactText, row: StoredObject)? in
                    guard key.value.utf8.starts(with: prefix.value.utf8), let newest = state.objects[key]?.last
                    else { return nil }
                    if let start, key <= start { return nil }
                    return (ExactText(key.value), row(of: newest, at: key))
                }
        }
        let page = order.page(rows, after: token, size: pageSize)
        return Page(page.elements, next: conduct.next(page.next, of: operation))
    }

    /// The keys that a page may be of: all, or those of the page and one more where they are sorted already.
    private func keys(under prefix: ObjectKey, after last: ObjectKey?, _ state: inout State) -> [ObjectKey] {
        guard order == .bytes, state.objects.count > 500 else { return Array(state.objects.keys) }
        let sorted = state.sorted ?? state.objects.keys.sorted()
        state.sorted = sorted
        let low = max(prefix, last ?? prefix)
        var first = 0
        var end = sorted.count
        while first < end {
            let middle = (first + end) / 2
            if sorted[middle] < low { first = middle + 1 } else { end = middle }
        }
        // The first may be the last of the page before.
        return Array(sorted[first...].prefix(pageSize + 2))
    }

    package func listVersions(prefix: ObjectKey, after token: PageToken?) async throws -> Page<StoredVersion>? {
        guard versioned else { return nil }
        let operation = TestOperations.listObjectVersions
        try await conduct.enter(operation)
        let objects = state.withLock(\.objects).filter { $0.key.value.utf8.starts(with: prefix.value.utf8) }
        let rows = objects.map { key, versions in
            (name: ExactText(key.value), row: self.versions(versions, at: key))
        }
        let page = order.page(rows, after: token, size: pageSize)
        return Page(page.elements.flatMap { $0 }, next: conduct.next(page.next, of: operation))
    }

    /// The newest first.
    private func versions(_ stored: [Stored], at key: ObjectKey) -> [StoredVersion] {
        stored.indices.reversed().map { index in
            StoredVersion(
                row(of: stored[index], at: key),
                versionID: stored[index].versionID,
                isNewest: index == stored.indices.last,
                isDeleteMarker: false
            )
        }
    }

    private func row(of stored: Stored, at key: ObjectKey) -> StoredObject {
        StoredObject(
            key: key,
            size: Int64(stored.bytes.count),
            etag: etag(of: stored.bytes),
            modified: stored.modified,
            archive: stored.isArchived
                ? StoredObject.Archive(storageClass: "GLACIER", command: "bring-back \(key)") : nil
        )
    }

    package func folders(under prefix: ObjectKey) async throws -> Page<String> {
        try await conduct.enter(TestOperations.list)
        let names = state.withLock { state in
            state.objects.keys.filter { $0.value.utf8.starts(with: prefix.value.utf8) }.compactMap { key in
                let rest = key.value.utf8.dropFirst(prefix.value.utf8.count)
                return rest.firstIndex(of: UInt8(ascii: "/")).map { ExactText(String(Substring(rest[..<$0]))) }
            }
        }
        let all = Set(names).sorted().map(\.value)
        return Page(Array(all.prefix(pageSize)), next: all.count > pageSize ? PageToken("more") : nil)
    }

    package func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool {
        try await read(key, limit: .max) == bytes
    }

    package func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject? {
        try await conduct.enter(TestOperations.head)
        guard let stored = try stored(key, versionID) else { return nil }
        return InspectedObject(
            size: Int64(stored.bytes.count),
            sha256: Hexadecimal.encode(Digest.of(stored.bytes, .sha256)),
            versionID: stored.versionID
        )
    }

    package func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        Body(store: self, key: key, versionID: versionID, range: range)
    }

    private struct Body: AssetBody {
        let store: InMemoryStore
        let key: ObjectKey
        let versionID: String?
        let range: Range<Int64>?

        var origin: BodyOrigin? { BodyOrigin(TestOperations.get, key.value) }

        func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
            let operation = TestOperations.get
            try await store.conduct.enter(operation)
            guard let bytes = try store.stored(key, versionID)?.bytes else {
                throw RemoteFailure(
                    .absent,
                    operation: operation,
                    target: key.value,
                    message: "there is no such object"
                )
            }
            guard let range else { return try await receive(bytes) }
            try await receive(Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
        }
    }

    private func stored(_ key: ObjectKey, _ versionID: String?) throws(RemoteFailure) -> Stored? {
        let (stored, isRefused) = state.withLock { state in
            let stored = state.objects[key]?.last { !versioned || versionID == nil || $0.versionID == versionID }
            return (stored, versionID != nil && state.refusesVersions)
        }
        guard !isRefused else {
            throw RemoteFailure(
                .denied,
                operation: TestOperations.get,
                target: key.value,
                message: "it needs s3:GetObjectVersion"
            )
        }
        guard stored?.isArchived != true else {
            throw RemoteFailure(
                .archived,
                operation: TestOperations.get,
                target: key.value,
                message: "InvalidObjectState"
            )
        }
        guard stored?.isUnreadable != true else {
            let message = "the bytes cannot be read"
            throw RemoteFailure(.unavailable, operation: TestOperations.get, target: key.value, message: message)
        }
        return stored
    }

    package func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        let operation = TestOperations.get
        try await conduct.enter(operation)
        guard let stored = try stored(key, nil) else { return nil }
        guard stored.bytes.count <= limit else {
            let message = "the object has \(stored.bytes.count) bytes, more than the \(limit) that are read at most"
            throw RemoteFailure(.invalid, operation: operation, target: key.value, message: message)
        }
        return stored.bytes
    }

    package func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome {
        try await conduct.enter(TestOperations.put)
        return store(bytes, key, condition)
    }

    package func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        let operation = TestOperations.put
        try await conduct.enter(operation)
        var bytes: [UInt8] = []
        try await body.read { bytes += $0 }
        try Task.checkCancellation()
        let sha256 = Hexadecimal.encode(Digest.of(bytes, .sha256))
        guard Int64(bytes.count) == asset.size, (asset.checksums.sha256 ?? sha256) == sha256 else {
            let listed = "\(asset.size) bytes with SHA-256 \(asset.checksums.sha256 ?? "unknown") listed"
            let message = "\(bytes.count) bytes with SHA-256 \(sha256) are not the \(listed)"
            throw body.corrupt(message, for: BodyOrigin(operation, key.value))
        }
        return store(bytes, key, condition)
    }

    private func store(_ bytes: [UInt8], _ key: ObjectKey, _ condition: WriteCondition) -> WriteOutcome {
        let (outcome, write, watcher) = state.withLock { state in
            let write = Write(key: key, replaced: state.objects[key] != nil)
            let outcome = put(bytes, key, condition, &state)
            if outcome != .alreadyExists {
                state.writes.append(write)
                state.hasWritten = true
            }
            return (outcome, write, state.watcher)
        }
        if outcome != .alreadyExists { watcher?(self, write) }
        return outcome
    }

    private func put(
        _ bytes: [UInt8],
        _ key: ObjectKey,
        _ condition: WriteCondition,
        _ state: inout State
    ) -> WriteOutcome {
        if condition == .createOnly, state.objects[key] != nil { return .alreadyExists }
        let modified = clock.map { Timestamp(secondsSince1970: $0.secondsSince1970()) }
        guard versioned else {
            state.objects[key] = [Stored(bytes: bytes, versionID: nil, modified: modified)]
            return .stored(versionID: nil)
        }
        state.versionsMade += 1
        let versionID = "version-\(state.versionsMade)"
        state.objects[key, default: []].append(Stored(bytes: bytes, versionID: versionID, modified: modified))
        return .stored(versionID: versionID)
    }

    private func etag(of bytes: [UInt8]) -> String? {
        switch etags {
        case .md5: Hexadecimal.encode(Digest.of(bytes, .md5))
        case .opaque: String(Hexadecimal.encode(Digest.of(bytes, .sha512)).prefix(32))
        case .none: nil
        }
    }
}

/// The sums of sidecar files, for whoever wires a run in a test.
package let sidecarDigest: DigestFunction = { bytes, algorithm in
    switch algorithm {
    case .sha1: Hexadecimal.encode(Digest.of(bytes, .sha1))
    case .md5: Hexadecimal.encode(Digest.of(bytes, .md5))
    case .sha256: Hexadecimal.encode(Digest.of(bytes, .sha256))
    case .sha512: Hexadecimal.encode(Digest.of(bytes, .sha512))
    }
}

/// Both, for a `Backup` in a test.
package let testHashes = HashFunctions(digest: sidecarDigest, checksums: assetChecksums)

/// The hashes of an asset's bytes, for whoever wires a verification in a test.
package let assetChecksums: ChecksumFunction = { algorithms, read in
    var bytes: [UInt8] = []
    try await read { bytes += $0 }
    var checksums = Checksums()
    for algorithm in algorithms { checksums[algorithm] = sidecarDigest(bytes, algorithm) }
    return checksums
}
