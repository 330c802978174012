/// Reads many manifests concurrently.
extension BackupCatalog {
    /// The result of reading each record's manifest, in order. A missing or unreadable manifest is a value, not an
    /// error.
    ///
    /// - Parameter width: how many manifests to read at once.
    /// - Throws: a failure of the store as a whole; `CancellationError` if stopped.
    func read(
        _ records: [ManifestRecord],
        width: Int,
        _ stop: StopSignal
    ) async throws -> [Result<Manifest, RemoteFailure>] {
        let (results, failure) = await sideBySide(records, width: width, until: stop) { record in
            do {
                return Result<Manifest, RemoteFailure>.success(try await manifest(of: record))
            } catch let failure as RemoteFailure where Self.isOfOneManifest(failure) {
                return .failure(failure)
            }
        }
        if let failure { throw failure }
        if results.count < records.count { throw CancellationError() }
        return results
    }

    static func isOfOneManifest(_ failure: RemoteFailure) -> Bool {
        [.absent, .archived, .denied, .malformed, .invalid, .untrusted].contains(failure.kind)
    }
}
