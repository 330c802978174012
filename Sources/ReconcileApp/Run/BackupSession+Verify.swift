import AWSServices
import Cryptography
import Logging
import ReconcileCore
import SystemPackage

extension BackupSession {
    /// Verifies the backup, tells what is wrong, and writes the report where the settings say.
    ///
    /// - Parameter mending: what faults are mended from; nil to write nothing to the backup.
    func verify(_ verify: VerifySettings, mending: Verifier.Mending? = nil) async -> ExitStatus {
        var options = Verifier.Options()
        options.selection = settings.reconcile.selection
        options.width = settings.reconcile.width
        options.wantsSidecars = settings.reconcile.writesSidecars
        (options.depth, options.sample, options.settling) = (verify.depth, verify.sample, verify.settling)
        let backup = Backup(store: store, layout: layout, hashes: Wiring.hashes)
        let verifier = Verifier(of: backup, options: options, mending: mending)
        let runID = JobSession.runID(at: Timestamp(secondsSince1970: clock.secondsSince1970()))
        let begun = clock.now()
        let console = console
        logger.info(
            "verification started",
            metadata: [
                "run": "\(runID)", "backup": "\(store.location)", "of": "\(settings.domain)",
                "depth": "\(verify.depth.rawValue)", "sample": "\(verify.sample)",
            ]
        )
        let report = await supervising { stop in
            let context = RunContext(clock: clock, ledger: wiring.ledger, stop: stop) { (progress: VerifyProgress) in
                let looked = progress.looked
                console.show(
                    progress: "\(looked.packages) packages  \(looked.manifests) manifests  "
                        + "\(Quantity.bytes(looked.bytes.read)) read  \(Quantity.count(progress.faults, "fault"))"
                )
            }
            return await verifier.run(id: runID, in: context)
        }
        console.show(progress: "")
        let elapsed = clock.now() - begun
        let exit = tell(report, elapsed: elapsed)
        await Metrics(report, exit: exit, endedAt: clock.secondsSince1970(), elapsed: elapsed)
            .publish(as: settings, with: wiring.client, logger: logger)
        return exit
    }

    private func tell(_ report: VerifyReport, elapsed: Duration) -> ExitStatus {
        for finding in report.findings {
            if finding.mended {
                logger.notice("mended: \(finding.key)", metadata: ["kind": "\(finding.kind.rawValue)"])
                continue
            }
            logger.error("\(finding.key): \(finding.message)", metadata: ["kind": "\(finding.kind.rawValue)"])
        }
        var exit = report.exit
        do {
            if let file = settings.reportFile { try JobSession.write(report.document(), to: file) }
        } catch {
            logger.error("the report could not be written to \(settings.reportFile ?? ""): \(error)")
            if exit == .converged { exit = .refused }
        }
        let looked = report.looked
        var lines = [
            "\(report.outcome.rawValue): \(Quantity.count(looked.versions, "version")) in "
                + "\(Quantity.count(looked.packages, "package")), \(Quantity.time(elapsed))"
        ]
        if let message = report.message { lines.append("  \(message)") }
        lines.append("  depth \(report.depth.rawValue), sample: \(report.sample)")
        lines.append(
            "  manifests \(looked.manifests)  objects named \(looked.objects.named)  "
                + "inspected \(looked.objects.inspected)  read \(looked.objects.read) (\(Quantity.bytes(looked.bytes.read)))"
        )
        lines += Quantity.table(report.faults.filter { $0.value > 0 }).map { "  fault \($0)" }
        if report.mended > 0 { lines.append("  mended \(report.mended)") }
        if report.unsettled > 0 { lines.append("  unsettled \(report.unsettled): changed within the settling time") }
        for line in lines { console.line(line) }
        return exit
    }
}
