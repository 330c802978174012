/// Accounts for one piece of work: its report, from the first second to how it ended.
struct RunAccount: Sendable {
    let domain: String
    let selection: Selection
    let context: RunContext<RunEvent>
    /// Where the report says what it is of; nil if that is not a run's.
    var backup: String?

    /// Does the work of one report. What it throws ends it: a failure as `failed`, a cancellation as `deadline`.
    func report(
        id: String,
        _ work: (inout RunTally) async throws -> Void
    ) async -> RunReport {
        let before = context.ledger.snapshot
        var tally = RunTally(
            report: RunReport(runID: id, domain: domain, selection: selection, startedAt: context.now),
            of: selection
        )
        tally.report.backup = backup
        do {
            try await work(&tally)
        } catch {
            if let failure = RemoteFailure.narrowing(error, operation: .run, target: domain) {
                let item = ItemFailure(failure)
                tally.fail(item, context.observe)
                tally.fatal = tally.fatal ?? item
            } else {
                tally.interrupted = true
                tally.leftOver = true
            }
        }
        return finish(tally, before)
    }

    /// - Parameter before: the counts when the work began; a process that lives on counts further.
    private func finish(_ tally: RunTally, _ before: RequestLedger.Counts) -> RunReport {
        var tally = tally
        // Where nothing could be listed, or every version failed, there was no more to try, and one refusal may be all.
        let isAll = tally.report.versions.failed >= tally.report.versions.listed
        let (limit, items) = isAll ? (1, 1) : (RefusalCount.limitAtEnd, RefusalCount.items)
        if tally.fatal == nil, tally.failedKinds.contains(.denied),
            let forbidden = context.ledger.forbidden(after: limit, of: items, repeatsWords: false)
        {
            tally.fail(ItemFailure(forbidden), context.observe)
        }
        if tally.fatal == nil || tally.fatal?.kind == .unavailable,
            !tally.failedKinds.isDisjoint(with: [.unavailable, .denied]),
            let unreachable = context.ledger.unreachable()
        {
            let item = ItemFailure(unreachable)
            tally.fail(item, context.observe)
            tally.fatal = item
        }
        tally.warnOfAbsentFiles(context.observe)
        for sentence in tally.unobserved { context.observe(.warning(sentence)) }
        var report = tally.report
        let now = context.clock.secondsSince1970()
        report.finishedAt = Timestamp(secondsSince1970: now).extended
        report.count(context.ledger.snapshot.since(before))
        report.recorded = tally.before.map { $0.recorded + tally.committed.newlyRecorded }
        report.rpo.oldestUnprotectedSeconds = tally.oldestUnprotected.map { Int64(min(max(0, now - $0), 1e12)) }
        if let fatal = tally.fatal {
            report.outcome = .failed
            report.message = fatal.message
            report.failureKind = fatal.kind
        } else if tally.leftOver {
            report.outcome = .deadline
            report.message =
                "\(context.stop.ending)\(tally.progress.standing); completed work is kept, and the next run continues"
        } else if !tally.refusals.isEmpty {
            report.outcome = .refused
            report.message = tally.refusals.joined(separator: ". ")
        } else if report.versions.failed > 0 || tally.generalFailures > 0 {
            report.outcome = .partial
        } else if tally.isUnsigned {
            report.outcome = .partial
            let versions = Quantity.count(report.versions.unrecorded, "version")
            report.message =
                "\(versions) stored and not recorded: records could not be signed, and the next run records them"
        } else if report.versions.left > 0 {
            report.outcome = .partial
            let versions = Quantity.count(report.versions.left, "version")
            report.message = "\(versions) left to the next run; the warnings say why"
        }
        return report
    }
}
