import Synchronization

/// A store that reads but never writes, and counts what a run would write.
///
/// A run on it requests everything from the source except bytes, and leaves no trace.
package final class DryRunStore: StoreDecorator {
    /// What a run would have written.
    package struct Writes: Hashable, Sendable {
        /// Assets whose bytes would be moved.
        package var assets = 0
        package var bytes: Int64 = 0
        /// Manifests, metadata and checksum files.
        package var documents = 0
        /// Documents that would be read back to check that they are stored as written.
        package var documentsReadBack = 0

        package init(assets: Int = 0, bytes: Int64 = 0, documents: Int = 0, documentsReadBack: Int = 0) {
            self.assets = assets
            self.bytes = bytes
            self.documents = documents
            self.documentsReadBack = documentsReadBack
        }
    }

    package let base: any ObjectStore
    private let counts = Mutex(Writes())

    package init(_ base: any ObjectStore) {
        self.base = base
    }

    package var writes: Writes { counts.withLock { $0 } }

    package var keepsWrites: Bool { false }

    /// Always true: in a plan, nobody overwrites what was written.
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
