/// Brings back the bytes that one package's manifests name, from other versions of the objects or from the source.
struct ObjectRepair {
    private let package: PackageCoordinates
    private let reader: BackupReader
    private let assets: AssetCopier
    /// The version ids that take the place of lost ones.
    private(set) var moves: [Manifest.StoredAsset: String] = [:]

    private var store: any ObjectStore { reader.backup.store }
    private var layout: BackupLayout { reader.backup.layout }

    init(package: PackageCoordinates, reader: BackupReader, assets: AssetCopier) {
        self.package = package
        self.reader = reader
        self.assets = assets
    }

    /// Makes sure that all bytes that manifests name under a key are there, and that those of the
    /// newest manifest are the newest.
    mutating func repair(_ key: ObjectKey, named: [RecordedPackage.NamedObject]) async throws {
        let keepsVersions = assets.keepsVersions == true
        let inspection = ObjectInspection(
            reader: reader,
            keepsVersions: keepsVersions,
            key: key,
            named: named,
            package: package
        )
        let named = named.sorted { $0.recordedAt < $1.recordedAt }
        guard let newest = named.last else { throw Unmendable("no manifest that can be read names it") }
        guard keepsVersions else {
            guard named.allSatisfy({ $0.asset.checksums.sha256 == newest.asset.checksums.sha256 }) else {
                throw Unmendable("manifests name different bytes for it, and \(store.location) keeps no versions")
            }
            _ = try await replace(newest)
            return
        }
        var failure: (any Error)?
        for row in named {
            do {
                try await repairVersion(row, among: named, inspection)
            } catch {
                failure = error
            }
        }
        var counts = VerifyReport.Counts()
        if try await inspection.problem(reading: newest, nil, &counts) != nil {
            let versionID = moves[place(newest, key)] ?? inspection.versionID(of: newest)
            // Throws where the bytes are lost, for which there is a better reason already.
            let body = store.body(at: key, versionID: versionID, range: nil)
            do {
                _ = try await store.write(body, of: newest.asset, to: key, .overwrite)
            } catch let refusal as RemoteFailure {
                failure = failure ?? refusal
            }
        }
        if let failure { throw failure }
    }

    /// Makes sure that some version of an object has the bytes that a manifest names, and notes
    /// which one if it is not the one named.
    private mutating func repairVersion(
        _ row: RecordedPackage.NamedObject,
        among named: [RecordedPackage.NamedObject],
        _ inspection: ObjectInspection
    ) async throws {
        var counts = VerifyReport.Counts()
        let own = inspection.versionID(of: row)
        var isGone = false
        if let own {
            guard let problem = try await inspection.problem(reading: row, own, &counts) else { return }
            isGone = problem.kind == .missing
        }
        let current = try? await store.inspect(inspection.key)?.versionID
        let others = named.filter { $0.asset.checksums.sha256 == row.asset.checksums.sha256 }.map(inspection.versionID)
        for case let other? in [current] + others where other != own {
            if try await inspection.problem(reading: row, other, &counts) == nil {
                // If a version is gone, readers take the newest bytes instead.
                if !isGone || other != current { moves[place(row, inspection.key)] = other }
                return
            }
        }
        moves[place(row, inspection.key)] = try await replace(row)
    }

    /// Stores an asset's bytes again over whatever is under its key, where the source still lists exactly these.
    ///
    /// - Returns: the store's version id of them, where it keeps versions.
    /// - Throws: `absent` where the source lists no such asset with these bytes.
    private func replace(_ row: RecordedPackage.NamedObject) async throws -> String? {
        let (asset, version) = (row.asset, VersionCoordinates(package: package, version: row.version))
        let listed = try await assets.listAssets(of: version)?.assets.first {
            ExactText($0.name) == ExactText(asset.name) && $0.size == asset.size
                && $0.checksums.sha256 == asset.checksums.sha256
        }
        guard let listed else {
            throw RemoteFailure(
                .absent,
                operation: .mend,
                target: "\(version) \(asset.name)",
                message: "the domain no longer lists these bytes"
            )
        }
        let body = assets.source.body(of: listed, in: version)
        let outcome = try await store.write(body, of: asset, to: layout.key(of: asset.name, in: version), .overwrite)
        guard case .stored(let versionID) = outcome else { return nil }
        return versionID
    }

    private func place(_ row: RecordedPackage.NamedObject, _ key: ObjectKey) -> Manifest.StoredAsset {
        Manifest.StoredAsset(asset: row.asset, key: key, versionID: row.versionID)
    }
}
