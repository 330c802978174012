/// What a whole listing lacks, and what the deletion guard makes of it.
extension Reconciler {
    /// Records what has left the listing as deleted, as far as the guard lets it, and warns of what went lately.
    ///
    /// - Parameter census: the index's.
    func recordWhatIsGone(
        from index: ManifestIndex,
        _ census: [ExactText: ManifestIndex.Census],
        by copier: VersionCopier,
        _ tally: inout RunTally,
        in context: RunContext<RunEvent>
    ) async throws {
        let (deletionGuard, selection) = (options.deletionGuard, options.selection)
        var (index, census) = (index, census)
        if deletionGuard.dependsOnWithdrawn(census) {
            try await seeWithdrawn(&index, &tally, in: context)
            census = index.census
        }
        let refusals = deletionGuard.refusals(census, of: selection)
        tally.refusals = refusals.values.sorted()
        if census.contains(where: { $0.value.unseen > 0 && refusals[$0.key] == nil }) {
            try await recordDeletions(index, except: refusals, by: copier, tally: &tally, in: context)
        }
        for version in tally.deletions { index.countDeletion(of: version, in: &census) }
        for warning in deletionGuard.warnings(census, of: selection) { tally.warn(warning, context.observe) }
    }

    /// Asks the source for each release that was withdrawn lately and is not listed; one that it has in the recorded state
    /// counts as listed.
    ///
    /// One more listing of the manifests, since the index holds no names, and a description of each. One that cannot be
    /// described counts as gone.
    private func seeWithdrawn(
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
