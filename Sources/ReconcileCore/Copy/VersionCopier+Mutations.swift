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
            Mutation.sentence(mutations, of: version)
            + ". Nothing was copied or recorded. If the change is right, run once with --on-mutation accept"
        return failed(RemoteFailure(.conflict, operation: .copy, target: "\(version)", message: message), version)
    }
}
