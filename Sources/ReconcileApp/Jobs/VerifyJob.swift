import Logging
package import ReconcileCore
import Synchronization

/// Checks a backup against its manifests, and stores the report in the backup if asked to.
package struct VerifyJob: Sendable {
    private let host: Host
    private let access: AWSAccess
    private let backup: OpenBackup
    private let options: Verifier.Options

    package init(host: Host, access: AWSAccess, backup: OpenBackup, options: Verifier.Options) {
        self.host = host
        self.access = access
        self.backup = backup
        // The trust file names checkpoints too.
        var options = options
        options.anchors +=
            backup.trust?.file.anchors.compactMap { CheckpointAnchor("\($0.cutoff.basic):\($0.digest)") } ?? []
        self.options = options
    }

    /// The result of a verification.
    package struct Ended: Sendable {
        package let report: VerifyReport
        /// The command's exit status so far.
        package var exit: ExitStatus
        package let elapsed: Duration
        /// The report's key in the backup; nil if it was not stored.
        package var key: String?
    }

    /// - Parameters:
    ///   - stored: the backup with the store of a dry run; nil for its own.
    ///   - repairSource: where a repair finds what is missing; nil to repair nothing.
    ///   - source: the domain that records are compared with; nil for none.
    package func verify(
        storedIn stored: Backup? = nil,
        repairingFrom repairSource: Verifier.RepairSource? = nil,
        comparedWith source: (any PackageSource)? = nil,
        within budget: RunBudget,
        endsOnSignal: Bool = true
    ) async -> Ended {
        let verifier = Verifier(
            of: stored ?? backup.backup,
            options: options,
            repairSource: repairSource,
            comparedWith: source
        )
        let runID = host.newRunID()
        let begun = host.clock.now()
        host.logger.info(
            "verification started",
            metadata: [
                "run": "\(runID)", "backup": "\(backup.store.location)", "of": "\(backup.domain)",
                "depth": "\(options.depth.rawValue)", "sample": "\(options.sample)",
            ]
        )
        let display = ProgressDisplay(on: host, from: VerifyProgress()) { [access] in
            VerifyStanding($0, elapsed: $1, stalled: access.stalledTransfers)
        }
        let report = await display.during {
            await host.supervising(budget, endsOnSignal: endsOnSignal) { stop in
                let waiting = WaitingNotice(host.logger)
                return await verifier.run(
                    id: runID,
                    in: access.context(stop) { progress in
                        waiting.note(progress)
                        display.note(progress)
                    }
                )
            }
        }
        return Ended(report: report, exit: report.exit, elapsed: host.clock.now() - begun)
    }

    /// Stores the report beside the backup, signed if there is a key.
    ///
    /// - Parameter budget: the verification's.
    package func record(_ ended: Ended, within budget: RunBudget, endsOnSignal: Bool = true) async -> Ended {
        let wasStopped = ended.report.outcome == .deadline
        return await host.concluding(
            budget,
            after: ended.elapsed,
            wasStopped: wasStopped,
            endsOnSignal: endsOnSignal
        ) {
            await record(ended)
        }
    }

    private func record(_ ended: Ended) async -> Ended {
        if backup.trust != nil, backup.signer == nil {
            let effect = "under --trust it counts for the faults that it names, and shows none to be gone"
            host.logger.warning("without --signing-key the report is stored unsigned: \(effect)")
        }
        var report = ended.report
        var exit = ended.exit
        var key: String?
        do {
            try await report.record(in: backup.backup)
            key = "\(backup.layout.verificationKey(runID: report.runID, day: String(report.startedAt.prefix(10))))"
        } catch {
            host.logNotStored("the verification could not be recorded in the backup", error, after: report.message)
            exit = exit.failingOutput(error)
        }
        return Ended(report: report, exit: exit, elapsed: ended.elapsed, key: key)
    }
}

extension Host {
    /// The maximum number of notes logged: there may be many, and they require no action.
    private static let notesLogged = 20

    /// Logs every finding of a verification, and the first notes.
    package func logFindings(of report: VerifyReport) {
        for finding in report.findings {
            let kind: Logger.Metadata = ["kind": "\(finding.kind.rawValue)"]
            if finding.mended {
                logger.notice("repaired: \(finding.key)", metadata: kind)
            } else {
                logger.error("\(finding.key): \(finding.message)", metadata: kind)
            }
        }
        for note in report.notes.prefix(Self.notesLogged) {
            logger.notice("\(note.key): \(note.message)", metadata: ["kind": "\(note.kind.rawValue)"])
        }
        if report.notes.count > Self.notesLogged {
            logger.notice("\(report.notes.count - Self.notesLogged) more notes are in the report")
        }
        for warning in report.warnings ?? [] { logger.warning("\(warning)") }
        if let account = report.contents {
            logger.info(
                "contents digested",
                metadata: [
                    "cutoff": "\(account.cutoff)", "digest": "\(account.digest)",
                    "records": .stringConvertible(account.records),
                ]
            )
        }
        if let account = report.checkpoint {
            logger.info(
                "records digested",
                metadata: [
                    "cutoff": "\(account.cutoff)", "digest": "\(account.digest)",
                    "records": .stringConvertible(account.records),
                    "compared": .stringConvertible(account.compared.count),
                ]
            )
        }
    }

    /// Writes a verification's report to the file that the settings name, publishes its metrics, and prints a summary
    /// on the console.
    ///
    /// - Parameters:
    ///   - exit: the exit status of the command so far.
    ///   - next: returns the next command for an exit status.
    package func account(
        for report: VerifyReport,
        exit: ExitStatus,
        elapsed: Duration,
        to file: OutputFile?,
        _ metrics: MetricsFlags,
        next: (ExitStatus) -> String? = { _ in nil }
    ) async -> ExitStatus {
        let written = write(to: file, exit: exit) { try report.document() }
        let published = await publish(
            Metrics(report, exit: written, endedAt: clock.secondsSince1970(), elapsed: elapsed),
            metrics,
            exit: written
        )
        sumUp(
            VerifySummary(report, elapsed: elapsed).lines,
            next: next(published),
            exit: published,
            as: "verification finished",
            [
                "run": "\(report.runID)", "outcome": "\(report.outcome.rawValue)",
                "packages": .stringConvertible(report.looked.packages),
                "versions": .stringConvertible(report.looked.versions),
                "faults": .stringConvertible(report.faultsLeft), "repaired": .stringConvertible(report.mended),
                "unsettled": .stringConvertible(report.unsettled),
                "comparedWithDomain": .stringConvertible(report.looked.comparedWithDomain ?? 0),
                "bytes": .stringConvertible(report.looked.bytes.read), "reason": "\(report.message ?? "")",
            ]
        )
        return published
    }
}

/// Logs once that a verification is waiting, and why; nothing else is logged meanwhile.
private final class WaitingNotice: Sendable {
    private let isSaid = Atomic(false)
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    func note(_ progress: VerifyProgress) {
        guard progress.waiting > 0, !isSaid.exchange(true, ordering: .relaxed) else { return }
        logger.info("some files changed recently and do not match yet; checking again for up to 30 seconds")
    }
}
