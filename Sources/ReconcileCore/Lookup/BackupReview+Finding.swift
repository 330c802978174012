/// Searches the records of versions for files by name, hash or coordinates.
extension BackupReview {
    /// A matching file.
    package struct Hit: Hashable, Sendable {
        package let record: ManifestRecord
        package let stored: Manifest.StoredAsset

        package init(record: ManifestRecord, stored: Manifest.StoredAsset) {
            self.record = record
            self.stored = stored
        }
    }

    /// The result of a search.
    package struct Hits: Hashable, Sendable {
        /// Sorted by the bytes of repository, namespace, package, version and file.
        package var assets: [Hit] = []
        /// Failures of records that were skipped and of folders that the store refuses to list.
        package var failures: [RemoteFailure] = []
    }

    /// The maximum number of manifests in memory.
    private static let batch = 512

    /// The files that match any of the queries, in the newest readable record of each version.
    ///
    /// Costs one list per thousand records, and one GET for each version whose coordinates don't rule it out.
    ///
    /// - Parameter ofAllRecords: whether to search the older records of a version too, with one GET per record. If
    ///   several records name the same file, the oldest of them is returned.
    /// - Throws: an `absent` failure if nothing matches; a failure of the store as a whole; `CancellationError` if
    ///   stopped.
    package func hits(
        _ queries: [AssetQuery],
        ofAllRecords: Bool = false,
        stop: StopSignal
    ) async throws -> Hits {
        let patterns = queries.compactMap(\.pattern)
        let prefixes =
            patterns.count == queries.count
            ? Set(patterns.flatMap(prefixes)).sorted() : selection.manifestPrefixes(in: backup.layout)
        var hidden = HiddenRecords(in: backup.layout)
        var listed = 0
        let histories = try await backup.catalog.histories(under: Self.outermost(prefixes)) { version in
            if stop.reason != nil { throw CancellationError() }
            listed += 1
            return selection.contains(version) && queries.contains { $0.mayMatch(version) }
        } hiding: {
            hidden.add($0)
        }
        try hidden.requireShown(listed)
        var hits = Hits()
        hits.failures = failures(of: hidden, for: patterns.count == queries.count ? patterns : [])
        var seen: Set<Place> = []
        for start in stride(from: 0, to: histories.count, by: Self.batch) {
            let some = Array(histories[start..<min(start + Self.batch, histories.count)])
            let (manifests, failures) = try await manifests(of: some, all: ofAllRecords, stop)
            hits.failures += failures
            for manifest in manifests {
                for stored in manifest.assets
                where queries.contains(where: { $0.matches(stored.asset, in: manifest.coordinates) }) {
                    let place = Place(version: manifest.coordinates.exact, asset: stored.asset)
                    guard !ofAllRecords || seen.insert(place).inserted else { continue }
                    hits.assets.append(Hit(record: manifest.record, stored: stored))
                }
            }
        }
        guard hits.assets.isEmpty, hits.failures.isEmpty else { return hits }
        if let wrong = await wrongPlace() { throw absent(wrong) }
        let near = patterns.count == 1 && queries.count == 1 ? try await nearest(to: patterns[0], stop) : []
        throw absent(
            "no file in \(ofAllRecords ? "any record" : "the newest record") of any version matches "
                + queries.map(\.description).joined(separator: " or ")
                + (near.isEmpty
                    ? "; check the text, --domain and --repository" : "; nearest: \(near.joined(separator: ", "))")
        )
    }

    /// A file of a version.
    private struct Place: Hashable {
        let version: [ExactText]
        let asset: Asset
    }

    /// For each version, the newest readable manifest, or all readable ones, oldest first.
    private func manifests(
        of histories: [VersionHistory],
        all: Bool,
        _ stop: StopSignal
    ) async throws -> (manifests: [Manifest], failures: [RemoteFailure]) {
        guard all else {
            let kept = try await kept(histories, stop)
            return (kept.compactMap { try? $0.manifest.get() }, kept.flatMap(\.failures))
        }
        let results = try await backup.catalog.read(histories.flatMap(\.records), width: width, stop)
        try results.requireSomeAllowed()
        let failures = results.compactMap { result in if case .failure(let failure) = result { failure } else { nil } }
        return (results.compactMap { try? $0.get() }, failures)
    }

    /// Without prefixes that another one contains, so that a record is listed only once.
    private static func outermost(_ prefixes: [ObjectKey]) -> [ObjectKey] {
        var kept: [ObjectKey] = []
        // A prefix sorts before any that it contains.
        for prefix in prefixes.sorted()
        where !kept.contains(where: { prefix.value.utf8.starts(with: $0.value.utf8) }) {
            kept.append(prefix)
        }
        return kept
    }
}
