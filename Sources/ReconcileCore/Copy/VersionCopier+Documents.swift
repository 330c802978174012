/// Asks the source again for the documents of snapshots and plugins that are recorded already, as `--metadata always` does.
extension VersionCopier {
    /// What asking again has brought.
    struct DocumentsFound: Sendable {
        var recorded: [ManifestRecord] = []
        var warnings: [String] = []
    }

    /// Records each Published `-SNAPSHOT` version of a package anew whose document says something else by now, and the
    /// version of a Maven plugin that was recorded last if its group's does: it may not have been usable when they were
    /// recorded.
    ///
    /// One list for the package; for each such version a list and a GET, and one request to the source for each document,
    /// one more where it differs.
    func recordDocuments(of package: PackageCoordinates) async throws -> DocumentsFound {
        var found = DocumentsFound()
        let published = try await publisher.newestRecords(of: package).filter { $0.status == .published }
        // The group's document is made from the newest record that has an entry.
        let plugin = published.filter { package.isPlugin && SnapshotBuild($0.coordinates.version) == nil }
            .max { $0.order < $1.order }
        for record in published where record.coordinates.isSnapshot || record == plugin {
            let version = record.coordinates
            guard let earlier = try await backup.earlierRecord(of: version), earlier.manifest.record == record else {
                continue
            }
            let manifest = earlier.manifest
            let documents = try await assets.source.documents(of: version)
            found.warnings += documents.warnings + documents.notes + [documents.withheld?.message].compactMap(\.self)
            let renewedDocuments = documents.recorded.completed(by: manifest.documents)
            guard renewedDocuments != manifest.documents else { continue }
            // The document of a later deployment is for the run that copies it.
            guard let now = try await assets.source.describe(version), now.revision == manifest.revision,
                now.status == manifest.status
            else { continue }
            var renewed = manifest
            renewed.documents = renewedDocuments
            renewed.recordedAt = backup.clock.recordTime(after: manifest.recordedAt)
            renewed.recordedBy = recorder
            renewed.previous = earlier.name
            found.recorded.append(try await commit(renewed, in: PackageRound(of: [version], contents: [:])).record)
        }
        return found
    }
}
