import Synchronization

/// A store that reads but never writes, and answers as if everything written to it were stored, so that work that reads
/// back its own writes can be rehearsed to the end.
///
/// Documents are kept in memory. Of an asset only the source of its bytes is kept, so reading the asset back reads that
/// source.
package final class RehearsedStore: StoreDecorator {
    /// A write that a real store would have received.
    package struct Write: Hashable, Sendable {
        package let key: ObjectKey
        /// Whether it is an asset, whose bytes would be moved.
        package let isAsset: Bool
        /// In bytes.
        package let size: Int64
    }

    private struct Kept: Sendable {
        let write: Write
        let sha256: String?
        let versionID: String?
        let body: any AssetBody
        /// Only for a document.
        let bytes: [UInt8]?
    }

    package let base: any ObjectStore
    private let digest: @Sendable (_ bytes: [UInt8], _ algorithm: ChecksumAlgorithm) -> String
    /// The newest write to each key.
    private let kept = Mutex<[ObjectKey: Kept]>([:])

    /// - Parameter digest: returns lower-case hexadecimal.
    package init(
        _ base: any ObjectStore,
        digest: @escaping @Sendable (_ bytes: [UInt8], _ algorithm: ChecksumAlgorithm) -> String
    ) {
        self.base = base
        self.digest = digest
    }

    /// What would be written, one row per key, in key order.
    package var writes: [Write] { kept.withLock { $0.values.map(\.write) }.sorted { $0.key < $1.key } }

    package var keepsWrites: Bool { true }

    /// New objects come at the end of a listing.
    package var listsInByteOrder: Bool { false }

    /// A page of the base, with the objects written here appended to the last page; they hide those of the base.
    package func list(
        prefix: ObjectKey,
        startingAfter start: ObjectKey?,
        after token: PageToken?
    ) async throws -> Page<StoredObject> {
        let page = try await base.list(prefix: prefix, startingAfter: start, after: token)
        let kept = kept.withLock { $0 }
        guard !kept.isEmpty else { return page }
        var rows = page.elements.filter { kept[$0.key] == nil }
        if page.next == nil {
            for write in kept.values.map(\.write) where write.key.value.utf8.starts(with: prefix.value.utf8) {
                if let start, write.key <= start { continue }
                rows.append(StoredObject(key: write.key, size: write.size, etag: nil))
            }
        }
        return Page(rows, next: page.next, hidden: page.hidden)
    }

    package func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject? {
        guard let own = kept(key, versionID), let sha256 = own.sha256 else {
            return try await base.inspect(key, versionID: versionID)
        }
        return InspectedObject(size: own.write.size, sha256: sha256, versionID: own.versionID)
    }

    package func describe(_ key: ObjectKey, versionID: String?) async throws -> DescribedObject? {
        guard let own = kept(key, versionID) else { return try await base.describe(key, versionID: versionID) }
        return DescribedObject(size: own.write.size, sha256: own.sha256, versionID: own.versionID)
    }

    package func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        guard let own = kept(key, versionID) else { return base.body(at: key, versionID: versionID, range: range) }
        return range.map { PartOfBody(whole: own.body, range: $0) } ?? own.body
    }

    package func body(
        of asset: Asset,
        at key: ObjectKey,
        versionID: String?,
        range: Range<Int64>?
    ) -> any AssetBody {
        body(at: key, versionID: versionID, range: range)
    }

    /// A document that was written here; nil for any other key.
    func bytes(writtenTo key: ObjectKey) -> [UInt8]? { kept(key, nil)?.bytes }

    package func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        guard let bytes = self.bytes(writtenTo: key) else { return try await base.read(key, limit: limit) }
        return bytes
    }

    package func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool {
        guard let own = self.bytes(writtenTo: key) else { return try await base.holds(bytes, at: key) }
        return own == bytes
    }

    package func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome {
        let write = Write(key: key, isAsset: false, size: Int64(bytes.count))
        return try await keep(write, digest(bytes, .sha256), Document(bytes: bytes), bytes, condition)
    }

    package func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        let write = Write(key: key, isAsset: true, size: asset.size)
        return try await keep(write, asset.checksums.sha256, body, nil, condition)
    }

    private func keep(
        _ write: Write,
        _ sha256: String?,
        _ body: any AssetBody,
        _ bytes: [UInt8]?,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        let isFree = condition == .overwrite
        if !isFree, kept(write.key, nil) != nil { return .alreadyExists }
        if !isFree, try await base.describe(write.key, versionID: nil) != nil { return .alreadyExists }
        let keepsVersions = try await base.keepsVersions() == true
        return kept.withLock { kept in
            let versionID = keepsVersions ? "rehearsed-\(kept.count + 1)" : nil
            kept[write.key] = Kept(write: write, sha256: sha256, versionID: versionID, body: body, bytes: bytes)
            return .stored(versionID: versionID)
        }
    }

    /// What was written to a key, unless an older version is requested, which the base has.
    private func kept(_ key: ObjectKey, _ versionID: String?) -> Kept? {
        guard let own = kept.withLock({ $0[key] }) else { return nil }
        return versionID == nil || own.versionID == nil || own.versionID == versionID ? own : nil
    }

    private struct Document: AssetBody {
        let bytes: [UInt8]

        func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws { try await receive(bytes) }
    }

    private struct PartOfBody: AssetBody {
        let whole: any AssetBody
        let range: Range<Int64>

        var origin: BodyOrigin? { whole.origin }

        func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
            var offset: Int64 = 0
            try await whole.read { piece in
                let part = range.clamped(to: offset..<offset + Int64(piece.count))
                if !part.isEmpty {
                    try await receive(Array(piece[Int(part.lowerBound - offset)..<Int(part.upperBound - offset)]))
                }
                offset += Int64(piece.count)
            }
        }
    }
}
