/// A version whose later records name different bytes than earlier ones, or, withdrawn, none any more, with the bytes
/// recorded first.
///
/// Publishing different bytes under an existing name changes what every reader gets by default. A bucket that keeps
/// versions still has the original bytes.
package struct FirstRecorded: Hashable, Sendable {
    /// The version in its current state, but with the files from before the change: each as the first record that names
    /// it does. Without a revision if no single record names exactly these files.
    package let manifest: Manifest
    /// The files that differ; none if the version was replaced and withdrawn before a run could read it.
    package let mutations: [Mutation]
    /// For each file, the last record before the change that names it.
    private let records: [ExactText: ManifestRecord]

    fileprivate init(manifest: Manifest, mutations: [Mutation], records: [ExactText: ManifestRecord]) {
        self.manifest = manifest
        self.mutations = mutations
        self.records = records
    }

    /// The last record before the change that names a file; nil if none does.
    package func record(naming asset: String) -> ManifestRecord? { records[ExactText(asset)] }

    /// A sentence for the reader.
    ///
    /// - Parameter givesFirst: whether the first bytes are used.
    package func sentence(givesFirst: Bool) -> String {
        guard let one = mutations.first else {
            let until = records.values.map(\.recordedAt).max().map { " (until \($0.extended))" } ?? ""
            return "\(manifest.coordinates) is \(manifest.status.rawValue) with files that no run could read; using "
                + (givesFirst ? "those" : "none; --first-recorded uses those") + " that were recorded before\(until)"
        }
        let more = mutations.count == 1 ? "" : " (and \(mutations.count - 1) more)"
        let until = record(naming: one.asset).map { " (until \($0.recordedAt.extended))" } ?? ""
        return
            "\(manifest.coordinates): \(one.asset)\(more) was first recorded with SHA-256 \(one.recorded)\(until), later "
            + "with \(one.shown); using the \(givesFirst ? "first" : "later; --first-recorded uses the first")"
    }
}

extension BackupCatalog {
    /// What a version was first recorded with, if the manifest names different bytes, or none although the version is only
    /// withdrawn; otherwise nil.
    ///
    /// Each file is that of the first record that names it, whether or not records in between have it. The files are
    /// those of the last record before the change, and those of the manifest that an earlier record names.
    ///
    /// A revision identifies one set of assets, so this costs a GET only for each earlier record with a different
    /// revision. Records that the reader rejects are ignored. Nil for a `-SNAPSHOT` version, because its files differ
    /// by name, and each build of it is a version.
    ///
    /// - Parameter records: the version's records, in any order.
    package func firstRecorded(of manifest: Manifest, in records: [ManifestRecord]) async throws -> FirstRecorded? {
        guard !manifest.coordinates.isSnapshot, !manifest.assets.isEmpty || manifest.isUnavailable else { return nil }
        let earlier = records.filter { $0.isOlder(than: manifest.record) && $0.revision != manifest.revision }
        var first = RecordedFiles([])
        var last: Manifest?
        var naming: [ExactText: ManifestRecord] = [:]
        for record in earlier.sorted(by: { $0.isOlder(than: $1) }) {
            guard let next = try await readableManifest(of: record), !next.assets.isEmpty else { continue }
            guard first.mutations(in: next.assets.map(\.asset)).isEmpty else { break }
            first.add(next.assets)
            last = next
            for stored in next.assets { naming[ExactText(stored.asset.name)] = record }
        }
        let mutations = first.mutations(in: manifest.assets.map(\.asset))
        guard let last, !mutations.isEmpty || manifest.assets.isEmpty else { return nil }
        let names = Set((last.assets + manifest.assets).map { ExactText($0.asset.name) })
        var given = manifest
        given.assets = names.sorted().compactMap { first[$0.value] }
        given.revision = given.assets == last.assets ? last.revision : nil
        return FirstRecorded(manifest: given, mutations: mutations, records: naming)
    }
}
