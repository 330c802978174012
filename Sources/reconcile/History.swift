import ArgumentParser
import ReconcileApp

/// `reconcile history`.
struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say everything that was recorded of a package or a version, and what changed each time.",
        discussion: """
            Reads the backup alone: the domain need not exist any more. Each record, the oldest first, says when and by \
            what it was made, and what changed against the one before: assets added or gone, other bytes under a name \
            with both SHA-256, changes of status, deleted, published again.

            EXAMPLES
              reconcile history com.acme:app:1.0 --domain my-domain --backup s3://my-bucket
              reconcile history com.acme:app --domain my-domain --backup file:///srv/backup --output json

            Exit status: as for a run; 3 where a manifest cannot be read, 8 where nothing is recorded under the name.
            """
    )

    @OptionGroup var asked: AskedVersions
    @OptionGroup var settings: BackupArguments

    func run() async throws {
        try await settings.withJob(reviewing: [:]) { await $0.history(asked.pattern) }
    }
}
