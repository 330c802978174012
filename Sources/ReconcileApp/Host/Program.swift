package import AWSServices
package import ArgumentParser
import FoundationEssentials
import Glibc
import HTTPTransfer
import Logging
package import ReconcileCore

/// Runs a program with subcommands: reads the command from the arguments, runs it with `HostedCommand.execute`, and
/// returns its exit status.
package enum Program {
    /// Runs the process's command, then exits the process.
    package static func main<Root: ParsableCommand>(
        _ root: Root.Type,
        unused: [String: Set<String>] = [:]
    ) async -> Never {
        // A reader of the log may close it; the work and its report do not depend on it.
        _ = signal(SIGPIPE, SIG_IGN)
        DescriptorLimit.raise()
        guard DescriptorLimit.current >= leastDescriptors else {
            let limit = "this process may have at most \(DescriptorLimit.current) files and connections open"
            Console(environment: ProcessInfo.processInfo.environment)
                .line("\(limit) and needs \(leastDescriptors); \(DescriptorLimit.raising)")
            exit(ExitStatus.refused.rawValue)
        }
        exit(await run(root, unused: unused).rawValue)
    }

    /// The number of files and connections that a process needs for itself and its first transfers.
    private static let leastDescriptors = 64

    /// Reads the command and runs it. Help, the version and completion scripts go to standard output. Unusable settings
    /// are reported on standard error, always as plain text.
    ///
    /// - Parameter unused: by command, options that it accepts for one more release although it does not use them.
    package static func run<Root: ParsableCommand>(
        _ root: Root.Type,
        unused: [String: Set<String>] = [:],
        arguments: [String] = Array(CommandLine.arguments.dropFirst()),
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async -> ExitStatus {
        let console = Console(environment: environment)
        let name = CommandTree(root).name(arguments)
        do {
            let reader = CommandReader<any ParsableCommand>(root, unused: unused)
            let reading = try reader.read(arguments, environment: environment, readFile: CredentialAccess.readFile)
            switch reading.command {
            case let command as any HostedCommand:
                return try await command.execute(
                    environment: environment,
                    warnings: reading.warnings,
                    settings: reading.settings,
                    arguments: arguments
                )
            case var command as any AsyncParsableCommand:
                for warning in reading.warnings { console.line("\(name): \(warning)") }
                try await command.run()
            default:
                var command = reading.command
                try command.run()
            }
            return .converged
        } catch let failure as UsageFailure {
            for line in failure.description.split(separator: "\n") {
                console.line(line.hasPrefix(" ") ? String(line) : "\(name): \(line)")
            }
            console.line("See \(name) --help")
            return .usage
        } catch let failure as InvalidSettings {
            console.line("\(name): \(failure)")
            return .refused
        } catch {
            let exit = root.exitCode(for: error)
            let text = root.fullMessage(for: error)
            guard exit.isSuccess else {
                if !text.isEmpty { console.line(text) }
                return ExitStatus(rawValue: exit.rawValue) ?? .unexpected
            }
            guard !text.isEmpty else { return .converged }
            do {
                try OutputFile.print("\(text)\n")
                return .converged
            } catch {
                console.line("\(name): \(error)")
                return ExitStatus(error)
            }
        }
    }
}

/// A subcommand of a program, from its parsed options to its exit status.
package protocol HostedCommand: ParsableCommand {
    /// What `perform` found or did.
    associatedtype Outcome: Sendable

    /// Complete command lines for the reader to adapt. The error about missing settings quotes one of them.
    static var examples: [String] { get }

    var aws: AWSFlags { get }
    var log: LogFlags { get }

    /// Returns all required settings that were not given, as flags.
    func missing(in settings: AWSSettings) -> [String]

    /// The operations that the command may send to the domain and the backup with the given settings.
    var operations: Set<ServiceOperation> { get }

    /// The files that the command writes at its end.
    var outputs: [OutputFile] { get }

    /// Where to report the outcome; nil for a command that sends no notifications.
    var notification: NotifyFlags? { get }

    /// Returns what a notification says about an outcome.
    func summary(of outcome: Outcome) -> Notification.Summary

    /// Opens what the command works with, does the work, and closes everything again.
    func perform(on host: Host) async throws -> Outcome

    /// Prints and publishes the outcome, after everything has been closed.
    func render(_ outcome: Outcome, on host: Host) async -> ExitStatus
}

extension HostedCommand {
    package var outputs: [OutputFile] { [] }
    package var notification: NotifyFlags? { nil }

    package func summary(of outcome: Outcome) -> Notification.Summary { Notification.Summary(outcome: "ended") }

    /// Runs the command. An error that ends it early is logged and determines the exit status.
    ///
    /// - Throws: `UsageFailure` if settings are missing, `InvalidSettings` for the AWS configuration files.
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
            try OutputFile.check(outputs)
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

    /// - Throws: `UsageFailure` that names every missing setting.
    package func requireSettings(in settings: AWSSettings) throws(UsageFailure) {
        let missing = missing(in: settings)
        guard missing.isEmpty else {
            let options = missing.map { $0.prefix { $0 != " " } }
            let others = options.filter { $0 != "--region" }
            let fitting = Self.examples.first { example in others.allSatisfy { example.contains("\($0) ") } }
            let example = (fitting ?? Self.examples.first).map { example in
                // No example includes --region, because most people set AWS_REGION.
                ". Example: \(example)" + (options.contains("--region") ? " --region eu-west-1" : "")
            }
            throw UsageFailure("missing \(missing.formattedList)\(example ?? "")")
        }
    }

    /// Returns, as flags, the settings missing for a command that opens a backup and, if `domain` is given, the domain.
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
