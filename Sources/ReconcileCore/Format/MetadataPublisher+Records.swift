/// The records that a package's document is generated from.
extension MetadataPublisher {
    /// The newest record of each version of a package, from a new listing.
    func newestRecords(of package: PackageCoordinates) async throws -> [ManifestRecord] {
        let reader = catalog.reader
        var newest = NewestRecords()
        try await store.forEachObject(under: layout.manifestsPrefix(of: package)) { object in
            if let record = reader.record(listedAs: object) { newest.add(record) }
        }
        return newest.records
    }

    /// The newest record of each version, from an existing listing of all of the package's records.
    func newestRecords(listedAs objects: [StoredObject]) -> [ManifestRecord] {
        let reader = catalog.reader
        var newest = NewestRecords()
        for object in objects {
            if let record = reader.record(listedAs: object) { newest.add(record) }
        }
        return newest.records
    }

    /// Checks whether the group with the same folder as a package has plugins, whichever writer recorded them. Costs
    /// one list.
    func lookForPlugins(beside package: PackageCoordinates) async throws {
        guard let plugins, let group = DocumentFolder(of: package).group,
            !plugins.contains(group, in: package.repository),
            try await catalog.hasPlugins(inGroup: group, of: package.repository)
        else { return }
        plugins.insert(group: group, in: package.repository)
    }

    /// Looks for plugins among the objects in a package's folder: the group with the same folder may have one below it,
    /// whichever writer recorded it.
    func see(_ objects: [StoredObject], in package: PackageCoordinates) {
        guard let plugins, let group = DocumentFolder(of: package).group else { return }
        let folder = layout.packagePrefix(package).value.utf8.count
        for object in objects {
            let segment = object.key.value.utf8.dropFirst(folder).prefix { $0 != UInt8(ascii: "/") }
            guard segment.last == UInt8(ascii: "n"), let name = KeySegment.decode(Substring(segment)) else { continue }
            plugins.insert(groupOf: PackageCoordinates(repository: package.repository, namespace: group, name: name))
        }
    }

    /// The newest record of each version of a package, from `listed` and from those manifests in `pending` that belong
    /// to the package.
    func newest(
        of package: PackageCoordinates,
        _ listed: [ManifestRecord],
        adding pending: [Manifest]
    ) -> [ManifestRecord] {
        var newest = NewestRecords()
        for record in listed { newest.add(record) }
        for manifest in pending
        where layout.manifestsPrefix(of: manifest.coordinates.package) == layout.manifestsPrefix(of: package) {
            newest.add(manifest.record)
        }
        return newest.records
    }
}

/// Keeps the newest record of each version; records may be added in any order.
private struct NewestRecords {
    private var byVersion: [ExactText: ManifestRecord] = [:]

    var records: [ManifestRecord] { Array(byVersion.values) }

    mutating func add(_ record: ManifestRecord) {
        let version = ExactText(record.coordinates.version)
        if let known = byVersion[version], record.isOlder(than: known) { return }
        byVersion[version] = record
    }
}
