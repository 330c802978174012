/// Has the records of one package name the versions of objects that hold their bytes now.
///
/// A record is not written over: the last one of a version is recorded once more with the new ids, and each record with an
/// old id is retired if last ones name all of its bytes.
struct VersionMoves {
    private let moves: [Manifest.StoredAsset: String]
    private let manifests: ManifestRepair

    private var backup: Backup { manifests.copier.backup }

    /// - Parameter moves: the version ids that take the place of lost ones, by what manifests say.
    init(_ moves: [Manifest.StoredAsset: String], manifests: ManifestRepair) {
        self.moves = moves
        self.manifests = manifests
    }

    /// - Throws: `Unmendable`, after everything that can be done is done.
    func record(in records: [ManifestRecord]) async throws {
        guard !moves.isEmpty else { return }
        var stale: [Manifest] = []
        var kept: Set<Bytes> = []
        for (_, records) in Dictionary(grouping: records, by: { ExactText($0.coordinates.version) }) {
            let records = records.sorted { $0.isOlder(than: $1) }
            var found: [EarlierRecord] = []
            for record in records {
                do {
                    found.append(try await backup.earlier(record))
                } catch let failure as RemoteFailure where [.untrusted, .absent].contains(failure.kind) {}
            }
            guard let newest = found.last else { continue }
            let moved = moved(newest.manifest)
            if moved != newest.manifest {
                try await manifests.commit(moved, naming: newest.name, after: records.last?.recordedAt)
            }
            kept.formUnion(moved.assets.map(Bytes.init))
            stale += found.map(\.manifest).filter { self.moved($0) != $0 }
        }
        var isLeft = false
        for manifest in stale {
            if kept.isSuperset(of: manifest.assets.map(Bytes.init)) {
                try await manifests.retirement.retire(
                    backup.layout.key(of: manifest.record),
                    because: "it named a version of an object that is lost"
                )
            } else {
                isLeft = true
            }
        }
        guard isLeft else { return }
        throw Unmendable(
            "an older record names an S3 version that is lost, and other files that later records no longer name; accept "
                + "the loss with --accept-loss"
        )
    }

    /// Bytes under a key, in whatever version of the object.
    private struct Bytes: Hashable {
        let key: ObjectKey
        let asset: Asset

        init(_ stored: Manifest.StoredAsset) {
            (key, asset) = (stored.key, stored.asset)
        }
    }

    private func moved(_ manifest: Manifest) -> Manifest {
        var moved = manifest
        for index in moved.assets.indices {
            if let versionID = moves[moved.assets[index]] { moved.assets[index].versionID = versionID }
        }
        return moved
    }
}
