/// Reads many manifests, several at a time.
extension BackupCatalog {
    /// What reading each record's manifest gave, in order. A manifest that is gone or unreadable is a value.
    ///
    /// - Parameter width: how many are read at once.
    /// - Throws: what keeps the store from answering; `CancellationError` when it is stopped.
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
