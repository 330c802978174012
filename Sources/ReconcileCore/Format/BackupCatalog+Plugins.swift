/// The Maven plugins of a group, as its document names them.
extension BackupCatalog {
    /// The content of a group's document, and the time of the newest record that it depends on.
    package struct GroupPlugins: Sendable {
        /// Sorted by artifact name.
        package var plugins: [MavenMetadata.Plugin] = []
        /// Nil if no package of the group has a plugin's name.
        package var lastRecorded: Timestamp?
    }

    /// Failures of a single record, whose version then has no entry.
    private static let namesNoEntry: Set<RemoteFailure.Kind> = [.untrusted, .absent, .archived]

    /// The group's plugins. For each plugin, this is the entry recorded by its newest Published version that has one.
    /// Plugins whose names don't follow Maven's conventions are taken from the newest of these records, which lists
    /// them too.
    ///
    /// Costs one list request per thousand records of the group and at least one GET per plugin.
    ///
    /// - Parameters:
    ///   - asOf: a moment in the past; nil for the present.
    ///   - pending: manifests of any versions that count as stored.
    ///   - read: returns the entry in a record's manifest. If only this record is unreadable, it has no entry.
    package func plugins(
        ofGroup group: String,
        in repository: String,
        asOf: Timestamp? = nil,
        adding pending: [Manifest] = [],
        reading read: (ManifestRecord) async throws -> RecordedPlugin?
    ) async throws -> GroupPlugins {
        var newest: [ExactText: [ExactText: ManifestRecord]] = [:]
        func add(_ record: ManifestRecord) {
            let (package, version) = (ExactText(record.coordinates.package.name), ExactText(record.coordinates.version))
            if let known = newest[package]?[version], record.isOlder(than: known) { return }
            newest[package, default: [:]][version] = record
        }
        try await forEachPluginRecord(inGroup: group, of: repository) { record in
            if let asOf, record.recordedAt > asOf { return }
            add(record)
        }
        for manifest in pending where manifest.coordinates.package.isPlugin(of: group, in: repository) {
            add(manifest.record)
        }
        var found = GroupPlugins()
        var others: (record: ManifestRecord, plugins: [MavenMetadata.Plugin])?
        for (package, records) in newest.sorted(by: { $0.key < $1.key }) {
            found.lastRecorded = [found.lastRecorded, records.values.map(\.recordedAt).max()].compactMap(\.self).max()
            for record in records.values.sorted(by: { $0.order > $1.order }) where record.status == .published {
                let plugin: RecordedPlugin?
                do {
                    let known = pending.first { $0.record == record }
                    plugin = known == nil ? try await read(record) : known?.documents.plugin
                } catch let failure as RemoteFailure where Self.namesNoEntry.contains(failure.kind) {
                    continue
                }
                guard let plugin else { continue }
                found.plugins.append(.init(name: plugin.name, prefix: plugin.prefix, artifactID: package.value))
                if others.map({ $0.record.order <= record.order }) ?? true { others = (record, plugin.others) }
                break
            }
        }
        found.plugins += others?.plugins ?? []
        found.plugins.sort { ExactText($0.artifactID) < ExactText($1.artifactID) }
        return found
    }

    /// The plugins that a folder's document names: those of its group. None if the folder is the directory of a
    /// recorded version, because a document there may be the version's asset.
    ///
    /// Parameters and requests as above, plus one list of that version's records if the group has plugins.
    func plugins(
        in folder: DocumentFolder,
        adding pending: [Manifest],
        reading read: (ManifestRecord) async throws -> RecordedPlugin?
    ) async throws -> GroupPlugins {
        guard let group = folder.group else { return GroupPlugins() }
        let found = try await plugins(ofGroup: group, in: folder.repository, adding: pending, reading: read)
        guard found.lastRecorded != nil, let version = folder.version else { return found }
        return try await records(of: version).isEmpty ? found : GroupPlugins()
    }

    /// Whether a group has a package with a plugin's name. Costs one list request per thousand records of the group.
    package func hasPlugins(inGroup group: String, of repository: String) async throws -> Bool {
        var isFound = false
        try await forEachPluginRecord(inGroup: group, of: repository) { _ in isFound = true }
        return isFound
    }

    private func forEachPluginRecord(
        inGroup group: String,
        of repository: String,
        _ visit: (ManifestRecord) -> Void
    ) async throws {
        let reader = reader
        try await store.forEachObject(under: layout.manifestsPrefix(ofGroup: group, in: repository)) { object in
            if let record = reader.record(listedAs: object), record.coordinates.package.isPlugin { visit(record) }
        } hiding: { folder in
            if layout.package(ofRecordsIn: folder.prefix)?.isPlugin ?? true { throw folder.failure }
        }
    }
}

extension PackageCoordinates {
    fileprivate func isPlugin(of group: String, in repository: String) -> Bool {
        isPlugin && ExactText(namespace) == ExactText(group) && ExactText(self.repository) == ExactText(repository)
    }
}

extension ManifestRecord {
    /// Orders the newest records of a package's versions in the same way for every reader.
    var order: (Timestamp, ExactText) { (recordedAt, ExactText(coordinates.version)) }
}
