import AWSServices
import Logging
import ReconcileCore
import SystemPackage

extension JobSession {
    /// Restores, or prints what would be restored; the report goes where the settings say, and not beside the backup,
    /// which a restore only reads.
    func restore(_ restore: RestoreSettings) async -> ExitStatus {
        let stop = StopSignal()
        let runID = Self.runID(at: Timestamp(secondsSince1970: clock.secondsSince1970()))
        let narrator = RunNarrator(logger: logger, console: console, clock: clock)
        let begun = clock.now()
        logger.info(
            "restore started",
            metadata: [
                "run": "\(runID)", "backup": "\(wiring.store.location)", "of": "\(settings.domain)",
                "to": "\(wiring.domain.name)", "program": "\(ProgramVersion.current)",
            ]
        )
        let restorer = wiring.restorer(settings: settings, restore)
        let report = await supervised(
            RunBudget(deadline: settings.deadline, grace: settings.grace),
            endsOnSignal: true,
            stop: stop,
            clock: clock,
            logger: logger
        ) {
            await restorer.run(id: runID, in: context(stop, narrator))
        }
        narrator.end()
        if restore.isDryRun {
            let plan = RestorePlan(report)
            _ = try? FileDescriptor.standardOutput.writeAll((plan.lines.joined(separator: "\n") + "\n").utf8)
            return plan.exit
        }
        return tell(report.run, exit: report.exit, elapsed: clock.now() - begun).exit
    }
}
