import ReconcileApp
import ReconcileCore

/// What the function does besides copying, with the settings of `reconcile verify` and `reconcile drift`.
package struct BackupLook: Sendable {
    /// Verifies the backup, stores the report in it, and returns the exit status of the command.
    let verify: @Sendable (InvocationInput.Verification, RunBudget) async -> (VerifyJob.Ended, ExitStatus)
    /// Compares the domain with the backup.
    let compare: @Sendable (RunBudget) async -> DriftReport

    init(_ settings: LambdaSettings, on host: Host, _ access: AWSAccess, _ domain: OpenDomain) throws {
        // Unlike a run, a verification compares all certificates with the checkpoints.
        let backup = try settings.backup.open(access, settings.bucket, storage: settings.storage)
        verify = { asked, budget in
            var options = Verifier.Options()
            options.selection = settings.selection.selection
            options.width = settings.pace.width.pieces
            options.wantsSidecars = settings.copying.checksumFiles.sidecars == .sha1
            options.depth = asked.depth
            options.sample = asked.sample(at: host.now)
            let job = VerifyJob(host: host, access: access, backup: backup, options: options)
            let verified = await job.verify(within: budget, endsOnSignal: false)
            let ended = await job.record(verified, within: budget, endsOnSignal: false)
            host.logFindings(of: ended.report)
            let exit = await host.account(
                for: ended.report,
                exit: ended.exit,
                elapsed: ended.elapsed,
                to: settings.reporting.file,
                settings.metrics
            )
            return (ended, exit)
        }
        compare = { budget in
            var options = DriftSurvey.Options()
            options.selection = settings.selection.selection(settings.origin)
            options.width = settings.pace.width.pieces
            options.deletionGuard = settings.copying.guarding.deletionGuard
            // What runs have recorded is theirs to report.
            options.since = host.now
            let job = DriftJob(host: host, access: access, backup: backup, domain: domain, options: options)
            let (report, elapsed) = await job.survey(within: budget, endsOnSignal: false)
            await host.account(for: report, elapsed: elapsed, settings.metrics)
            return report
        }
    }
}
