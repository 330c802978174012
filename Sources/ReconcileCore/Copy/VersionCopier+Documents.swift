/// Requests the documents of recorded snapshots and plugins again, for `--metadata always`.
extension VersionCopier {
    /// The result of requesting them again.
    struct DocumentsFound: Sendable {
        var recorded: [ManifestRecord] = []
        var warnings: [String] = []
    }

    /// Records a Published `-SNAPSHOT` version of a package again if its document has changed, and the latest recorded
    /// version of a Maven plugin if its group's document has. The documents may have been unusable when the versions
    /// were recorded.
    ///
    /// Costs one list for the package. For each such version, it costs a list, a GET, and one request to the source per
    /// document, plus one if the document differs.
    func recordDocuments(of package: PackageCoordinates) async throws -> DocumentsFound {
        var found = DocumentsFound()
        let published = try await publisher.newestRecords(of: package).filter { $0.status == .published }
        // The group's document is generated from the newest record that has an entry.
        let plugin = published.filter { package.isPlugin && SnapshotBuild($0.coordinates.version) == nil }
            .max { $0.order < $1.order }
        for record in published where record.coordinates.isSnapshot || record == plugin {
            let version = record.coordinates
            guard let earlier = try await backup.earlierRecord(of: version), earlier.manifest.record == record else {
                continue
            }
            let manifest = earlier.manifest
            let documents = try await assets.source.documents(of: version)
            let withheld = documents.withheld.map { $0.message + SourceDocuments.again }
            found.warnings += documents.warnings + documents.notes + [withheld].compactMap(\.self)
            let renewedDocuments = documents.recorded.completed(by: manifest.documents)
            guard renewedDocuments != manifest.documents else { continue }
            // If the version has changed too, its document is recorded by the run that copies it.
            guard let now = try await assets.source.describe(version), now.revision == manifest.revision,
                now.status == manifest.status
            else { continue }
            var renewed = manifest
            renewed.documents = renewedDocuments
            renewed.recordedAt = backup.clock.recordTime(after: manifest.recordedAt)
            renewed.recordedBy = recorder
            renewed.previous = earlier.name
            let stored = try await commit(renewed, in: PackageRound(of: [version], contents: [:]))
            found.recorded.append(stored.manifest.record)
        }
        return found
    }
}
