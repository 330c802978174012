/// A version whose files have other bytes in later records than in earlier ones, with those that were recorded first.
///
/// Whoever publishes other bytes under a name that is known changes what every reader gets by default; the bytes from
/// before are still there, in a bucket that keeps versions.
package struct FirstRecorded: Hashable, Sendable {
    /// The version in its present state, with the revision and the files from before the change.
    package let manifest: Manifest
    /// The last record before the change.
    package let record: ManifestRecord
    /// The files that differ.
    package let mutations: [Mutation]

    /// What a reader is told.
    ///
    /// - Parameter givesFirst: whether the first bytes are given.
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
    /// What a version was first recorded with, where a manifest of it names other bytes; nil where it does not.
    ///
    /// A revision names one set of assets, so this costs a GET only for each earlier record of another revision. Those that
    /// do not pass the reader count for nothing. The files of a `-SNAPSHOT` version differ by name, so it has none.
    ///
    /// - Parameter records: of the version, in any order.
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
