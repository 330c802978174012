/// What a selection covers of either side: the source's repositories, and the records of the backup.
extension Selection {
    /// The prefixes that hold every selected manifest, and others that the selection leaves out.
    package func manifestPrefixes(in layout: BackupLayout) -> [ObjectKey] {
        repositories.isEmpty ? [layout.manifestsPrefix] : repositories.map(layout.manifestsPrefix(of:))
    }

    /// Walks the selected records that may count: one listing of all manifests, or one of each selected repository's.
    ///
    /// Throws `CancellationError` when it is stopped meanwhile: a large backup takes minutes to list.
    ///
    /// - Parameters:
    ///   - see: called with the version of every record that is listed, selected or not.
    ///   - ignored: called with those selected that cannot count, because of their size or their time.
    ///   - archived: called with the objects of those selected that cannot be read where they are.
    ///   - hide: is given each folder that the store refuses to show, if it may hold selected records; unless it throws, the
    ///     walk goes on without them.
    package func forEachRecord(
        in backup: Backup,
        stop: StopSignal,
        seeing see: (VersionCoordinates) -> Void = { _ in },
        _ visit: (ManifestRecord) throws -> Void,
        ignored: (ManifestRecord) -> Void = { _ in },
        archived: (ObjectKey, StoredObject.Archive) -> Void = { _, _ in },
        ofPackages visitPackage: (PackageRecord) -> Void = { _ in },
        hiding hide: (HiddenFolder) throws -> Void = { throw $0.failure }
    ) async throws {
        let reader = backup.reader
        for prefix in manifestPrefixes(in: backup.layout) {
            try await backup.store.forEachObject(under: prefix) { object in
                if stop.reason != nil { throw CancellationError() }
                if let record = backup.layout.record(at: object.key) {
                    see(record.coordinates)
                    let mayCount = reader.mayCount(size: object.size, recordedAt: record.recordedAt)
                    guard contains(record.coordinates) else { return }
                    if let archive = object.archive { archived(object.key, archive) }
                    if mayCount { try visit(record) } else { ignored(record) }
                } else if let record = backup.layout.packageRecord(at: object.key), contains(record.package),
                    reader.mayCount(size: object.size, recordedAt: record.recordedAt)
                {
                    visitPackage(record)
                }
            } hiding: { folder in
                if mayContain(folder, in: backup.layout) { try hide(folder) }
            }
        }
    }

    /// Whether a folder of records that is not shown may have any of what is selected.
    func mayContain(_ folder: HiddenFolder, in layout: BackupLayout) -> Bool {
        if let package = layout.package(ofRecordsIn: folder.prefix) { return contains(package) }
        let (repository, namespace) = layout.group(ofRecordsIn: folder.prefix)
        guard repository.map(contains(repository:)) ?? true else { return false }
        guard let namespace, !include.isEmpty else { return true }
        return include.contains { PackagePattern.matches($0.package.namespace, namespace) }
    }

    /// The selected repositories of a domain; one that was asked for by name and is not there is `absent`.
    func repositories(of source: any PackageSource, domain: String) async throws -> [String] {
        let operation = source.operations.listRepositories
        let all = try await source.allRepositories(operation: operation, target: domain)
        return try repositories(among: all, listedBy: operation, domain: domain)
    }

    /// The same of the names of all repositories.
    func repositories(
        among all: [String],
        listedBy operation: ServiceOperation,
        domain: String
    ) throws(RemoteFailure) -> [String] {
        if let wanted = repositories(notAmong: all).first {
            var near = NearestNames(to: wanted)
            for name in all { near.offer(name) }
            throw RemoteFailure(
                .absent,
                operation: operation,
                target: domain,
                message: "the domain has no repository \(wanted); check its name"
                    + (near.names.isEmpty ? "" : "; nearest: \(near.names.joined(separator: ", "))")
            )
        }
        return all.filter(contains(repository:))
    }

    /// Those that the selection names and the domain does not have.
    func repositories(notAmong all: [String]) -> [String] {
        let known = Set(all.map { ExactText($0) })
        return repositories.filter { !known.contains(ExactText($0)) }
    }
}
