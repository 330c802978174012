/// The index of what a selection covers of a backup.
extension Selection {
    /// What the backup knows, sealed; reported as `manifestsListed`.
    func index(
        of backup: Backup,
        seeing coverage: inout SelectionCoverage,
        in context: RunContext<RunEvent>
    ) async throws -> ManifestIndex {
        var index = ManifestIndex()
        var count = 0
        try await forEachRecord(in: backup, stop: context.stop, seeing: &coverage) { record in
            index.insert(record)
            count += 1
        } ofPackages: {
            index.insert($0)
        }
        index.seal()
        context.observe(.manifestsListed(count))
        return index
    }
}
