/// The index of what a selection covers of a backup.
extension Selection {
    /// What the backup knows, sealed; reported as `manifestsListed`. Records of the future are left out, with a warning.
    ///
    /// - Parameter plugins: gets the groups of all Maven plugins in the listing, selected or not.
    func index(
        of backup: Backup,
        seeing coverage: inout SelectionCoverage,
        _ plugins: PluginGroups? = nil,
        in context: RunContext<RunEvent>
    ) async throws -> ManifestIndex {
        var index = ManifestIndex()
        var count = 0
        var untimely: [ObjectKey] = []
        let reader = backup.reader
        try await forEachRecord(
            in: backup,
            stop: context.stop,
            seeing: { version in
                index.listed += 1
                plugins?.insert(groupOf: version.package)
                coverage.see(version)
            }
        ) { record in
            count += 1
            guard reader.isTimely(record.recordedAt) else { return untimely.append(backup.layout.key(of: record)) }
            index.insert(record)
        } ofPackages: { record in
            guard reader.isTimely(record.recordedAt) else { return untimely.append(backup.layout.key(of: record)) }
            index.insert(record)
        }
        index.seal()
        for key in untimely.prefix(100) {
            context.observe(.warning("the record \(key) is ignored: its time is in the future. Run verify"))
        }
        context.observe(.manifestsListed(count))
        return index
    }
}
