/// Has the records of one package name the versions of objects that hold their bytes now.
///
/// A record is not written over: the last one of a version is recorded once more with the new ids, and those before it are
/// retired where it names all that they do.
struct VersionMoves {
    private let moves: [Manifest.StoredAsset: String]
    private let manifests: ManifestRepair
    private let retirement: RecordRetirement

    /// - Parameter moves: the version ids that take the place of lost ones, by what manifests say.
    init(_ moves: [Manifest.StoredAsset: String], manifests: ManifestRepair, retirement: RecordRetirement) {
        self.moves = moves
        self.manifests = manifests
        self.retirement = retirement
    }

    /// - Throws: `Unmendable`, after everything that can be done is done.
    func record(in records: [ManifestRecord]) async throws {
        guard !moves.isEmpty else { return }
        var left: Unmendable?
        let versions = Dictionary(grouping: records) { ExactText($0.coordinates.version) }
        for (_, records) in versions.sorted(by: { $0.key < $1.key }) {
            do {
                try await record(inOneVersion: records.sorted { $0.isOlder(than: $1) })
            } catch let unmendable as Unmendable {
                left = unmendable
            }
        }
        if let left { throw left }
    }

    /// - Parameter records: of one version, the oldest first.
    private func record(inOneVersion records: [ManifestRecord]) async throws {
        var found: [Manifest] = []
        for record in records {
            if let manifest = try await manifests.readable(record) { found.append(manifest) }
        }
        guard let newest = found.last else { return }
        let moved = moved(newest)
        if moved != newest { try await manifests.commit(moved, after: records.last?.recordedAt) }
        var isLeft = false
        for manifest in found where self.moved(manifest) != manifest {
            if manifest.assets.allSatisfy({ moved.hasBytes(of: $0) }) {
                let key = retirement.reader.backup.layout.key(of: manifest.record)
                try await retirement.retire(key, because: "it named a version of an object that is lost")
            } else {
                isLeft = true
            }
        }
        if isLeft {
            throw Unmendable(
                "an older record names an S3 version that is lost, and other files that later records no longer name; "
                    + "accept the loss with --accept-loss"
            )
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

extension Manifest {
    /// Whether it names the same bytes under the same key, in whatever version of the object.
    fileprivate func hasBytes(of stored: StoredAsset) -> Bool {
        assets.contains { $0.key == stored.key && $0.asset == stored.asset }
    }
}
