import AWSServices
import HTTPTransfer
package import Logging
package import ReconcileCore

/// Writes the outputs of a command: standard output, the report's file, the summary, the metrics. Each method takes the
/// exit status of the work and returns that of the command: an output that was requested but cannot be written is
/// logged, and the command does not succeed.
extension Host {
    /// Writes a restore's report to the file that the settings name, publishes its metrics, and prints a summary on the
    /// console.
    ///
    /// - Parameter next: returns the next command for an exit status.
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

    /// Does the same for a run.
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
        // Failures that occurred once were logged when they happened.
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

    /// Prints a summary: as lines if standard error is a terminal, whatever the log's format, or if the log is text;
    /// otherwise as one log record. With --quiet only the record's `reason` is logged, if there is one.
    package func sumUp(
        _ lines: [String],
        next: String?,
        exit: ExitStatus,
        as message: Logger.Message,
        _ record: Logger.Metadata
    ) {
        guard !isQuiet else {
            // Nothing else gives the reason.
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

    /// Writes a report to the file that the settings name, if any.
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

    /// Publishes metrics as the settings say. The metrics describe the work, so a failure to publish them is not
    /// included.
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

    /// Logs that a report could not be stored in the backup. Leaves out the reason if the report itself failed for the
    /// same one.
    ///
    /// - Parameter message: the report's message.
    package func logNotStored(_ words: String, _ error: any Error, after message: String?) {
        let failure = error as? RemoteFailure
        let isKnown = failure.flatMap { message?.contains($0.message) } ?? false
        // The report already says that the operation is refused; its message may differ in the number of refusals.
        if let failure, failure.kind == .forbidden, message?.contains("\(failure.operation)") == true {
            return logger.warning("\(words) for the same reason")
        }
        let reason = error is CancellationError ? "the store did not answer in time" : "\(error)"
        logger.error("\(words)\(isKnown ? " for the same reason" : ": \(reason)")")
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
    /// The colour of a summary's first line.
    fileprivate var colour: Colour {
        switch self {
        case .converged: .green
        case .deadline, .drift, .unavailable: .yellow
        default: .red
        }
    }
}
