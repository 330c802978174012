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
        typealias Reading = (number: Int, result: Result<Manifest, any Error>)
        var work = IndependentWork<(Int, ManifestRecord), Reading>(Array(zip(records.indices, records)), stop: stop) {
            if case .failure(let error) = $0.result { return !Self.isOfOneManifest(error) }
            return false
        }
        await drive(&work, width: width) { number, record in
            do {
                return (number, .success(try await manifest(of: record)))
            } catch {
                return (number, .failure(error))
            }
        }
        var results: [Result<Manifest, RemoteFailure>] = []
        for outcome in work.outcomes.sorted(by: { $0.number < $1.number }) {
            switch outcome.result {
            case .success(let manifest): results.append(.success(manifest))
            case .failure(let failure as RemoteFailure) where Self.isOfOneManifest(failure):
                results.append(.failure(failure))
            case .failure(let error): throw error
            }
        }
        if work.isCutShort { throw CancellationError() }
        return results
    }

    private static func isOfOneManifest(_ error: any Error) -> Bool {
        guard let failure = error as? RemoteFailure else { return false }
        return [.absent, .archived, .denied, .malformed, .invalid, .untrusted].contains(failure.kind)
    }
}
