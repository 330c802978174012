/// The records that a package's document is made of.
extension MetadataPublisher {
    /// The newest record of each version of a package as they are listed now.
    func newestRecords(of package: PackageCoordinates) async throws -> [ManifestRecord] {
        let reader = catalog.reader
        var newest = NewestRecords()
        try await store.forEachObject(under: layout.manifestsPrefix(of: package)) { object in
            if let record = reader.record(listedAs: object) { newest.add(record) }
        }
        return newest.records
    }

    /// The same of a listing of all of the package's records.
    func newestRecords(listedAs objects: [StoredObject]) -> [ManifestRecord] {
        let reader = catalog.reader
        var newest = NewestRecords()
        for object in objects {
            if let record = reader.record(listedAs: object) { newest.add(record) }
        }
        return newest.records
    }

    /// Looks whether the group that has a package's folder has plugins by now, whoever has recorded them; one list.
    func lookForPlugins(beside package: PackageCoordinates) async throws {
        guard let plugins, let group = DocumentFolder(of: package).group,
            !plugins.contains(group, in: package.repository),
            try await catalog.hasPlugins(inGroup: group, of: package.repository)
        else { return }
        plugins.insert(group: group, in: package.repository)
    }

    /// Takes in what lies in a package's folder: a plugin of the group that has the same folder may be below it, whoever
    /// has recorded it.
    func see(_ objects: [StoredObject], in package: PackageCoordinates) {
        guard let plugins, let group = DocumentFolder(of: package).group else { return }
        let folder = layout.packagePrefix(package).value.utf8.count
        for object in objects {
            let segment = object.key.value.utf8.dropFirst(folder).prefix { $0 != UInt8(ascii: "/") }
            guard segment.last == UInt8(ascii: "n"), let name = KeySegment.decode(Substring(segment)) else { continue }
            plugins.insert(groupOf: PackageCoordinates(repository: package.repository, namespace: group, name: name))
        }
    }

    /// The newest record of each version of a package, of those listed and of manifests of any package.
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

/// The newest record of each version, of those that are added in any order.
private struct NewestRecords {
    private var byVersion: [ExactText: ManifestRecord] = [:]

    var records: [ManifestRecord] { Array(byVersion.values) }

    mutating func add(_ record: ManifestRecord) {
        let version = ExactText(record.coordinates.version)
        if let known = byVersion[version], record.isOlder(than: known) { return }
        byVersion[version] = record
    }
}
