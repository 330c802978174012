/// Files that are recorded and have other bytes at the source.
extension VersionCopier {
    /// The files of a listing that have other bytes than in the newest record that names them; none for a version
    /// without a record. Reads older records only as `BackupCatalog.complete` does.
    @inline(never)
    func mutations(
        in listing: [Asset],
        of version: VersionCoordinates,
        since earlier: EarlierRecord?
    ) async throws -> [Mutation] {
        guard let earlier else { return [] }
        var files = RecordedFiles(earlier.manifest.assets)
        try await backup.catalog.complete(&files, for: listing, of: version, from: earlier.older)
        return files.mutations(in: listing)
    }

    /// The outcome for a version with changed bytes, if that isn't accepted.
    func refused(_ mutations: [Mutation], of version: VersionCoordinates) -> CopyOutcome {
        let message =
            Mutation.words(mutations)
            + ". Nothing was copied or recorded. If the change is right, run once with --on-mutation accept"
        let failure = RemoteFailure(.conflict, operation: .copy, target: "\(version)", message: message)
        return .failed(
            CopyFailures(failures: [ItemFailure(failure, version: version)], publishedTime: nil, isMutated: true)
        )
    }

    /// Advises a repair for files in whose place the store has other bytes than the source and the record name, as of one
    /// that was cut short: a run leaves them as they are where none can follow.
    func advising(
        _ failures: [ItemFailure],
        ofFilesIn earlier: Manifest?,
        without mutations: [Mutation]
    ) -> [ItemFailure] {
        let recorded = Set((earlier?.assets ?? []).map { ExactText($0.asset.name) })
            .subtracting(mutations.map { ExactText($0.asset) })
        return failures.map { failure in
            guard failure.kind == .conflict, let name = failure.place.asset, recorded.contains(ExactText(name)) else {
                return failure
            }
            var failure = failure
            failure.message += ". Run verify --repair, which stores the recorded bytes again"
            failure.needsRepair = true
            return failure
        }
    }

    /// What happens to the previous bytes of mutated files, judging by where the new ones are stored.
    func ending(_ mutations: [Mutation], storedAs assets: [Manifest.StoredAsset]) -> Mutation.Ending {
        guard backup.store.keepsWrites else { return .planned(keepsBoth: self.assets.keepsVersions == true) }
        let names = Set(mutations.map { ExactText($0.asset) })
        let hasVersions = assets.allSatisfy { $0.versionID != nil || !names.contains(ExactText($0.asset.name)) }
        return hasVersions ? .kept : .replaced
    }
}
