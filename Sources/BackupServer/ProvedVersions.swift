import ReconcileCore

/// A bounded cache of which object versions have the bytes that records name.
///
/// A store that keeps versions never changes the bytes of one, so each is verified once, and then sent without hashing,
/// and in ranges. A store without versions may return different bytes on every read, so nothing in it counts as
/// verified.
final class ProvedVersions: Sendable {
    private let store: any ObjectStore
    private let proofs: BoundedCache<Manifest.StoredAsset, Bool>

    /// - Parameter limit: the approximate size in bytes.
    init(of store: any ObjectStore, clock: any RunClock, limit: Int) {
        self.store = store
        proofs = BoundedCache(limit: limit, timeToLive: nil, clock: clock) { _ in 1_000 }
    }

    /// Returns what is known about a version: nil if nothing is, false if it does not exist or has different bytes.
    func known(_ stored: Manifest.StoredAsset) -> Bool? { proofs.kept(for: stored)?.value }

    /// Whether an asset can be verified at all.
    static func canProve(_ stored: Manifest.StoredAsset) -> Bool {
        stored.versionID != nil && stored.asset.checksums.sha256 != nil
    }

    /// Whether a range of an asset may be sent, because all its bytes are known to have the right hash. Asks the store
    /// if nothing is known.
    func prove(_ stored: Manifest.StoredAsset) async throws -> Bool {
        guard Self.canProve(stored) else { return false }
        // A store that has no hash of the object reads all its bytes. Until that is done, a client that asks for a
        // range gets the whole asset.
        return try await proofs.value(for: stored, within: Self.patience) { [store] in
            try await store.inspect(stored.key, versionID: stored.versionID)?.sha256 == stored.asset.checksums.sha256
        } ?? false
    }

    private static let patience: Duration = .seconds(5)

    /// Records what reading the version has shown.
    func note(_ stored: Manifest.StoredAsset, isProved: Bool) { proofs.keep(isProved, for: stored) }
}
