/// Asks the source again for the documents of snapshots that are recorded already, as `--metadata always` does.
extension VersionCopier {
    /// What asking again has brought.
    struct DocumentsFound: Sendable {
        var recorded: [ManifestRecord] = []
        var warnings: [String] = []
    }

    /// Records each Published `-SNAPSHOT` version of a package anew whose document says something else by now: it may not
    /// have been usable when the version was recorded.
    ///
    /// One list for the package; for each such version a list and a GET, and one request to the source, two where its
    /// document differs.
    func recordDocuments(of package: PackageCoordinates) async throws -> DocumentsFound {
        var found = DocumentsFound()
        for record in try await publisher.newestRecords(of: package)
        where record.status == .published && record.coordinates.isSnapshot {
            let version = record.coordinates
            guard let earlier = try await backup.earlierRecord(of: version), earlier.manifest.record == record else {
                continue
            }
            let manifest = earlier.manifest
            let documents = try await assets.source.documents(of: version)
            found.warnings += documents.warnings + documents.notes
            guard let snapshot = documents.recorded.snapshot, snapshot != manifest.documents.snapshot else { continue }
            // The document of a later deployment is for the run that copies it.
            guard let now = try await assets.source.describe(version), now.revision == manifest.revision,
                now.status == manifest.status
            else { continue }
            var renewed = manifest
            renewed.documents = documents.recorded.completed(by: manifest.documents)
            renewed.recordedAt = backup.clock.recordTime(after: manifest.recordedAt)
            renewed.recordedBy = recorder
            renewed.previous = earlier.name
            found.recorded.append(try await commit(renewed, in: PackageRound(of: [version], contents: [:])).record)
        }
        return found
    }
}
