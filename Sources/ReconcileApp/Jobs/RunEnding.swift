import AWSServices
import HTTPTransfer
package import Logging
package import ReconcileCore

/// The end of a command for its readers: standard output, the report's file, the summary, the metrics. Each is given the
/// status of the work and returns the command's: an output that was asked for and cannot be written is logged, and is
/// no success.
extension Host {
    /// Writes a report's document to the file that the settings name, and sums it up on the console.
    ///
    /// - Parameter next: the command that comes next, if the work ends with this status.
    package func account(
        for report: RestoreReport,
        elapsed: Duration,
        to file: OutputFile?,
        _ metrics: MetricsFlags,
        next: (ExitStatus) -> String?
    ) async -> ExitStatus {
        let written = write(to: file, exit: report.exit) { try report.run.document() }
        let exit = await publish(
            Metrics(report, exit: written, endedAt: clock.secondsSince1970(), elapsed: elapsed),
            metrics,
            exit: written
        )
        sumUp(report.run, exit: exit, elapsed: elapsed, next: next(exit))
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
        let next = next?.afterRun(ended.report, exit: exit, isStored: ended.reportKey != nil)
        sumUp(ended.report, exit: exit, elapsed: ended.elapsed, next: next)
        return exit
    }

    private func sumUp(_ report: RunReport, exit: ExitStatus, elapsed: Duration, next: String?) {
        let versions = report.versions
        // Each of the others was logged when it happened.
        let failures = FailureLines(report.failures, of: report.failures.count, onlyRepeated: true)
        sumUp(
            RunSummary(report, elapsed: elapsed, isVerbose: isVerbose).lines
                + failures.lines { [String(repeating: " ", count: $1) + $0] },
            next: next,
            exit: exit,
            as: "run finished",
            [
                "run": "\(report.runID)", "outcome": "\(report.outcome.rawValue)",
                "packages": .stringConvertible(report.packages), "listed": .stringConvertible(versions.listed),
                "inSync": .stringConvertible(versions.inSync), "missing": .stringConvertible(versions.missing),
                "stale": .stringConvertible(versions.stale), "orphaned": .stringConvertible(versions.orphaned),
                "copied": .stringConvertible(versions.copied),
                "deleted": .stringConvertible(versions.deleted), "mutated": .stringConvertible(versions.mutated),
                "unavailable": .stringConvertible(versions.unavailable),
                "failed": .stringConvertible(versions.failed), "unrecorded": .stringConvertible(versions.unrecorded),
                "left": .stringConvertible(versions.left),
                "bytes": .stringConvertible(report.bytes.copied), "reason": "\(report.messageNotLogged ?? "")",
            ]
        )
    }

    /// Sums work up: in lines for a person, who reads them at a terminal whatever form the log has, and in one record for
    /// a program. With --quiet only the `reason` of the record is logged, where there is one.
    package func sumUp(
        _ lines: [String],
        next: String?,
        exit: ExitStatus,
        as message: Logger.Message,
        _ record: Logger.Metadata
    ) {
        guard !isQuiet else {
            // Nothing else says why.
            if case .string(let reason)? = record["reason"], !reason.isEmpty { logger.error("\(reason)") }
            return
        }
        guard console.isTerminal || writesText else {
            var record = record
            record["exit"] = .stringConvertible(exit.rawValue)
            if let next { record["next"] = "\(next)" }
            return logger.notice(message, metadata: record)
        }
        for (index, line) in lines.enumerated() {
            let line = line.replacingControls(with: "\u{FFFD}")
            console.line(index == 0 ? console.painted(line, exit.colour) : line)
        }
        if let next { console.line("next: \(next)") }
    }

    /// Writes a report where the settings name a file.
    package func write(
        to file: OutputFile?,
        exit: ExitStatus,
        _ document: () throws -> [UInt8]
    ) -> ExitStatus {
        guard let file else { return exit }
        return attempt(exit) { try file.replace(document()) }
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
        let failure = error as? RemoteFailure
        let isKnown = failure.flatMap { message?.contains($0.message) } ?? false
        // That an operation is refused as a whole was said, with another number of refusals.
        if let failure, failure.kind == .forbidden, message?.contains("\(failure.operation)") == true {
            return logger.warning("\(words) for the same reason")
        }
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

extension ExitStatus {
    /// Of the first line of a summary.
    fileprivate var colour: Colour {
        switch self {
        case .converged: .green
        case .deadline, .drift, .unavailable: .yellow
        default: .red
        }
    }
}
