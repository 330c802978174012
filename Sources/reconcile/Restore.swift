import ArgumentParser
import ReconcileApp

/// `reconcile restore`.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Republish to the domain what the backup has and the domain lacks.",
        discussion: """
            Compares what the manifests say with what the domain holds, publishes what is missing, gives each version \
            its recorded status, and compares the service's hashes with the manifests'. Overwrites and deletes \
            nothing: other bytes under a name are reported. Stopped or killed, it goes on where it was when it is run \
            again. Try --dry-run first.

            EXAMPLES
              reconcile restore --domain my-domain --domain-owner 111122223333 --backup s3://my-bucket --dry-run
              reconcile restore … --package 'com.acme:app' --as-of 2026-11-22T08:00:00Z
              reconcile restore … --repository releases --to-domain spare --to-repository releases-copy

            Exit status: as for a run; 3 also for a conflict with what the domain holds, 6 where the service lists \
            other hashes than were published.
            """
    )

    @OptionGroup var settings: SettingArguments
    @OptionGroup(title: "What to restore, and where") var restoring: RestoreArguments

    func run() async throws {
        try await settings.withJob(restoring: restoring.flags) { await $0.restore() }
    }
}

/// The flags of `reconcile restore` alone: each row of `Setting.ofRestore` once.
struct RestoreArguments: ParsableArguments {
    @Option(name: .setting(.asOf), help: .setting(.asOf)) var asOf: String?
    @Flag(name: .setting(.deleted), help: .setting(.deleted)) var deleted = false
    @Option(name: .setting(.toRepository), help: .setting(.toRepository)) var toRepository: String?
    @Option(name: .setting(.toDomain), help: .setting(.toDomain)) var toDomain: String?
    @Option(name: .setting(.rateWrites), help: .setting(.rateWrites)) var rateWrites: String?
    @Flag(name: .setting(.dryRun), help: .setting(.dryRun)) var dryRun = false

    /// What was given, by setting.
    var flags: [Setting: [String]] {
        let given: [(Setting, String?)] = [
            (.asOf, asOf), (.deleted, deleted ? "true" : nil), (.toRepository, toRepository), (.toDomain, toDomain),
            (.rateWrites, rateWrites), (.dryRun, dryRun ? "true" : nil),
        ]
        return [Setting: [String]](given: given)
    }
}
