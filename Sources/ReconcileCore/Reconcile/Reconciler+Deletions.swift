/// Handles versions that are missing from a complete listing, subject to the deletion guard.
extension Reconciler {
    /// Records versions that have disappeared from the listing as deleted, as far as the guard allows. Those that it
    /// holds back, and recent losses beyond its limit, are pending until an operator allows them.
    ///
    /// - Parameter census: the index's census.
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
        var isExcused = false
        if deletionGuard.dependsOnDeletions(census) {
            census = try await excused(census, in: context)
            isExcused = true
        }
        let refusals = deletionGuard.refusals(census, of: selection)
        tally.refusals = refusals.values.sorted()
        tally.report.versions.pending = refusals.keys.reduce(0) { $0 + (census[$1]?.unseen ?? 0) }
        if census.contains(where: { $0.value.unseen > 0 && refusals[$0.key] == nil }) {
            try await recordDeletions(index, except: refusals, by: copier, tally: &tally, in: context)
        }
        for version in tally.deletions { index.countDeletion(of: version, in: &census) }
        for version in tally.disposals { index.countDisposal(of: version, in: &census) }
        if !isExcused, deletionGuard.dependsOnDeletions(census) { census = try await excused(census, in: context) }
        for (repository, sentence) in deletionGuard.excesses(census, of: selection).sorted(by: { $0.key < $1.key }) {
            tally.refusals.append(sentence)
            tally.report.versions.pending += census[repository]?.lostSince ?? 0
        }
        if deletionGuard.allowsMassDeletion { try await rememberAllowance(of: census, tally.report.runID, in: context) }
    }

    /// The census without the deletions and disposals that operators have allowed. Costs one list, a GET for each allowance in the
    /// window, and another listing of the manifests for each distinct end time.
    private func excused(
        _ census: [ExactText: ManifestIndex.Census],
        in context: RunContext<RunEvent>
    ) async throws -> [ExactText: ManifestIndex.Census] {
        guard let start = options.deletionGuard.start(now: backup.clock.secondsSince1970()) else { return census }
        let allowed = try await AllowedDeletions.read(of: backup, since: start)
        var excused = census
        var recounts: [Timestamp: [ExactText: ManifestIndex.Census]] = [:]
        for (repository, counts) in census where counts.lostSince > 0 {
            guard let until = allowed.until(repository, of: options.selection) else { continue }
            if recounts[until] == nil {
                // A version that disappeared in the allowed second is not a recent loss.
                var index = ManifestIndex(lossesSince: Timestamp(seconds: until.seconds + 1))
                try await options.selection.forEachRecord(in: backup, stop: context.stop) { index.insert($0) }
                index.seal()
                recounts[until] = index.census
            }
            let later = recounts[until]?[repository]
            excused[repository]?.deletedSince = min(counts.deletedSince, later?.deletedSince ?? 0)
            excused[repository]?.disposedSince = min(counts.disposedSince, later?.disposedSince ?? 0)
        }
        return excused
    }

    /// Stores that the deletions recorded until now are right, where a later run would say something of them: one more
    /// listing of the manifests, since another writer's clock may be ahead, one PUT, and one GET, which reads it back.
    private func rememberAllowance(
        of census: [ExactText: ManifestIndex.Census],
        _ runID: String,
        in context: RunContext<RunEvent>
    ) async throws {
        var strict = options.deletionGuard
        strict.allowsMassDeletion = false
        guard !strict.excesses(census).isEmpty else { return }
        let excused = try await excused(census, in: context)
        guard !strict.excesses(excused).isEmpty else { return }
        var index = ManifestIndex()
        try await options.selection.forEachRecord(in: backup, stop: context.stop) { index.insert($0) }
        index.seal()
        let now = backup.now
        let until = max(now, index.newestDeletion ?? now)
        let allowance = AllowedDeletions.Allowance(
            domain: backup.layout.domain,
            runID: runID,
            until: until,
            selection: options.selection
        )
        try await backup.store.createKept(
            try allowance.document(),
            at: backup.layout.allowanceKey(until: until, runID: runID)
        )
    }

    /// Asks the source for each release that was withdrawn recently and is not listed; one that it has in the recorded
    /// state counts as listed.
    ///
    /// Costs another listing of the manifests, because the index has no names, and a description of each release. A
    /// release that cannot be described counts as gone.
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

    // MARK: Recording them

    /// Confirms each version that has disappeared from the listing, and records it as deleted; its bytes and older
    /// manifests are kept.
    ///
    /// The index has no names, so the manifests are listed once more. The versions are handled in key order, package by
    /// package.
    func recordDeletions(
        _ index: ManifestIndex,
        except refusals: [ExactText: String],
        by copier: VersionCopier,
        tally: inout RunTally,
        in context: RunContext<RunEvent>
    ) async throws {
        var gone: [ExactText: VersionCoordinates] = [:]
        try await options.selection.forEachRecord(in: backup, stop: context.stop) { record in
            let coordinates = record.coordinates
            guard refusals[ExactText(coordinates.package.repository)] == nil, index.isUnseen(coordinates) else {
                return
            }
            gone[ExactText(backup.layout.manifestsPrefix(of: coordinates).value)] = coordinates
        }
        var schedule = DeletionSchedule(
            gone: gone.sorted { $0.key < $1.key }.map(\.value),
            recordedIn: index,
            tally: tally,
            in: context
        )
        await drive(&schedule, width: places.pieces) { item in
            await confirm(item, index, copier)
        }
        tally = schedule.tally
    }

    private func confirm(
        _ item: DeletionSchedule.Item,
        _ index: ManifestIndex,
        _ copier: VersionCopier
    ) async -> DeletionSchedule.Outcome {
        let description: VersionDescription?
        do {
            description = try await source.describe(item.coordinates)
        } catch {
            guard let failure = narrow(error, "\(item.coordinates)") else {
                return DeletionSchedule.Outcome(item: item, .interrupted)
            }
            let failures = CopyFailures(
                failures: [ItemFailure(failure, version: item.coordinates)],
                publishedTime: nil
            )
            return DeletionSchedule.Outcome(item: item, .failed(failures))
        }
        if let description,
            index.isRecorded(item.coordinates, revision: description.revision, status: description.status)
        {
            return DeletionSchedule.Outcome(item: item, nil, isShown: true)
        }
        let outcome = await copier.copy(
            item.coordinates,
            listed: ListedVersion(item.coordinates.version, described: description),
            newestRecord: item.newestRecord,
            in: PackageRound(of: [item.coordinates], contents: [:])
        )
        return DeletionSchedule.Outcome(item: item, outcome, isShown: description != nil)
    }
}
