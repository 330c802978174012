/// Which S3 versions a copied backup does not have: its records name those of the bucket that it was copied from.
extension BackupReview {
    /// The assets whose newest bytes take the place of the recorded S3 version, since that is another bucket's.
    ///
    /// A HEAD for the first asset of each version; if that is one of them, for its other assets too. An asset that cannot
    /// be looked at is none of them, nor is one that has other bytes since.
    ///
    /// - Throws: `CancellationError` when it is stopped.
    package func moved(_ versions: [KeptVersion], stop: StopSignal) async throws -> Set<ObjectKey> {
        var moved: Set<ObjectKey> = []
        for version in versions {
            let assets = (try? version.manifest.get())?.assets ?? []
            for stored in assets where stored.versionID != nil {
                if stop.reason != nil { throw CancellationError() }
                guard await isMoved(stored) else { break }
                moved.insert(stored.key)
            }
        }
        return moved
    }

    private func isMoved(_ stored: Manifest.StoredAsset) async -> Bool {
        guard let newest = try? await backup.store.describe(stored.key, versionID: nil),
            newest.versionID != stored.versionID, newest.size == stored.asset.size
        else { return false }
        return newest.sha256 == nil || newest.sha256 == stored.asset.checksums.sha256
    }
}
