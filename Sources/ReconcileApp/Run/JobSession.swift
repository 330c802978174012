import AWSServices
import HTTPTransfer
import Logging
package import ReconcileCore
import SystemPackage

/// A job with its source and store open: runs share its connections, credentials and authorization token.
///
/// One piece of work at a time. What ends one piece of work leaves the session good for the next.
package struct JobSession: Sendable {
    let settings: RunSettings
    let wiring: Wiring
    let console: Console
    let logger: Logger
    let clock: any RunClock

    /// The domain that is backed up, and the account that owns it.
    package var domain: (name: String, owner: String) { (settings.domain, wiring.domain.owner) }

    /// The backup alone.
    var backup: BackupSession {
        BackupSession(settings: settings, wiring: wiring.backup, console: console, logger: logger, clock: clock)
    }

    func context(_ stop: StopSignal, _ narrator: RunNarrator) -> RunContext<RunEvent> {
        RunContext(clock: clock, ledger: wiring.backup.ledger, stop: stop, observe: narrator.tell)
    }

    // MARK: The whole domain

    /// How a run ended.
    package struct Finished: Sendable {
        package let report: RunReport
        package let exit: ExitStatus
    }

    /// Brings the backup to the state of the domain; stores the report beside it and where the settings say.
    ///
    /// - Parameters:
    ///   - shard: in place of the settings'.
    ///   - budget: in place of the settings' deadline and grace.
    ///   - endsOnSignal: whether SIGTERM and SIGINT wind the run down; they are ignored from then on.
    package func reconcile(shard: Shard? = nil, budget: RunBudget? = nil, endsOnSignal: Bool) async -> Finished {
        var settings = settings
        if let shard { settings.reconcile.selection.shard = shard }
        wiring.governor.divide(among: settings.reconcile.selection.shard.count)
        let stop = StopSignal()
        let startedAt = Timestamp(secondsSince1970: clock.secondsSince1970())
        let runID = Self.runID(at: startedAt)
        let narrator = RunNarrator(logger: logger, console: console, clock: clock)
        let begun = clock.now()
        logger.info(
            "run started",
            metadata: [
                "run": "\(runID)", "domain": "\(settings.domain)", "backup": "\(wiring.store.location)",
                "shard": "\(settings.reconcile.selection.shard)", "program": "\(ProgramVersion.current)",
            ]
        )
        let reconciler = wiring.reconciler(to: wiring.store, door: "reconcile", settings: settings)
        let report = await supervised(
            budget ?? RunBudget(deadline: settings.deadline, grace: settings.grace),
            endsOnSignal: endsOnSignal,
            stop: stop,
            clock: clock,
            logger: logger
        ) {
            await reconciler.run(id: runID, in: context(stop, narrator))
        }
        narrator.end()
        return await account(for: report, startedAt, elapsed: clock.now() - begun)
    }

    // MARK: One version

    /// Brings one version to the state of the source, as an event asks for; the report is returned and not stored.
    package func protect(_ version: VersionCoordinates, budget: RunBudget) async -> RunReport {
        let runID = Self.runID(at: Timestamp(secondsSince1970: clock.secondsSince1970()))
        let narrator = RunNarrator(logger: logger, console: console, clock: clock)
        let reconciler = wiring.reconciler(to: wiring.store, door: "event", settings: settings)
        return await wiring.backup.client.onItsThread {
            let stop = StopSignal()
            return await supervised(budget, endsOnSignal: false, stop: stop, clock: clock, logger: logger) {
                await reconciler.protect(version, id: runID, in: context(stop, narrator))
            }
        }
    }

    // MARK: A repair

    /// Verifies the backup, and mends it from itself and from the domain.
    func repair(_ verify: VerifySettings) async -> ExitStatus {
        let recorder = Manifest.Recorder(door: "repair", version: ProgramVersion.current)
        return await backup.verify(verify, mending: Verifier.Mending(source: wiring.source, recorder: recorder))
    }

    // MARK: A plan

    /// Prints what a run would do; writes nothing.
    func plan() async -> ExitStatus {
        let stop = StopSignal()
        let dryStore = DryRunStore(wiring.store)
        let narrator = RunNarrator(logger: logger, console: console, clock: clock)
        let reconciler = wiring.reconciler(to: dryStore, door: "plan", settings: settings)
        let report = await supervised(
            RunBudget(deadline: settings.deadline, grace: settings.grace),
            endsOnSignal: true,
            stop: stop,
            clock: clock,
            logger: logger
        ) {
            await reconciler.run(id: "plan", in: context(stop, narrator))
        }
        narrator.end()
        let isBucket = if case .bucket = settings.backup { true } else { false }
        let plan = RunPlan(report: report, writes: dryStore.writes, isBucket: isBucket)
        _ = try? FileDescriptor.standardOutput.writeAll((plan.lines.joined(separator: "\n") + "\n").utf8)
        let drift = report.versions.missing + report.versions.stale
        return report.exit == .converged && drift > 0 ? .drift : report.exit
    }

    // MARK: Accounting

    private func account(for report: RunReport, _ startedAt: Timestamp, elapsed: Duration) async -> Finished {
        var report = report
        var exit = report.exit
        do {
            let layout = BackupLayout(domain: settings.domain)
            report.requests[wiring.putOperation, default: 0] += 1
            try await report.store(in: wiring.store, layout: layout, startedAt: startedAt)
        } catch {
            let failure = RemoteFailure.narrowing(error, operation: "report", target: wiring.store.location)
            logger.error("the report could not be stored beside the backup: \(error)")
            if exit == .converged { exit = failure.map { ExitStatus($0.kind) } ?? .unexpected }
        }
        let finished = tell(report, exit: exit, elapsed: elapsed)
        await Metrics(report, exit: finished.exit, endedAt: clock.secondsSince1970(), elapsed: elapsed)
            .publish(as: settings, with: wiring.backup.client, logger: logger)
        return finished
    }

    /// Writes a report where the settings say, and sums it up on the console.
    func tell(_ report: RunReport, exit: ExitStatus, elapsed: Duration) -> Finished {
        var exit = exit
        do {
            if let file = settings.reportFile { try Self.write(report.document(), to: file) }
        } catch {
            logger.error("the report could not be written to \(settings.reportFile ?? ""): \(error)")
            if exit == .converged { exit = .refused }
        }
        let summary = RunSummary(report, elapsed: elapsed)
        if console.isTerminal || settings.logFormat == .text {
            for line in summary.lines { console.line(line) }
        } else {
            logger.notice(
                "run finished",
                metadata: [
                    "run": "\(report.runID)", "outcome": "\(report.outcome.rawValue)",
                    "listed": "\(report.versions.listed)", "inSync": "\(report.versions.inSync)",
                    "missing": "\(report.versions.missing)", "stale": "\(report.versions.stale)",
                    "orphaned": "\(report.versions.orphaned)", "copied": "\(report.versions.copied)",
                    "failed": "\(report.versions.failed)", "bytes": "\(report.bytes.copied)",
                    "exit": "\(exit.rawValue)", "reason": "\(report.message ?? "")",
                ]
            )
        }
        return Finished(report: report, exit: exit)
    }

    static func write(_ bytes: [UInt8], to file: String) throws {
        if file == "-" {
            try FileDescriptor.standardOutput.writeAll(bytes)
        } else {
            let descriptor = try FileDescriptor.open(
                FilePath(file),
                .writeOnly,
                options: [.create, .truncate],
                permissions: [.ownerReadWrite, .groupRead, .otherRead]
            )
            try descriptor.closeAfter { _ = try descriptor.writeAll(bytes) }
        }
    }

    /// Sorts by time, and is told apart from a run that starts in the same second.
    static func runID(at time: Timestamp) -> String {
        "\(time.basic)-\(String(UInt32.random(in: .min ... .max), radix: 36))"
    }
}
