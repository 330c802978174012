/// Whether anybody would have noticed that records are missing from what is restored, and what a restore makes of it when
/// somebody has.
extension Restorer {
    /// The newest checkpoint of all repositories; nil where there is none, as in a backup of an earlier release, or where the
    /// store does not answer, which is no reason not to restore.
    ///
    /// - Throws: `CancellationError`.
    func newestCheckpoint(_ context: RunContext<RunEvent>) async throws -> Checkpoints.Found? {
        do {
            return try await Checkpoints.read(of: backup, repositories: [], at: context.now).newest
        } catch {
            guard RemoteFailure.narrowing(error, operation: .restore, target: backup.store.location) != nil else {
                throw CancellationError()
            }
            return nil
        }
    }

    /// Warns if a checkpoint is old: records that were removed since would not have been noticed.
    func warn(ofOld newest: Checkpoints.Found?, _ tally: inout RunTally, _ context: RunContext<RunEvent>) {
        guard let cutoff = newest?.checkpoint.cutoff, context.now.seconds - cutoff.seconds > Checkpoint.longestPause
        else { return }
        tally.warn(
            "the newest checkpoint is of \(cutoff.extended): nobody would have noticed that records were removed since. Run "
                + "verify, with --checkpoint if you noted a digest elsewhere",
            context.observe
        )
    }

    /// What the records are compared with: anchors where all are listed anyway, and the newest checkpoint where one of them
    /// may open a package.
    func cuts(_ newest: Checkpoints.Found?) -> [RecordCut] {
        guard options.selection.repositories.isEmpty || options.allowsUpstream else { return [] }
        return RecordCut.all(of: backup, newest, opens: options.allowsUpstream)
    }

    /// Compares all records with what is known of them, before anything is written: one list more, of the records of the
    /// domain's configuration. A difference is a failure, and everything is restored all the same: what is left of a backup
    /// is worth more than nothing.
    ///
    /// - Returns: whether there is no difference.
    /// - Throws: what keeps those records from being listed.
    func compare(
        _ digester: RecordDigester?,
        with cuts: [RecordCut],
        _ tally: inout RunTally,
        _ context: RunContext<RunEvent>
    ) async throws -> Bool {
        guard let digester else { return true }
        digester.finish()
        digester.add(configuration: try await ConfigurationRecords.list(in: backup).digestible)
        guard let digests = digester.digests else {
            let location = backup.store.location
            tally.warn(
                "\(location) does not list the records of a package together, so they were compared with no anchor or "
                    + "checkpoint",
                context.observe
            )
            return false
        }
        var agrees = true
        for cut in cuts {
            guard let failure = cut.disagreement(with: digests, at: backup.store.location) else { continue }
            agrees = false
            tally.fail(ItemFailure(failure), context.observe)
        }
        return agrees
    }

    // MARK: Versions that are gone

    /// What was counted earlier of the selected repositories; nil where that cannot be read, which is no reason not to
    /// restore.
    ///
    /// - Throws: `CancellationError`.
    func census(_ tally: inout RunTally, _ context: RunContext<RunEvent>) async throws -> (any VersionCensus)? {
        guard let counted else { return nil }
        var listed = Selection()
        listed.repositories = options.selection.repositories
        do {
            let census = try await counted(listed, options.choice.asOf)
            if let warning = census.warning { tally.warn(warning, context.observe) }
            return census
        } catch {
            guard let failure = RemoteFailure.narrowing(error, operation: .restore, target: backup.store.location)
            else { throw CancellationError() }
            tally.warn("what is listed was not compared with the reports of runs: \(failure)", context.observe)
            return nil
        }
    }

    /// Names versions that were counted earlier and have no record any more: a failure where they are of what is restored,
    /// and else a warning, since some of them may be. What is left comes back all the same.
    func fail(of losses: [VersionLoss], _ tally: inout RunTally, _ context: RunContext<RunEvent>) {
        let restoresAll = (options.needed == nil || options.restoresRest) && options.selection.shard == .whole
        for loss in losses {
            guard restoresAll, options.selection.covers(loss.selection) else {
                tally.warn("\(loss.words). Some of them may be missing here; verify says what to do", context.observe)
                continue
            }
            let failure = RemoteFailure(
                .absent,
                operation: .restore,
                target: backup.store.location,
                message: "\(loss.words), so they do not come back; verify says what to do"
            )
            tally.fail(ItemFailure(failure), context.observe)
        }
    }
}
