/// The files that a version's records name, each as the newest record that has it does.
struct RecordedFiles {
    private var files: [ExactText: Manifest.StoredAsset] = [:]

    init(_ assets: [Manifest.StoredAsset]) { add(assets) }

    /// Adds the files of an older record; those that are known stay as they are.
    mutating func add(_ assets: [Manifest.StoredAsset]) {
        for stored in assets where files[ExactText(stored.asset.name)] == nil {
            files[ExactText(stored.asset.name)] = stored
        }
    }

    subscript(name: String) -> Manifest.StoredAsset? { files[ExactText(name)] }

    /// The listed files that are recorded with the listed bytes.
    func held(of listing: [Asset]) -> [Manifest.StoredAsset] {
        listing.compactMap { asset in
            guard let stored = self[asset.name], Self.isSame(stored.asset, asset) == true else { return nil }
            return stored
        }
    }

    /// The listed files that are recorded with other bytes, sorted by name.
    func mutations(in listing: [Asset]) -> [Mutation] {
        listing.compactMap { asset in
            guard Self.counts(asset), let stored = self[asset.name], Self.isSame(stored.asset, asset) == false,
                let old = stored.asset.checksums.sha256, let new = asset.checksums.sha256
            else { return nil }
            return Mutation(asset: asset.name, recorded: old, shown: new)
        }.sorted { ExactText($0.asset) < ExactText($1.asset) }
    }

    /// The listed files that are not recorded.
    func missing(of listing: [Asset]) -> [Asset] { listing.filter { Self.counts($0) && self[$0.name] == nil } }

    /// Whether both are of the same bytes; nil if one has no SHA-256.
    private static func isSame(_ left: Asset, _ right: Asset) -> Bool? {
        guard let left = left.checksums.sha256, let right = right.checksums.sha256 else { return nil }
        return left.lowercased() == right.lowercased()
    }

    /// The service generates its document again for each deployment.
    private static func counts(_ asset: Asset) -> Bool { asset.name != MavenMetadata.fileName }
}

extension BackupCatalog {
    /// How many of the newest older records are read, and how many of the oldest.
    private static var olderRecords: Int { 50 }

    /// Adds the listed files that are not known yet, as the newest older record that names them does.
    ///
    /// Costs nothing if all of them are known; otherwise a GET for each older record until they are, or until the 50
    /// newest and the 50 oldest have been read: who may publish can have many records written, and they must not keep
    /// the first ones from being read. Records that the reader rejects don't count towards that. A build's files under
    /// its `-SNAPSHOT` version are not looked for, because each build brings new ones; the build's own version has them.
    ///
    /// - Parameter older: the older records of the version, the newest first.
    func complete(
        _ files: inout RecordedFiles,
        for listing: [Asset],
        of version: VersionCoordinates,
        from older: ArraySlice<ManifestRecord>
    ) async throws {
        var sought = files.missing(of: listing).filter { version.build(of: $0.name) == nil }
        var rest = older
        for takesOldest in [false, true] {
            // Of the oldest, the newest record that names a file counts, as of the others.
            var read: [[Manifest.StoredAsset]] = []
            var count = 0
            while !sought.isEmpty, count < Self.olderRecords {
                guard let record = takesOldest ? rest.popLast() : rest.popFirst() else { break }
                guard let manifest = try await readableManifest(of: record) else { continue }
                count += 1
                let names = Set(sought.map { ExactText($0.name) })
                let found = manifest.assets.filter { names.contains(ExactText($0.asset.name)) }
                if takesOldest {
                    read.append(found)
                } else {
                    files.add(found)
                    sought = files.missing(of: sought)
                }
            }
            for found in read.reversed() { files.add(found) }
        }
    }
}

extension VersionCoordinates {
    /// The version of the build that a file of a `-SNAPSHOT` version belongs to by its name; nil for other files.
    func build(of file: String) -> String? {
        guard isSnapshot, let base = VersionName(version).snapshotBase else { return nil }
        return SnapshotFile(file, artifactID: package.name, base: base)?.value
    }
}
