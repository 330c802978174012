/// A version whose later records name different bytes than earlier ones, with the bytes recorded first.
///
/// Publishing different bytes under an existing name changes what every reader gets by default. A bucket that keeps
/// versions still has the original bytes.
package struct FirstRecorded: Hashable, Sendable {
    /// The version in its current state, but with the revision and files from before the change.
    package let manifest: Manifest
    /// The last record before the change.
    package let record: ManifestRecord
    /// The files that differ.
    package let mutations: [Mutation]

    /// A sentence for the reader.
    ///
    /// - Parameter givesFirst: whether the first bytes are used.
    package func sentence(givesFirst: Bool) -> String {
        guard let one = mutations.first else { return "" }
        let more = mutations.count == 1 ? "" : " (and \(mutations.count - 1) more)"
        return
            "\(manifest.coordinates): \(one.asset)\(more) was first recorded with SHA-256 \(one.recorded) (until "
            + "\(record.recordedAt.extended)), later with \(one.shown); using the "
            + (givesFirst ? "first" : "later; --first-recorded uses the first")
    }
}

extension BackupCatalog {
    /// What a version was first recorded with, if the manifest names different bytes; otherwise nil.
    ///
    /// A revision identifies one set of assets, so this costs a GET only for each earlier record with a different
    /// revision. Records that the reader rejects are ignored. Nil for a `-SNAPSHOT` version, because its files differ
    /// by name.
    ///
    /// - Parameter records: the version's records, in any order.
    package func firstRecorded(of manifest: Manifest, in records: [ManifestRecord]) async throws -> FirstRecorded? {
        guard !manifest.coordinates.isSnapshot, !manifest.assets.isEmpty else { return nil }
        let earlier = records.filter { $0.isOlder(than: manifest.record) && $0.revision != manifest.revision }
        var first: Manifest?
        for record in earlier.sorted(by: { $0.isOlder(than: $1) }) {
            let next: Manifest
            do {
                next = try await self.manifest(of: record)
            } catch let failure as RemoteFailure where [.untrusted, .absent].contains(failure.kind) {
                continue
            }
            guard !next.assets.isEmpty else { continue }
            if let first, !Mutation.all(in: next.assets.map(\.asset), since: first).isEmpty { break }
            first = next
        }
        guard let first else { return nil }
        let mutations = Mutation.all(in: manifest.assets.map(\.asset), since: first)
        guard !mutations.isEmpty else { return nil }
        var given = manifest
        given.revision = first.revision
        given.assets = first.assets
        return FirstRecorded(manifest: given, record: first.record, mutations: mutations)
    }
}
