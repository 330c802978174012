import AWSServices
import FoundationEssentials
import Logging
package import ReconcileApp
package import ReconcileCore

/// The Lambda function: answers one invocation after another with one open job.
///
/// The response is the report of the work. If a run fails or a version stays unprotected, the invocation fails, so that
/// Lambda retries it and finally sends the event to the dead-letter queue; so does a verification or a comparison that
/// could not do its work, but not one that found something. An unrecognized input also fails it. Events
/// that this backup does not cover are answered with a report. A batch is answered with the records to send again.
package struct BackupFunction: Sendable {
    private let job: ReconcileJob
    private let tell: @Sendable (String) -> Void
    private let notice: RunNotice?
    private let account: @Sendable (ReconcileJob.Ended) async -> ExitStatus
    private let look: BackupLook

    private var clock: any RunClock { job.host.clock }

    /// - Parameters:
    ///   - notice: sends notifications of each run; nil for none.
    ///   - tell: writes a line to the function's log.
    ///   - account: writes the summary of a finished run, and returns the command's exit status.
    ///   - look: verifies the backup, and compares it with the domain.
    package init(
        job: ReconcileJob,
        look: BackupLook,
        notice: RunNotice?,
        tell: @escaping @Sendable (String) -> Void,
        account: @escaping @Sendable (ReconcileJob.Ended) async -> ExitStatus
    ) {
        self.job = job
        self.look = look
        self.notice = notice
        self.tell = tell
        self.account = account
    }

    package func answer(_ invocation: Invocation) async -> Result<[UInt8], InvocationFailure> {
        do throws(UnknownInput) {
            return switch try InvocationDocument(invocation.body) {
            case .one(let input): await perform(input, for: invocation)
            case .batch(let records): await answer(records, of: invocation)
            }
        } catch {
            return .failure(Self.failure(error))
        }
    }

    private static func failure(_ input: UnknownInput) -> InvocationFailure {
        InvocationFailure(type: "Input.NotUnderstood", message: "\(input)", mayPass: false)
    }

    /// Does what one input asks for.
    private func perform(
        _ input: InvocationInput,
        for invocation: Invocation
    ) async -> Result<[UInt8], InvocationFailure> {
        let begun = clock.now()
        switch input {
        case .reconcile(let shard):
            let time = budget(invocation, keeping: notice?.longest ?? .zero)
            await notice?.start()
            let ended = await job.reconcile(shard: shard, within: time, endsOnSignal: false)
            let exit = await account(ended)
            await notice?.end(ended, exit: exit)
            emit(ended.report, .reconcile, since: begun)
            return ended.report.outcome == .failed ? .failure(failure(ended.report)) : encode(ended.report)
        case .version(let event):
            if let reason = reasonToSkip(event) { return encode(skipped(reason)) }
            guard let version = event.coordinates else {
                return encode(skipped("the package format is \(event.format); only maven is backed up"))
            }
            let report = await job.protect(version, within: budget(invocation))
            emit(report, .event, since: begun)
            // A version that is still unprotected is worth another attempt, whatever the reason.
            return report.outcome == .converged ? encode(report) : .failure(failure(report))
        case .verify(let asked):
            let (ended, exit) = await look.verify(asked, budget(invocation))
            emit({ EmbeddedMetrics(ended.report, exit: exit, duration: $0, now: $1) }, since: begun)
            return ended.report.outcome == .failed ? .failure(Self.failure(ended.report)) : encode(ended.report)
        case .drift:
            let report = await look.compare(budget(invocation))
            emit({ EmbeddedMetrics(report, duration: $0, now: $1) }, since: begun)
            return report.run.outcome == .failed ? .failure(failure(report.run)) : encode(report.run)
        }
    }

    // MARK: Batches

    /// Processes the records one after another, and answers as SQS and Pipes expect: with the IDs of the records to
    /// send again.
    ///
    /// A record that can never succeed is logged and dropped. If a record to be sent again has no ID, the invocation
    /// fails and all records are sent again; Lambda and Pipes treat a response with an empty or null ID in the same way
    /// (Lambda developer guide, Success and failure conditions). A record not reached in time counts as failed.
    private func answer(
        _ records: [BatchRecord],
        of invocation: Invocation
    ) async -> Result<[UInt8], InvocationFailure> {
        var ended: [InvocationInput: InvocationFailure?] = [:]
        var again: [String] = []
        var nameless: [InvocationFailure] = []
        for (number, record) in records.enumerated() {
            guard let reason = await failure(of: record, &ended, invocation) else { continue }
            job.host.logger.error(
                reason.mayPass ? "a record failed" : "a record can never succeed and is dropped",
                metadata: ["record": "\(record.identifier ?? "number \(number + 1)")", "reason": "\(reason)"]
            )
            guard reason.mayPass else { continue }
            if let identifier = record.identifier { again.append(identifier) } else { nameless.append(reason) }
        }
        if let first = nameless.first {
            let share = "\(nameless.count + again.count) of \(records.count) events failed"
            return .failure(InvocationFailure(type: first.type, message: "\(share). The first: \(first.message)"))
        }
        return Self.answer {
            try StableJSON.line(BatchAnswer(batchItemFailures: again.map(BatchAnswer.Item.init)))
        }
    }

    /// - Parameter ended: the results of earlier inputs in the batch. An equal input gets the same result without more
    ///   requests, because the domain was read after the batch had been sent.
    private func failure(
        of record: BatchRecord,
        _ ended: inout [InvocationInput: InvocationFailure?],
        _ invocation: Invocation
    ) async -> InvocationFailure? {
        let input: InvocationInput
        switch record.input {
        case .success(let read): input = read
        case .failure(let reason): return Self.failure(reason)
        }
        if let known = ended[input] { return known }
        guard budget(invocation).deadline != .zero else {
            let message = "the invocation ran out of time before it reached this record"
            return InvocationFailure(type: "Backup.deadline", message: message)
        }
        var failure: InvocationFailure?
        if case .failure(let reason) = await perform(input, for: invocation) { failure = reason }
        ended.updateValue(failure, forKey: input)
        return failure
    }

    // MARK: Events for other backups

    private func reasonToSkip(_ event: PackageEvent) -> String? {
        let domain = job.domain.identity
        guard event.domain == domain.name, event.domainOwner == domain.owner else {
            return "the event is about the domain \(event.domain) of \(event.domainOwner); "
                + "this is the backup of \(domain.name) of \(domain.owner)"
        }
        return nil
    }

    private func skipped(_ reason: String) -> RunReport {
        let now = clock.timestamp
        var report = RunReport(runID: "", domain: job.domain.identity.name, shard: .whole, startedAt: now)
        report.versions.skipped = 1
        report.message = reason
        return report
    }

    // MARK: Answering

    /// Returns the time until Lambda kills the process, by the wall clock, in which the deadline is given.
    ///
    /// - Parameter kept: time to reserve for other work before and after.
    private func budget(_ invocation: Invocation, keeping kept: Duration = .zero) -> RunBudget {
        let left = invocation.deadline.map { Double($0) / 1000 - clock.secondsSince1970() } ?? 900
        return RunBudget(until: max(.zero, .seconds(min(left, 900)) - kept))
    }

    private func emit(_ report: RunReport, _ door: EmbeddedMetrics.Door, since begun: Duration) {
        emit({ EmbeddedMetrics(report, door: door, duration: $0, now: $1) }, since: begun)
    }

    /// - Parameter metrics: made of the duration of the work, and of the time in seconds since 1970.
    private func emit(_ metrics: (Duration, Double) -> EmbeddedMetrics, since begun: Duration) {
        let now = clock.secondsSince1970()
        tell(metrics(clock.now() - begun, now).line(at: now))
    }

    private func failure(_ report: RunReport) -> InvocationFailure {
        let first = report.failures.first
        let message = report.message ?? first?.message ?? "the version is not protected"
        return InvocationFailure(
            type: "Backup.\(report.failureKind?.rawValue ?? first?.kind ?? report.outcome.rawValue)",
            message: message
        )
    }

    private static func failure(_ report: VerifyReport) -> InvocationFailure {
        InvocationFailure(
            type: "Backup.\(report.failureKind?.rawValue ?? report.outcome.rawValue)",
            message: report.message ?? "the backup could not be verified"
        )
    }

    private func encode(_ report: RunReport) -> Result<[UInt8], InvocationFailure> {
        var report = report
        // A response may have up to 6 MB (Lambda developer guide, Lambda quotas); the stored report names all failures.
        report.failures = Array(report.failures.prefix(Self.failuresInAnswer))
        return Self.answer { try report.document() }
    }

    private func encode(_ report: VerifyReport) -> Result<[UInt8], InvocationFailure> {
        var report = report
        report.findings = Array(report.findings.prefix(Self.failuresInAnswer))
        report.notes = Array(report.notes.prefix(Self.failuresInAnswer))
        report.acceptedLosses = Array(report.acceptedLosses.prefix(Self.failuresInAnswer))
        return Self.answer { try report.document() }
    }

    private static func answer(_ document: () throws -> [UInt8]) -> Result<[UInt8], InvocationFailure> {
        do {
            return .success(try document())
        } catch {
            return .failure(InvocationFailure(type: "Backup.report", message: "\(error)"))
        }
    }

    /// The form of response that SQS and Pipes expect (Lambda developer guide, Reporting batch item failures).
    private struct BatchAnswer: Encodable {
        struct Item: Encodable {
            let itemIdentifier: String
        }

        let batchItemFailures: [Item]
    }

    private static let failuresInAnswer = 100
}
