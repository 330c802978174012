package import AWSServices
package import ArgumentParser
import Logging
package import ReconcileCore

/// A subcommand of a program, from its parsed options to its exit status.
package protocol HostedCommand: ParsableCommand {
    /// What `perform` found or did.
    associatedtype Outcome: Sendable

    /// Complete command lines that a reader may change; the first also stands in the message about missing settings.
    static var examples: [String] { get }

    var aws: AWSFlags { get }
    var log: LogFlags { get }

    /// The settings without which it cannot start and that nobody gave, as flags; all of them.
    func missing(in settings: AWSSettings) -> [String]

    /// What it may ask of the domain and of the backup, with the settings given.
    var operations: Set<ServiceOperation> { get }

    /// The files that it writes at its end.
    var outputs: [OutputFile] { get }

    /// Where its outcome is reported; nil for a command that sends no notifications.
    var notification: NotifyFlags? { get }

    /// What whoever is notified is told of an outcome.
    func summary(of outcome: Outcome) -> Notification.Summary

    /// Opens what the command works with, does the work, and closes it again.
    func perform(on host: Host) async throws -> Outcome

    /// Prints and publishes the outcome, after everything has been closed.
    func render(_ outcome: Outcome, on host: Host) async -> ExitStatus
}

extension HostedCommand {
    package var outputs: [OutputFile] { [] }
    package var notification: NotifyFlags? { nil }

    package func summary(of outcome: Outcome) -> Notification.Summary { Notification.Summary(outcome: "ended") }

    /// Runs the command; what keeps it from its end is logged, and is the exit status.
    ///
    /// - Throws: `UsageFailure` where settings are missing, `InvalidSettings` of the AWS configuration files.
    package func execute(
        environment: [String: String],
        warnings: [String],
        settings: [GivenSetting] = [],
        arguments: [String] = []
    ) async throws -> ExitStatus {
        let host = try Host(
            environment: environment,
            log: log,
            profile: aws.profile,
            settings: settings,
            arguments: arguments
        )
        do {
            try requireSettings(in: host.aws)
        } catch {
            throw UsageFailure((warnings + ["\(error)"]).joined(separator: "\n"))
        }
        for warning in warnings { host.logger.warning("\(warning)") }
        guard let notification, let address = notification.notify else { return await ended(on: host).exit }
        let notifier = Notifier(host: host, address: address, style: notification.notifyStyle)
        let begun = host.clock.now()
        await notifier.start()
        let (exit, summary) = await ended(on: host)
        let said = Notification(
            summary,
            of: Self._commandName,
            settings: settings,
            exit: exit,
            elapsed: host.clock.now() - begun
        )
        await notifier.end(said, exit: exit)
        return exit
    }

    private func ended(on host: Host) async -> (exit: ExitStatus, summary: Notification.Summary) {
        do {
            for output in outputs { try output.check() }
            let outcome = try await perform(on: host)
            return (await render(outcome, on: host), summary(of: outcome))
        } catch is CancellationError {
            let message = "interrupted; partial results are not shown"
            host.logger.error("\(message)")
            return (.deadline, Notification.Summary(outcome: "failed", message: message))
        } catch {
            host.logger.error("\(error)")
            return (ExitStatus(error), Notification.Summary(outcome: "failed", message: "\(error)"))
        }
    }

    /// - Throws: `UsageFailure` that names everything that is missing.
    package func requireSettings(in settings: AWSSettings) throws(UsageFailure) {
        let missing = missing(in: settings)
        guard missing.isEmpty else {
            let options = missing.map { $0.prefix { $0 != " " } }
            let others = options.filter { $0 != "--region" }
            let fitting = Self.examples.first { example in others.allSatisfy { example.contains("\($0) ") } }
            let example = (fitting ?? Self.examples.first).map { example in
                // No example has one: most people set AWS_REGION.
                ". Example: \(example)" + (options.contains("--region") ? " --region eu-west-1" : "")
            }
            throw UsageFailure("missing \(missing.formattedList)\(example ?? "")")
        }
    }

    /// The settings that a command which opens a backup, and perhaps the domain, cannot do without.
    package func missing(
        of backup: BackupFlags,
        _ bucket: BucketFlags,
        domain: DomainFlags? = nil,
        in settings: AWSSettings
    ) -> [String] {
        aws.missing(of: backup, bucket, domain: domain, in: settings).map {
            $0 == "region" ? "--region (or AWS_REGION)" : "--\($0)"
        }
    }
}

extension AWSFlags {
    /// The same by name, as `domain-owner`.
    package func missing(
        of backup: BackupFlags,
        _ bucket: BucketFlags,
        domain: DomainFlags? = nil,
        in settings: AWSSettings
    ) -> [String] {
        var missing: [String] = []
        if backup.domain?.isEmpty ?? true { missing.append("domain") }
        if let domain, domain.domainOwner == nil { missing.append("domain-owner") }
        if backup.backup == nil { missing.append("backup") }
        let isInBucket = if case .bucket = backup.backup { true } else { false }
        let needsRegion = domain != nil || (isInBucket && bucket.backupRegion == nil)
        if needsRegion, (region ?? settings.region)?.isEmpty ?? true { missing.append("region") }
        return missing
    }
}

extension [String] {
    /// `a`, `a and b`, `a, b and c`.
    package var formattedList: String {
        guard let last, count > 1 else { return first ?? "" }
        return "\(dropLast().joined(separator: ", ")) and \(last)"
    }
}
