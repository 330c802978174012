import ArgumentParser
import ReconcileApp

/// `reconcile drift`.
struct Drift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what was deleted, changed or withdrawn at the source, and what is unprotected; writes nothing.",
        discussion: """
            Compares the domain with the backup now, and the backup's records with one another: versions that are only \
            in the backup, assets with other bytes under one name, changes of status, and versions whose present state \
            is not backed up, with how long that has been so. --since leaves out what was recorded earlier, so that a \
            nightly job tells each thing once; what no run has recorded yet is always told.

            EXAMPLES
              reconcile drift --domain my-domain --domain-owner 111122223333 --backup s3://my-bucket --since 24h
              reconcile drift --domain my-domain --backup s3://my-bucket --offline

            Exit status: 4 with any drift, 0 without; 3 where a part could not be looked at, 5 where the domain or the \
            backup cannot be reached, and else as for a run.
            """
    )

    @OptionGroup var settings: SettingArguments
    @OptionGroup(title: "What to tell") var drifting: DriftArguments

    func run() async throws {
        try await settings.withJob(reviewing: drifting.flags) { await $0.drift() }
    }
}

/// The flags of `reconcile drift` alone: each row of `Setting.ofDrift` once.
struct DriftArguments: ParsableArguments {
    @Option(name: .setting(.since), help: .setting(.since)) var since: String?
    @Flag(name: .setting(.offline), help: .setting(.offline)) var offline = false
    @Option(name: .setting(.output), help: .setting(.output), completion: .list(["auto", "table", "json"]))
    var output: String?

    /// What was given, by setting.
    var flags: [Setting: [String]] {
        [Setting: [String]](given: [(.since, since), (.offline, offline ? "true" : nil), (.output, output)])
    }
}
