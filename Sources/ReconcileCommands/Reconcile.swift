package import ArgumentParser
import ReconcileApp

/// The root of the command line, with the list of subcommands.
package struct Reconcile: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Backs up the Maven packages of an AWS CodeArtifact domain to a bucket or a directory.",
        usage: usageLines("reconcile [<subcommand>] --domain <name> --domain-owner <account> --backup <url> [options]"),
        discussion: helpPage(
            examples: Run.examples + Plan.examples,
            """
            Lists every package version in the domain, compares the list with the backup's manifests and copies whatever \
            is missing. Run it as often as you like: it keeps no state of its own, and a run that finds nothing to do \
            costs one call per package.

            Every option may also be given in the environment (--domain-owner is RECONCILE_DOMAIN_OWNER) or in the file \
            that --config names. The command line takes precedence over the environment, and the environment over the \
            file.

            Exit status:
              0   converged, or nothing differs
              1   unexpected: a bug in the program
              3   finished with failures, which are named
              4   drift found (plan, drift, restore --dry-run), or something is unprotected (status)
              5   source, store or signing key unavailable, or files still changing: try again
              6   a fault: verify found one, records were removed or added, or a restore got other hashes
              7   credentials or permission
              8   refused by a guard or the configuration, not found, or output not written
              9   stopped by deadline or signal: run it again to continue
              64  usage: settings that are missing or wrong, wherever they were given
            """
        ),
        version: ProgramVersion.line(of: "reconcile"),
        subcommands: [
            Run.self, Plan.self, Drift.self, Status.self, Runs.self, Show.self, History.self, Find.self, Get.self,
            Verify.self, Restore.self, Report.self, Policy.self, Trust.self, Sign.self, Doctor.self, Settings.self,
        ],
        defaultSubcommand: Run.self
    )

    package init() {}

    /// Unused options of 0.1.0, by command; accepted with a warning for one release.
    package static let unused: [String: Set<String>] = [
        "plan": ["sse", "kms-key-id", "storage-class", "report", "metrics-file", "metrics-push"],
        "drift": ["sse", "kms-key-id", "storage-class", "metadata", "sidecars"],
        "verify": ["origin", "metadata", "allow-mass-deletion"],
        "restore": ["sse", "kms-key-id", "storage-class", "metadata", "sidecars", "allow-mass-deletion"],
    ]
}
