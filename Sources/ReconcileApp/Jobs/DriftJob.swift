import Logging
package import ReconcileCore

/// Compares a domain with its backup; writes nothing on either side.
package struct DriftJob: Sendable {
    private let host: Host
    private let access: AWSAccess
    private let survey: DriftSurvey

    /// - Parameter domain: nil to use the backup's records alone.
    package init(
        host: Host,
        access: AWSAccess,
        backup: OpenBackup,
        domain: OpenDomain?,
        options: DriftSurvey.Options
    ) {
        self.host = host
        self.access = access
        survey = DriftSurvey(
            source: domain?.source,
            configuration: domain?.configuration,
            backup: backup.backup,
            options: options
        )
    }

    package func survey(
        within budget: RunBudget,
        endsOnSignal: Bool = true
    ) async -> (report: DriftReport, elapsed: Duration) {
        let begun = host.clock.now()
        let narrator = RunNarrator(host, of: access)
        let report = await narrator.during {
            await host.supervising(budget, endsOnSignal: endsOnSignal) { stop in
                await survey.run(id: "drift", in: access.context(stop, observe: narrator.narrate))
            }
        }
        return (report, host.clock.now() - begun)
    }
}

extension Host {
    /// Publishes the metrics of a comparison that no listing shows, and logs how many findings of each kind there are.
    package func account(for report: DriftReport, elapsed: Duration, _ metrics: MetricsFlags) async {
        let exit = await publish(
            Metrics(report, exit: report.exit, endedAt: clock.secondsSince1970(), elapsed: elapsed),
            metrics,
            exit: report.exit
        )
        let findings = report.findings
        logger.log(
            level: exit == .converged ? .notice : .warning,
            "comparison finished",
            metadata: [
                "outcome": "\(report.run.outcome.rawValue)", "exit": .stringConvertible(exit.rawValue),
                "listed": .stringConvertible(report.run.versions.listed),
                "orphaned": .stringConvertible(findings.orphaned.count),
                "mutated": .stringConvertible(findings.mutated.count),
                "statusChanges": .stringConvertible(findings.statusChanges.count),
                "unprotected": .stringConvertible(findings.unprotected.count),
                "configurationChanges": .stringConvertible(report.configuration?.changes.count ?? 0),
                "reason": "\(report.run.messageNotLogged ?? "")",
            ]
        )
    }
}
