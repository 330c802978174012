/// What a copy does about files that are recorded with other bytes.
extension VersionCopier {
    /// What was recorded last of a version that is known: one list and one read; nil for any other, and where no record
    /// passes the reader.
    func recorded(_ version: VersionCoordinates, since newestRecord: Timestamp?) async throws -> Manifest? {
        guard newestRecord != nil else { return nil }
        return try await backup.catalog.newestManifest(of: version, adding: nil)
    }

    /// The end of a version whose bytes have changed, where that is not accepted.
    func refused(_ mutations: [Mutation], of version: VersionCoordinates) -> CopyOutcome {
        let message =
            Mutation.words(mutations)
            + ". Nothing was copied or recorded. If the change is right, run once with --on-mutation accept"
        let failure = RemoteFailure(.conflict, operation: .copy, target: "\(version)", message: message)
        return .failed(
            CopyFailures(failures: [ItemFailure(failure, version: version)], publishedTime: nil, isMutated: true)
        )
    }

    /// What becomes of the earlier bytes of mutated files, by where the new ones are.
    func ending(_ mutations: [Mutation], storedAs assets: [Manifest.StoredAsset]) -> Mutation.Ending {
        guard backup.store.keepsWrites else { return .planned(keepsBoth: self.assets.keepsVersions == true) }
        let names = Set(mutations.map { ExactText($0.asset) })
        let hasVersions = assets.allSatisfy { $0.versionID != nil || !names.contains(ExactText($0.asset.name)) }
        return hasVersions ? .kept : .replaced
    }
}
