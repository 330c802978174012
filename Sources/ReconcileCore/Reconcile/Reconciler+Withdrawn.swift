/// Withdrawn releases that the source does not list: whether it still has them decides what the deletion guard makes of a
/// listing that lacks most of what is known.
extension Reconciler {
    /// Asks the source for each release that was withdrawn lately and is not listed; one that it has in the recorded state
    /// counts as listed.
    ///
    /// One more listing of the manifests, since the index holds no names, and a description of each. One that cannot be
    /// described counts as gone.
    func seeWithdrawn(
        _ index: inout ManifestIndex,
        _ tally: inout RunTally,
        in context: RunContext<RunEvent>
    ) async throws {
        var names: [ExactText: VersionCoordinates] = [:]
        try await options.selection.forEachRecord(in: backup, stop: context.stop) { record in
            guard index.isWithdrawnLately(record.coordinates) else { return }
            names[ExactText(backup.layout.manifestsPrefix(of: record.coordinates).value)] = record.coordinates
        }
        typealias Answer = (version: VersionCoordinates, description: VersionDescription?)
        var work = IndependentWork<VersionCoordinates, Answer>(Array(names.values), stop: context.stop) { _ in false }
        await drive(&work, width: places.pieces) { version in
            (version, try? await source.describe(version))
        }
        if work.isCutShort || Task.isCancelled { throw CancellationError() }
        for (version, description) in work.outcomes {
            guard let description,
                index.isRecorded(version, revision: description.revision, status: description.status)
            else { continue }
            index.see(version)
            tally.countUnlisted()
        }
    }
}
