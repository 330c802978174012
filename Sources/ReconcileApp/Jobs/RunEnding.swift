import AWSServices
import HTTPTransfer
import Logging
package import ReconcileCore

/// The end of a run or a restore for its readers: the report's file, the summary, the metrics.
extension Host {
    /// Writes a report's document to the file that the settings name, and sums it up on the console.
    ///
    /// - Returns: `exit`, or refused where a run that converged could not write its report.
    package func account(for report: RunReport, exit: ExitStatus, elapsed: Duration, to file: OutputFile?) -> ExitStatus
    {
        var exit = exit
        if !write(to: file, { try report.document() }), exit == .converged { exit = .refused }
        // A person at a terminal reads the summary, whatever form the log has.
        if console.isTerminal || writesText {
            for line in RunSummary(report, elapsed: elapsed).lines { console.line(line) }
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
        return exit
    }

    /// The same for a run, with its metrics.
    package func account(
        for ended: ReconcileJob.Ended,
        to file: OutputFile?,
        _ metrics: MetricsFlags
    ) async -> ExitStatus {
        let exit = account(for: ended.report, exit: ended.exit, elapsed: ended.elapsed, to: file)
        await publish(
            Metrics(ended.report, exit: exit, endedAt: clock.secondsSince1970(), elapsed: ended.elapsed),
            metrics
        )
        return exit
    }

    /// Writes a report where the settings name a file; what keeps it from there is logged.
    ///
    /// - Returns: whether the file has it, or none is named.
    package func write(to file: OutputFile?, _ document: () throws -> [UInt8]) -> Bool {
        guard let file else { return true }
        do {
            try file.write(document())
            return true
        } catch {
            logger.error("\(error)")
            return false
        }
    }

    /// Publishes metrics where the settings say; what keeps them from there is logged, and changes nothing in how the
    /// work ended.
    package func publish(_ metrics: Metrics, _ flags: MetricsFlags) async {
        if let file = flags.file {
            do {
                try metrics.write(to: file)
            } catch {
                logger.error("\(error)")
            }
        }
        guard let gateway = flags.metricsPush else { return }
        do {
            try await HTTPClient.withClient(clientSettings(width: 1)) { client in
                try await metrics.push(to: gateway, with: client)
            }
        } catch {
            logger.error("the metrics could not be pushed to \(gateway.url("")): \(error)")
        }
    }
}
