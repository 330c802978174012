import ArgumentParser
import ReconcileApp

/// The root of the command line, with the list of subcommands.
struct ReconcileServe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile-serve",
        abstract: "Serves a backup of a CodeArtifact domain to builds and browsers, and rehearses its recovery.",
        usage: usageLines("reconcile-serve [<subcommand>] --domain <name> --backup <url> [options]"),
        discussion: helpPage(
            examples: Serve.examples + [Drill.examples[0]],
            """
            Without a subcommand it serves; reconcile-serve serve --help lists the options of that.

            Every option may also be given in the environment (--as-of is RECONCILE_AS_OF) or in the file that --config \
            names. The command line takes precedence over the environment, and the environment over the file.

            Exit status:
              0   stopped by a signal; or every version in the drill's sample was restored
              1   unexpected: a bug in the program
              3   the drill could not try everything
              5   store or address unavailable: try again
              6   something was not restored, which the drill names
              7   credentials or permission
              8   refused by the configuration, not found, or output not written
              9   a drill that was stopped by deadline or signal
              64  usage: settings that are missing or wrong, wherever they were given
            """
        ),
        version: ProgramVersion.line(of: "reconcile-serve"),
        subcommands: [Serve.self, Drill.self],
        defaultSubcommand: Serve.self
    )
}
