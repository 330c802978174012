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
    ///   - proof: decides which records count; nil for all whose listing allows it.
    ///   - see: called with the version of every record that is listed, selected or not.
    ///   - ignored: called with those selected that cannot count, because of their size or their time.
    ///   - refused: called with those selected that `proof` refuses.
    ///   - archived: called with the objects of those selected that cannot be read where they are.
    ///   - hide: is given each folder that the store refuses to show, if it may hold selected records; unless it throws, the
    ///     walk goes on without them.
    package func forEachRecord(
        in backup: Backup,
        stop: StopSignal,
        seeing see: (VersionCoordinates) -> Void = { _ in },
        proving proof: RecordProof? = nil,
        _ visit: (ManifestRecord) throws -> Void,
        ignored: (ManifestRecord) -> Void = { _ in },
        refused: (ManifestRecord, IgnoredObjects.Refusal) -> Void = { _, _ in },
        archived: (ObjectKey, StoredObject.Archive) -> Void = { _, _ in },
        ofPackages visitPackage: (PackageRecord) -> Void = { _ in },
        hiding hide: (HiddenFolder) throws -> Void = { throw $0.failure }
    ) async throws {
        let reader = backup.reader
        for prefix in manifestPrefixes(in: backup.layout) {
            try await backup.store.forEachPage(under: prefix) { page in
                for folder in page.hidden where mayContain(folder, in: backup.layout) { try hide(folder) }
                let refusals = try await proof?.refusals(of: page.elements) ?? [:]
                for object in page.elements {
                    if stop.reason != nil { throw CancellationError() }
                    let mayCount = { reader.mayCount(size: object.size, recordedAt: $0) && refusals[object.key] == nil }
                    if let record = backup.layout.record(at: object.key) {
                        see(record.coordinates)
                        guard contains(record.coordinates) else { continue }
                        if let archive = object.archive { archived(object.key, archive) }
                        if let refusal = refusals[object.key] { refused(record, refusal) }
                        if mayCount(record.recordedAt) { try visit(record) } else { ignored(record) }
                    } else if let record = backup.layout.packageRecord(at: object.key), contains(record.package),
                        mayCount(record.recordedAt)
                    {
                        visitPackage(record)
                    }
                }
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
