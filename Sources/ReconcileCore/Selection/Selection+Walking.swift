/// The source's repositories and the backup's records that a selection covers.
extension Selection {
    /// Prefixes that together contain every selected manifest, and possibly others.
    package func manifestPrefixes(in layout: BackupLayout) -> [ObjectKey] {
        repositories.isEmpty ? [layout.manifestsPrefix] : repositories.map(layout.manifestsPrefix(of:))
    }

    /// Visits the selected records that may count. Costs one listing of all manifests, or one for each selected
    /// repository.
    ///
    /// Throws `CancellationError` if stopped meanwhile, because listing a large backup takes minutes.
    ///
    /// - Parameters:
    ///   - see: called with the version of every listed record, selected or not.
    ///   - ignored: called with selected records that cannot count because of their size or time.
    ///   - hide: called with each folder that the store refuses to list if it may contain selected records; unless it
    ///     throws, the walk continues without them.
    package func forEachRecord(
        in backup: Backup,
        stop: StopSignal,
        seeing see: (VersionCoordinates) -> Void = { _ in },
        _ visit: (ManifestRecord) throws -> Void,
        ignored: (ManifestRecord) -> Void = { _ in },
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

    /// Whether a folder of records that the store refuses to list may contain selected ones.
    func mayContain(_ folder: HiddenFolder, in layout: BackupLayout) -> Bool {
        if let package = layout.package(ofRecordsIn: folder.prefix) { return contains(package) }
        let (repository, namespace) = layout.group(ofRecordsIn: folder.prefix)
        guard repository.map(contains(repository:)) ?? true else { return false }
        guard let namespace, !include.isEmpty else { return true }
        return include.contains { PackagePattern.matches($0.package.namespace, namespace) }
    }

    /// The selected repositories of a domain; `absent` if a named one doesn't exist.
    func repositories(of source: any PackageSource, domain: String) async throws -> [String] {
        let operation = source.operations.listRepositories
        let all = try await source.allRepositories(operation: operation, target: domain)
        return try repositories(among: all, listedBy: operation, domain: domain)
    }

    /// The selected ones among the given names of all repositories.
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

    /// The repositories that the selection names and the domain doesn't have.
    func repositories(notAmong all: [String]) -> [String] {
        let known = Set(all.map { ExactText($0) })
        return repositories.filter { !known.contains(ExactText($0)) }
    }
}
