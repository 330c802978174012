/// Looks for files by name, hash or coordinates in the newest record of each version.
extension BackupReview {
    /// One file that was looked for.
    package struct Hit: Hashable, Sendable {
        package let record: ManifestRecord
        package let stored: Manifest.StoredAsset

        package init(record: ManifestRecord, stored: Manifest.StoredAsset) {
            self.record = record
            self.stored = stored
        }
    }

    /// What a search found.
    package struct Hits: Hashable, Sendable {
        /// In byte order of repository, namespace, package, version and file.
        package var assets: [Hit] = []
        /// Why records were passed over.
        package var failures: [RemoteFailure] = []
    }

    /// Manifests that are held at once.
    private static let batch = 512

    /// The files that match any of some queries, in the newest record of each version that can be read.
    ///
    /// One list for each thousand records, and one GET for each version whose coordinates do not rule it out.
    ///
    /// - Throws: an `absent` failure where nothing matches; what keeps the store from answering; `CancellationError` when
    ///   it is stopped.
    package func hits(_ queries: [AssetQuery], stop: StopSignal) async throws -> Hits {
        let patterns = queries.compactMap(\.pattern)
        let prefixes =
            patterns.count == queries.count
            ? Set(patterns.flatMap(prefixes)).sorted() : selection.manifestPrefixes(in: backup.layout)
        let histories = try await backup.catalog.histories(under: Self.outermost(prefixes)) { version in
            if stop.reason != nil { throw CancellationError() }
            return selection.contains(version) && queries.contains { $0.mayMatch(version) }
        }
        var hits = Hits()
        for start in stride(from: 0, to: histories.count, by: Self.batch) {
            let some = Array(histories[start..<min(start + Self.batch, histories.count)])
            for version in try await kept(some, stop) {
                hits.failures += version.failures
                guard let manifest = try? version.manifest.get() else { continue }
                for stored in manifest.assets
                where queries.contains(where: { $0.matches(stored.asset, in: manifest.coordinates) }) {
                    hits.assets.append(Hit(record: manifest.record, stored: stored))
                }
            }
        }
        guard hits.assets.isEmpty, hits.failures.isEmpty else { return hits }
        let near = patterns.count == 1 && queries.count == 1 ? try await nearest(to: patterns[0], stop) : []
        throw absent(
            "no file in the newest record of any version matches "
                + queries.map(\.description).joined(separator: " or ")
                + (near.isEmpty
                    ? "; check the text, --domain and --repository" : "; nearest: \(near.joined(separator: ", "))")
        )
    }

    /// Without those that others contain: a record is listed once.
    private static func outermost(_ prefixes: [ObjectKey]) -> [ObjectKey] {
        var kept: [ObjectKey] = []
        // What contains another comes before it.
        for prefix in prefixes.sorted()
        where !kept.contains(where: { prefix.value.utf8.starts(with: $0.value.utf8) }) {
            kept.append(prefix)
        }
        return kept
    }
}
