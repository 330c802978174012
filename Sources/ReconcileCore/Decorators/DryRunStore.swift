import Synchronization

/// A store that reads but never writes: what a run would write is counted instead.
///
/// A run against it asks the source for everything but bytes, and leaves no trace.
package final class DryRunStore: ObjectStore {
    /// What a run would have written.
    package struct Writes: Hashable, Sendable {
        /// Assets whose bytes would be moved.
        package var assets = 0
        package var bytes: Int64 = 0
        /// Manifests, metadata and checksum files.
        package var documents = 0
        /// Documents that would be read again to see whether they are still as they were written.
        package var documentsReadBack = 0

        package init(assets: Int = 0, bytes: Int64 = 0, documents: Int = 0, documentsReadBack: Int = 0) {
            self.assets = assets
            self.bytes = bytes
            self.documents = documents
            self.documentsReadBack = documentsReadBack
        }
    }

    private let base: any ObjectStore
    private let counts = Mutex(Writes())

    package init(_ base: any ObjectStore) {
        self.base = base
    }

    package var writes: Writes { counts.withLock { $0 } }

    package var location: String { base.location }
    package var operations: StoreOperations { base.operations }
    package var keepsWrites: Bool { false }

    package func keepsVersions() async throws -> Bool? {
        try await base.keepsVersions()
    }

    package var listsInByteOrder: Bool { base.listsInByteOrder }

    package func list(
        prefix: ObjectKey,
        startingAfter start: ObjectKey?,
        after token: PageToken?
    ) async throws -> Page<StoredObject> {
        try await base.list(prefix: prefix, startingAfter: start, after: token)
    }

    package func listVersions(prefix: ObjectKey, after token: PageToken?) async throws -> Page<StoredVersion>? {
        try await base.listVersions(prefix: prefix, after: token)
    }

    package func folders() async throws -> [String] {
        try await base.folders()
    }

    package func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject? {
        try await base.inspect(key, versionID: versionID)
    }

    package func describe(_ key: ObjectKey, versionID: String?) async throws -> DescribedObject? {
        try await base.describe(key, versionID: versionID)
    }

    package func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        base.body(at: key, versionID: versionID, range: range)
    }

    package func body(
        of asset: Asset,
        at key: ObjectKey,
        versionID: String?,
        range: Range<Int64>?
    ) -> any AssetBody {
        base.body(of: asset, at: key, versionID: versionID, range: range)
    }

    package func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        try await base.read(key, limit: limit)
    }

    /// What was written is there: nobody else writes in a plan.
    package func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool {
        counts.withLock { $0.documentsReadBack += 1 }
        return true
    }

    package func write(
        _ bytes: [UInt8],
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        counts.withLock { $0.documents += 1 }
        return .stored(versionID: nil)
    }

    package func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        counts.withLock {
            $0.assets += 1
            $0.bytes = $0.bytes.adding(saturating: asset.size)
        }
        return .stored(versionID: nil)
    }
}
