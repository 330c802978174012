/// Finds S3 versions that a copied backup lacks, because its records name those of the original bucket.
extension BackupReview {
    /// The assets whose newest bytes are the recorded ones although the recorded S3 version is that of another bucket.
    ///
    /// Costs a HEAD for the first asset of each version; if that one has moved, also for its other assets; and another
    /// one for each asset without a stored SHA-256. An asset that cannot be examined, or that has had other bytes
    /// since, is not included.
    ///
    /// - Throws: `CancellationError` if stopped.
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
        // Here, other bytes of the same size may have been stored over it; then the recorded version still exists.
        do {
            return try await backup.store.describe(stored.key, versionID: stored.versionID) == nil
        } catch let failure as RemoteFailure {
            // The version ID of another bucket may not even be well-formed (S3: 400 NoSuchVersion or InvalidArgument).
            return failure.kind == .invalid
        } catch {
            return false
        }
    }
}
