import ReconcileCore

/// Which versions of objects hold the bytes that records name, as far as it was found out; for as many as are asked for.
///
/// A store that keeps versions never changes the bytes of one, so each is proved once, and then given without being hashed,
/// and in parts. A store without versions may have other bytes at each reading: nothing of it is proved here.
final class ProvedVersions: Sendable {
    private let store: any ObjectStore
    private let proofs: BoundedCache<Manifest.StoredAsset, Bool>

    /// - Parameter limit: of bytes in memory, approximately.
    init(of store: any ObjectStore, clock: any RunClock, limit: Int) {
        self.store = store
        proofs = BoundedCache(limit: limit, timeToLive: nil, clock: clock) { _ in 1_000 }
    }

    /// What is known: nil where nothing is, false where there is no such version, or it has other bytes.
    func known(_ stored: Manifest.StoredAsset) -> Bool? { proofs.kept(for: stored)?.value }

    /// Whether an asset may be proved at all.
    static func canProve(_ stored: Manifest.StoredAsset) -> Bool {
        stored.versionID != nil && stored.asset.checksums.sha256 != nil
    }

    /// Whether a part of an asset may be given: its hash is that of all its bytes. Asks the store where nothing is known.
    func prove(_ stored: Manifest.StoredAsset) async throws -> Bool {
        guard Self.canProve(stored) else { return false }
        // A store that knows no hash has all the bytes read for it: who asks for a part of many gets them whole meanwhile.
        return try await proofs.value(for: stored, within: Self.patience) { [store] in
            try await store.inspect(stored.key, versionID: stored.versionID)?.sha256 == stored.asset.checksums.sha256
        } ?? false
    }

    private static let patience: Duration = .seconds(5)

    /// Remembers what a reading of the version has shown.
    func note(_ stored: Manifest.StoredAsset, isProved: Bool) { proofs.keep(isProved, for: stored) }
}
