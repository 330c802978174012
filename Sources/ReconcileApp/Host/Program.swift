import AWSServices
package import ArgumentParser
import FoundationEssentials
import Glibc
import HTTPTransfer
package import ReconcileCore

/// A program with subcommands, from its arguments to its exit status.
package enum Program {
    /// Runs the process's own command, and ends the process.
    package static func main<Root: ParsableCommand>(
        _ root: Root.Type,
        unused: [String: Set<String>] = [:]
    ) async -> Never {
        // Whoever reads the log may go; the work and its report do not depend on it.
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

    /// Files and connections that a process needs for itself and for its first transfers.
    private static let leastDescriptors = 64

    /// Reads the command and runs it. Help, the version and completion scripts go to standard output; settings that
    /// cannot be used are said on standard error, in plain text wherever that leads.
    ///
    /// - Parameter unused: by command, options that are accepted for one more release although it does not use them.
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

/// The page of help of a command: its examples first, then what they do.
package func helpPage(examples: [String], _ text: String) -> String {
    "EXAMPLES:\n" + examples.map { "\(broken($0))\n" }.joined() + "\n\(text)"
}

/// A command line as a shell takes it over several lines of at most 78 columns, broken before options.
private func broken(_ command: String) -> String {
    var lines = ["  "]
    for (index, part) in command.split(separator: " --").enumerated() {
        let word = index == 0 ? String(part) : " --\(part)"
        if lines[lines.count - 1].count + word.count > 76 {
            lines[lines.count - 1] += " \\"
            lines.append("      \(word.dropFirst())")
        } else {
            lines[lines.count - 1] += word
        }
    }
    return lines.joined(separator: "\n")
}
