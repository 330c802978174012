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

    /// Opens what the command works with, does the work, and closes it again.
    func perform(on host: Host) async throws -> Outcome

    /// Prints and publishes the outcome, after everything has been closed.
    func render(_ outcome: Outcome, on host: Host) async -> ExitStatus
}

extension HostedCommand {
    package var outputs: [OutputFile] { [] }

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
        do {
            for output in outputs { try output.check() }
            return await render(try await perform(on: host), on: host)
        } catch is CancellationError {
            host.logger.error("interrupted; partial results are not shown")
            return .deadline
        } catch {
            host.logger.error("\(error)")
            return ExitStatus(error)
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
