import AWSServices
import FoundationEssentials
package import ReconcileApp
import ReconcileCore

/// The Lambda function: answers one invocation after another from one open job.
///
/// The answer is the report. What cannot be protected now but may be when it is tried again is a failure of the
/// invocation, so that Lambda tries again and at last puts the event into its dead-letter queue; what trying again does
/// not change is an answer.
package struct BackupFunction: Sendable {
    private let job: ReconcileJob
    private let tell: @Sendable (String) -> Void
    private let account: @Sendable (ReconcileJob.Ended) async -> Void

    private var clock: any RunClock { job.host.clock }

    /// - Parameters:
    ///   - tell: writes a line to the function's log.
    ///   - account: sums up a run that has ended.
    package init(
        job: ReconcileJob,
        tell: @escaping @Sendable (String) -> Void,
        account: @escaping @Sendable (ReconcileJob.Ended) async -> Void
    ) {
        self.job = job
        self.tell = tell
        self.account = account
    }

    package func answer(_ invocation: Invocation) async -> Result<[UInt8], InvocationFailure> {
        let input: InvocationInput
        do {
            input = try InvocationInput(invocation.body)
        } catch {
            return .failure(InvocationFailure(type: "Input.NotUnderstood", message: "\(error)"))
        }
        let begun = clock.now()
        switch input {
        case .reconcile(let shard):
            let ended = await job.reconcile(shard: shard, within: budget(invocation), endsOnSignal: false)
            await account(ended)
            emit(ended.report, .reconcile, since: begun)
            if ended.report.outcome == .failed { return .failure(failure(ended.report)) }
            return encode(ended.report)
        case .version(let event):
            if let reason = reasonToSkip(event) { return encode(skipped(reason)) }
            guard let version = event.coordinates else {
                return encode(skipped("the package format is \(event.format); only maven is backed up"))
            }
            let report = await job.protect(version, within: budget(invocation))
            emit(report, .event, since: begun)
            // A version that is still unprotected is worth another attempt, whatever kept it back.
            return report.outcome == .converged ? encode(report) : .failure(failure(report))
        }
    }

    // MARK: Events that are not for this backup

    private func reasonToSkip(_ event: PackageEvent) -> String? {
        let domain = job.domain.identity
        guard event.domain == domain.name, event.domainOwner == domain.owner else {
            return "the event is about the domain \(event.domain) of \(event.domainOwner); "
                + "this is the backup of \(domain.name) of \(domain.owner)"
        }
        return nil
    }

    private func skipped(_ reason: String) -> RunReport {
        let now = Timestamp(secondsSince1970: clock.secondsSince1970())
        var report = RunReport(runID: "", domain: job.domain.identity.name, shard: .whole, startedAt: now)
        report.versions.skipped = 1
        report.message = reason
        return report
    }

    // MARK: Answering

    /// The time until Lambda cuts the process off, by the wall clock that the deadline is given in.
    private func budget(_ invocation: Invocation) -> RunBudget {
        guard let deadline = invocation.deadline else { return RunBudget(until: .seconds(900)) }
        let left = Double(deadline) / 1000 - clock.secondsSince1970()
        return RunBudget(until: .seconds(min(max(left, 0), 900)))
    }

    private func emit(_ report: RunReport, _ door: EmbeddedMetrics.Door, since begun: Duration) {
        let now = clock.secondsSince1970()
        let metrics = EmbeddedMetrics(report, door: door, duration: clock.now() - begun, now: now)
        tell(metrics.line(at: now))
    }

    private func failure(_ report: RunReport) -> InvocationFailure {
        let first = report.failures.first
        let message = report.message ?? first?.message ?? "the version is not protected"
        return InvocationFailure(
            type: "Backup.\(report.failureKind?.rawValue ?? first?.kind ?? report.outcome.rawValue)",
            message: message
        )
    }

    private func encode(_ report: RunReport) -> Result<[UInt8], InvocationFailure> {
        var report = report
        // An answer may have 6 MB (Lambda developer guide, Lambda quotas); the stored report names them all.
        report.failures = Array(report.failures.prefix(Self.failuresInAnswer))
        do {
            return .success(try report.document())
        } catch {
            return .failure(InvocationFailure(type: "Backup.report", message: "\(error)"))
        }
    }

    private static let failuresInAnswer = 100
}
