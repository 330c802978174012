import ArgumentParser
import ReconcileApp

/// The command line's root.
@main
struct Reconcile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Backs up the Maven packages of an AWS CodeArtifact domain to a bucket or a directory.",
        discussion: """
            Lists every package version of a domain, compares with the backup's manifests and copies what is missing. \
            Run it as often as you like: it keeps no state of its own, and a run that finds nothing to do costs one \
            call a package.

            Every flag may be given in the environment as well (--domain-owner is RECONCILE_DOMAIN_OWNER) or in the \
            file that --config names; a flag wins over the environment, and the environment over the file.

            Exit status:
              0   converged, or nothing differs
              1   unexpected: a fault of the program
              3   finished with failures, which are named
              4   drift found (plan, drift, restore --dry-run)
              5   source or store unavailable: try again
              6   verification failed
              7   credentials or permission
              8   refused by a guard or by configuration, or not there
              9   stopped by deadline or signal: run it again to go on
              64  usage
            """,
        version: ProgramVersion.current,
        subcommands: [
            Run.self, Plan.self, Drift.self, Show.self, History.self, Verify.self, Restore.self,
            Report.self,
        ],
        defaultSubcommand: Run.self
    )

    static func main() async {
        OneHeap.begin()
        await main(nil)
    }
}

/// `reconcile run`, which is also plain `reconcile`.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the backup to the state of the domain."
    )

    @OptionGroup var settings: SettingArguments

    func run() async throws {
        try await settings.withJob { await $0.run() }
    }
}

/// `reconcile plan`.
struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what a run would do, in calls, bytes, minutes and dollars; writes nothing.",
        discussion: """
            Asks the source everything a run would ask but the bytes, so its own listing calls are as many as a run's. \
            Exits 0 when there is nothing to do and 4 when there is.
            """
    )

    @OptionGroup var settings: SettingArguments

    func run() async throws {
        try await settings.withJob { await $0.plan() }
    }
}
