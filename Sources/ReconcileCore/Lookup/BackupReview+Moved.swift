/// Which S3 versions a copied backup does not have: its records name those of the bucket that it was copied from.
extension BackupReview {
    /// The assets whose newest bytes take the place of the recorded S3 version, since that is another bucket's.
    ///
    /// A HEAD for the first asset of each version; if that is one of them, for its other assets too; and another for each
    /// whose SHA-256 the store does not keep. An asset that cannot be looked at is none of them, nor is one that has other
    /// bytes since.
    ///
    /// - Throws: `CancellationError` when it is stopped.
    package func moved(_ versions: [KeptVersion], stop: StopSignal) async throws -> Set<ObjectKey> {
        var moved: Set<ObjectKey> = []
        for version in versions {
            let assets = (try? version.manifest.get())?.assets ?? []
            for stored in assets where stored.versionID != nil {
                if stop.reason != nil { throw CancellationError() }
                if await isMoved(stored) {
                    moved.insert(stored.key)
                } else if !assets.contains(where: { moved.contains($0.key) }) {
                    break
                }
            }
        }
        return moved
    }

    private func isMoved(_ stored: Manifest.StoredAsset) async -> Bool {
        guard let newest = try? await backup.store.describe(stored.key, versionID: nil),
            newest.versionID != stored.versionID, newest.size == stored.asset.size
        else { return false }
        if let sha256 = newest.sha256 { return sha256 == stored.asset.checksums.sha256 }
        // Other bytes of the same size may have been put over it here: then the recorded version is still there.
        do {
            return try await backup.store.describe(stored.key, versionID: stored.versionID) == nil
        } catch let failure as RemoteFailure {
            // An ID of another bucket need not have the form of one (S3: 400 NoSuchVersion or InvalidArgument).
            return failure.kind == .invalid
        } catch {
            return false
        }
    }
}
