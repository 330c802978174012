import AWSServices
package import ArgumentParser
import FoundationEssentials
package import ReconcileApp
import ReconcileCore

/// `reconcile settings`: prints the settings that a command would use, and the source of each value.
package struct Settings: ParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Print the settings in force and where each was found.",
        usage: usageLines("reconcile settings [--for <command>] [options of that command]"),
        discussion: helpPage(
            examples: [
                "reconcile settings --config reconcile.json",
                "reconcile settings --for verify --depth bytes --output json",
            ],
            """
            Reads the command line, the environment and the settings file as the command would, and contacts nothing. It \
            names for each setting the flag, the variable, the key of the file or the default that it came from. Only the \
            address in --notify may hold a secret, so of it only the scheme and host are printed. Credentials are not \
            settings: doctor says whose are used.

            Exits 0 even if something is missing, and lists it; 64 if a value is wrong.
            """
        )
    )

    @OptionGroup package var subject: SettingsSubject
    @OptionGroup package var listing: ListingFlags
    @OptionGroup package var config: ConfigFlags
    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp("Options of the command, as they are given to it; no operands.", valueName: "option")
    )
    package var options: [String] = []

    package init() {}

    package func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let listing = try inForce(environment: environment, readFile: CredentialAccess.readFile)
        let text = try OutputWriter(form: self.listing.output, environment: environment).text(listing)
        do {
            try OutputFile.print(text)
        } catch {
            Console(environment: environment).line("reconcile settings: \(error)")
            throw ExitCode(ExitStatus.converged.failingOutput(error).rawValue)
        }
    }

    /// - Throws: `UsageFailure` for an invalid value, `InvalidSettings` for the AWS configuration files.
    package func inForce(
        environment: [String: String],
        readFile: (String) throws -> [UInt8]?
    ) throws -> SettingsListing {
        let name = subject.command.description
        let shape = try CommandShape.of(subject.command.type)
        // Operands are not settings, so any value will do.
        let operands = Array(repeating: "com.acme:app:1.0", count: shape.operands)
        let file = config.config.map { ["--config", $0] } ?? []
        let reader = CommandReader<any ParsableCommand>(Reconcile.self, unused: Reconcile.unused)
        let reading = try reader.read(
            [name] + operands + file + options,
            environment: environment,
            readFile: readFile
        )
        for warning in reading.warnings {
            Console(environment: environment).line("reconcile settings: \(warning)")
        }
        let hosted = reading.command as? any HostedCommand
        let aws = try AWSSettings(
            environment: environment,
            chosenProfile: hosted?.aws.profile,
            readFile: readFile
        )
        return SettingsListing(
            shape,
            given: reading.settings + fileInForce(environment),
            aws: aws,
            missing: hosted?.missing(in: aws) ?? []
        )
    }

    /// The file that the environment names; a file named on the command line is already among the settings.
    private func fileInForce(_ environment: [String: String]) -> [GivenSetting] {
        let variable = SettingSources.variable("config")
        guard config.config == nil, let name = environment[variable], !name.isEmpty else { return [] }
        return [GivenSetting(option: "config", value: name, source: variable)]
    }
}

/// Whose settings to print.
package struct SettingsSubject: ParsableArguments {
    /// One of the program's commands that have settings.
    package struct Command: ExpressibleByArgument, CustomStringConvertible, Sendable {
        package let type: any HostedCommand.Type

        package var description: String { type._commandName }

        private static let all = Reconcile.configuration.subcommands.compactMap { $0 as? any HostedCommand.Type }

        package static var allValueStrings: [String] { all.map { $0._commandName } }

        package init?(argument: String) {
            guard let type = Self.all.first(where: { $0._commandName == argument }) else { return nil }
            self.type = type
        }

        package init(_ type: any HostedCommand.Type) {
            self.type = type
        }
    }

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("The command whose settings are printed.", valueName: "command")
    )
    package var command = Command(Run.self)

    package init() {}
}
