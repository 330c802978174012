import AWSServices
import HTTPTransfer
import Logging
package import ReconcileCore

/// The end of a command for its readers: standard output, the report's file, the summary, the metrics. Each is given the
/// status of the work and returns the command's: an output that was asked for and cannot be written is logged, and is
/// no success.
extension Host {
    /// Writes a report's document to the file that the settings name, and sums it up on the console.
    package func account(for report: RunReport, exit: ExitStatus, elapsed: Duration, to file: OutputFile?) -> ExitStatus
    {
        let exit = write(to: file, exit: exit) { try report.document() }
        sumUp(report, exit: exit, elapsed: elapsed)
        return exit
    }

    /// The same for a run, with its metrics.
    package func account(
        for ended: ReconcileJob.Ended,
        to file: OutputFile?,
        _ metrics: MetricsFlags
    ) async -> ExitStatus {
        let written = write(to: file, exit: ended.exit) { try ended.report.document() }
        let exit = await publish(
            Metrics(ended.report, exit: written, endedAt: clock.secondsSince1970(), elapsed: ended.elapsed),
            metrics,
            exit: written
        )
        sumUp(ended.report, exit: exit, elapsed: ended.elapsed)
        return exit
    }

    private func sumUp(_ report: RunReport, exit: ExitStatus, elapsed: Duration) {
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
                    "exit": "\(exit.rawValue)", "reason": "\(report.messageNotLogged ?? "")",
                ]
            )
        }
    }

    /// Writes a report where the settings name a file.
    package func write(
        to file: OutputFile?,
        exit: ExitStatus,
        _ document: () throws -> [UInt8]
    ) -> ExitStatus {
        guard let file else { return exit }
        return attempt(exit) { try file.write(document()) }
    }

    /// Prints text on standard output.
    package func print(exit: ExitStatus = .converged, _ text: () throws -> String) -> ExitStatus {
        attempt(exit) { try OutputFile.print(text()) }
    }

    /// Publishes metrics where the settings say. They are of the work: that they could not be published is not in them.
    package func publish(_ metrics: Metrics, _ flags: MetricsFlags, exit: ExitStatus) async -> ExitStatus {
        let exit = flags.file.map { file in attempt(exit) { try metrics.write(to: file) } } ?? exit
        guard let gateway = flags.metricsPush else { return exit }
        do {
            try await HTTPClient.withClient(clientSettings(width: 1)) { client in
                try await metrics.push(to: gateway, with: client)
            }
            return exit
        } catch {
            logger.error("the metrics could not be pushed to \(gateway.url("")): \(error)")
            return exit == .converged ? .unavailable : exit
        }
    }

    /// Logs that a report could not be stored in the backup, without the reason if the report itself ended for that.
    ///
    /// - Parameter message: the report's.
    package func logNotStored(_ words: String, _ error: any Error, after message: String?) {
        let isKnown = (error as? RemoteFailure).flatMap { message?.contains($0.message) } ?? false
        logger.error("\(words)\(isKnown ? " for the same reason" : ": \(error)")")
    }

    private func attempt(_ exit: ExitStatus, _ output: () throws -> Void) -> ExitStatus {
        do {
            try output()
            return exit
        } catch {
            logger.error("\(error)")
            return exit.failingOutput(error)
        }
    }
}
