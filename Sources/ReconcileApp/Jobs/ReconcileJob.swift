import AWSServices
import HTTPTransfer
import Logging
package import ReconcileCore

/// Keeps a backup in step with its domain: does one run after another, or protects one version in response to an event.
///
/// Runs share connections, credentials and the authorization token. A failed run does not affect the next.
package struct ReconcileJob: Sendable {
    package let host: Host
    package let access: AWSAccess
    package let backup: OpenBackup
    package let domain: OpenDomain
    package let options: Reconciler.Options
    /// A second store for each run's checkpoint; nil for none.
    package let witness: Witness?
    private let namespaces = RecordedNamespaces()

    package init(
        host: Host,
        access: AWSAccess,
        backup: OpenBackup,
        domain: OpenDomain,
        options: Reconciler.Options,
        witness: Witness? = nil
    ) {
        self.host = host
        self.witness = witness
        self.access = access
        self.backup = backup
        self.domain = domain
        self.options = options
    }

    /// How a run ended; its report is stored beside the backup.
    package struct Ended: Sendable {
        package let report: RunReport
        package let exit: ExitStatus
        package let elapsed: Duration
        /// The report's key in the backup; nil if it was not stored.
        package let reportKey: String?
    }

    /// Copies what the backup lacks, and stores the report in the backup.
    ///
    /// - Parameters:
    ///   - shard: overrides the shard of the options.
    ///   - endsOnSignal: whether SIGTERM, SIGINT and SIGHUP wind the run down; their default action is disabled from
    ///     then on.
    package func reconcile(shard: Shard? = nil, within budget: RunBudget, endsOnSignal: Bool) async -> Ended {
        let options = self.options.of(shard)
        access.governor.divide(among: options.selection.shard.count)
        let startedAt = host.now
        let runID = host.newRunID()
        let begun = host.clock.now()
        host.logger.info(
            "run started",
            metadata: [
                "run": "\(runID)", "domain": "\(backup.domain)", "backup": "\(backup.store.location)",
                "shard": "\(options.selection.shard)", "program": "\(ProgramVersion.current)",
            ]
        )
        let worked = await work(
            runID,
            on: backup.backup,
            recordedBy: "reconcile",
            options,
            startedAt: startedAt,
            within: budget,
            endsOnSignal: endsOnSignal
        )
        let (wasStopped, elapsed) = (worked.wasStopped, host.clock.now() - begun)
        return await host.concluding(budget, after: elapsed, wasStopped: wasStopped, endsOnSignal: endsOnSignal) {
            let (report, failures) = await conclude(worked, witness)
            log(report.checkpoint)
            var exit = report.exit
            for (words, failure) in failures {
                host.logNotStored(words, failure, after: report.message)
                exit = exit.failingOutput(failure)
            }
            return await store(report, exit, startedAt, elapsed: host.clock.now() - begun)
        }
    }

    /// Does one run, which reads the newest checkpoint first, up to what `conclude` stores.
    ///
    /// - Parameter note: called with each version that is committed.
    private func work(
        _ id: String,
        on backup: Backup,
        recordedBy writer: String,
        _ options: Reconciler.Options,
        startedAt: Timestamp,
        within budget: RunBudget,
        endsOnSignal: Bool = true,
        isPreview: Bool = false,
        noting note: @escaping @Sendable (CopySummary) -> Void = { _ in }
    ) async -> Worked {
        let narrator = RunNarrator(host, of: access, isPreview: isPreview)
        let before = access.ledger.snapshot
        return await narrator.during {
            await host.supervising(budget, endsOnSignal: endsOnSignal) { stop -> Worked in
                let (listed, listing) = AsyncStream.makeStream(of: [String].self)
                async let configuration = readConfiguration(of: listed, options, stop)
                let observe: @Sendable (RunEvent) -> Void = { event in
                    narrator.narrate(event)
                    switch event {
                    case .committed(let summary): note(summary)
                    case .repositoriesListed(let names): listing.yield(names)
                    default: break
                    }
                }
                // Not concurrent with other requests: it finds out the store's region and clock, which all later
                // requests use.
                let checkpoint = try? await RunCheckpoint.opened(
                    in: backup,
                    repositories: options.selection.repositories,
                    runID: id,
                    startedAt: startedAt,
                    begins: options.beginsSigning
                )
                let reconciler = reconciler(
                    of: backup,
                    recordedBy: writer,
                    options,
                    within: budget,
                    evidence: checkpoint?.evidence
                )
                let report = await reconciler.run(id: id, in: access.context(stop, observe: observe))
                listing.finish()
                var worked = Worked(report: report, checkpoint: checkpoint, before: before)
                if ConfigurationRecording.isDue(after: report, of: options.selection), let read = await configuration {
                    await recordConfiguration(read, &worked, narrator)
                }
                worked.wasStopped = stop.reason != nil
                return worked
            }
        }
    }

    /// Writes a run's checkpoint, to the witness too if there is one.
    ///
    /// - Returns: the report, and the errors that kept the checkpoint or the configuration's record from being stored.
    private func conclude(
        _ worked: Worked,
        _ witness: Witness? = nil
    ) async -> (report: RunReport, failures: [(words: String, failure: any Error)]) {
        var worked = worked
        var standing: StandingCheckpoint?
        let warnings = worked.report.warnings.count
        do {
            standing = try await worked.checkpoint?.conclude(&worked.report, configuration: worked.configuration)
        } catch {
            worked.failure = worked.failure ?? error
        }
        // If the run failed, its error also explains why checkpoints could not be read.
        if worked.report.outcome != .failed {
            for warning in worked.report.warnings.dropFirst(warnings) { host.logger.warning("\(warning)") }
        }
        var failures: [(words: String, failure: any Error)] = []
        if let failure = worked.failure {
            failures.append(("a record of the run could not be stored beside the backup", failure))
        }
        if let witness, let standing {
            do {
                try await standing.store(in: try witness.open())
            } catch {
                failures.append(("the checkpoint could not be stored at the witness \(witness.location)", error))
            }
        }
        worked.report.count(access.ledger.snapshot.since(worked.before))
        return (worked.report, failures)
    }

    /// The state of a run before its checkpoint is written.
    private struct Worked: Sendable {
        var report: RunReport
        let checkpoint: RunCheckpoint?
        /// What had been sent before it began.
        let before: RequestLedger.Counts
        var wasStopped = false
        /// The records of the domain's configuration; nil if the run did not list them.
        var configuration: ConfigurationRecords?
        /// The error that kept the configuration's record from being stored.
        var failure: (any Error)?
    }

    /// Reads the domain's configuration as soon as the run has listed the repositories, so that the end of the run does
    /// not wait for it.
    ///
    /// - Returns: nil if the run does not record the configuration, or ended before it had listed the repositories.
    private func readConfiguration(
        of listed: AsyncStream<[String]>,
        _ options: Reconciler.Options,
        _ stop: StopSignal
    ) async -> ConfigurationRecording.Reading? {
        guard options.recordsConfiguration, options.selection.coversConfiguration else { return nil }
        for await repositories in listed {
            return await configuration(options.width).read(repositories, stop: stop)
        }
        return nil
    }

    private func configuration(_ width: Width) -> ConfigurationRecording {
        ConfigurationRecording(of: domain.configuration, in: backup.backup, width: min(width.pieces, 16))
    }

    private func recordConfiguration(
        _ reading: ConfigurationRecording.Reading,
        _ worked: inout Worked,
        _ narrator: RunNarrator
    ) async {
        let warnings = worked.report.warnings.count
        do {
            worked.configuration = try await configuration(options.width).conclude(reading, &worked.report)
        } catch {
            worked.failure = error
        }
        for warning in worked.report.warnings.dropFirst(warnings) { narrator.narrate(.warning(warning)) }
    }

    private func log(_ checkpoint: RunReport.CheckpointAccount?) {
        guard let checkpoint else { return }
        // The first run's cutoff is earlier than all of its records.
        host.logger.log(
            level: checkpoint.records > 0 ? .info : .debug,
            "records digested",
            metadata: [
                "cutoff": "\(checkpoint.cutoff)", "digest": "\(checkpoint.digest)",
                "records": .stringConvertible(checkpoint.records), "checkpoint": "\(checkpoint.key ?? "unchanged")",
            ]
        )
        for found in checkpoint.contradictions {
            host.logger.error("the records contradict the checkpoint \(found.checkpoint): \(found.message)")
        }
    }

    /// Brings one version up to date in response to an event; the report is returned but not stored.
    package func protect(_ version: VersionCoordinates, within budget: RunBudget) async -> RunReport {
        let runID = host.newRunID()
        let narrator = RunNarrator(host, of: access)
        let reconciler = reconciler(of: backup.backup, recordedBy: "event", options, within: budget)
        return await access.client.onItsThread {
            await host.supervising(budget, endsOnSignal: false) { stop in
                await reconciler.protect(
                    version,
                    id: runID,
                    in: access.context(stop, observe: narrator.narrate),
                    remembering: namespaces
                )
            }
        }
    }

    /// Does a dry run that writes nothing; `store` counts what would be written.
    ///
    /// - Parameter note: called with each version that would be committed.
    package func rehearse(
        into store: DryRunStore,
        within budget: RunBudget,
        noting note: @escaping @Sendable (CopySummary) -> Void
    ) async -> RunReport {
        // The checkpoint is counted too, and storing cannot fail.
        let worked = await work(
            "plan",
            on: backup.backup(storedIn: store),
            recordedBy: "plan",
            options,
            startedAt: host.now,
            within: budget,
            isPreview: true,
            noting: note
        )
        return await conclude(worked).report
    }

    private func reconciler(
        of backup: Backup,
        recordedBy writer: String,
        _ options: Reconciler.Options,
        within budget: RunBudget,
        evidence: Reconciler.Evidence? = nil
    ) -> Reconciler {
        Reconciler(
            source: domain.source,
            backup: backup,
            options: options,
            recorder: Manifest.Recorder(door: writer, version: ProgramVersion.current),
            places: TransferPlaces(
                AdaptiveWidth(
                    options.width,
                    ceiling: DescriptorLimit.pieces(within: DescriptorLimit.current),
                    grace: budget.grace
                ),
                seeing: signs,
                clock: access.clock,
                // A directory's calls block.
                on: self.backup.bucket == nil ? nil : access.client.executor
            ),
            // Without a checkpoint, because the run was cancelled before it read one, every record is read before it
            // counts.
            evidence: evidence
                ?? Reconciler.Evidence(
                    proof: backup.trust.map { _ in RecordProof(of: backup, since: nil, isBegun: true) }
                ),
            acceptsLoss: { try await backup.acceptsLoss(of: $0) },
            retired: { try await backup.retiredRecords() }
        )
    }

    private var signs: PressureSigns {
        let source = domain.source.operations
        let needed = [source.listVersions, CodeArtifactOperations.listAssets, backup.store.operations.write]
        return PressureSigns(
            isPaced: { [governor = access.governor] in needed.contains { governor.isFull(for: $0) } },
            areAssetsPaced: { [governor = access.governor] in governor.isBusy(for: MavenOperations.getAsset) },
            overloads: { [ledger = access.ledger, client = access.client] in
                ledger.overloadCount + client.lateAnswerCount
            },
            sincePause: { [client = access.client] in client.sincePause }
        )
    }

    private func store(
        _ report: RunReport,
        _ exit: ExitStatus,
        _ startedAt: Timestamp,
        elapsed: Duration
    ) async -> Ended {
        var (report, exit) = (report, exit)
        // A misspelt name must not leave anything that looks like the start of a backup.
        if report.outcome == .failed, report.failureKind == .absent, report.repositories == 0,
            await backup.backup.hasNoRecord()
        {
            return Ended(report: report, exit: exit, elapsed: elapsed, reportKey: nil)
        }
        var key: String? = "\(backup.layout.reportKey(runID: report.runID, startedAt: startedAt))"
        do {
            report.countStoring(by: backup.store.operations)
            try await report.store(in: backup.store, layout: backup.layout, startedAt: startedAt)
        } catch {
            key = nil
            host.logNotStored("the report could not be stored beside the backup", error, after: report.message)
            exit = exit.failingOutput(error)
        }
        return Ended(report: report, exit: exit, elapsed: elapsed, reportKey: key)
    }
}

extension Reconciler.Options {
    /// Returns the options with another shard; unchanged if it is nil.
    fileprivate func of(_ shard: Shard?) -> Self {
        var options = self
        if let shard { options.selection.shard = shard }
        return options
    }
}
