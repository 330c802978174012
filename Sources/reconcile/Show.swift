import ArgumentParser
import ReconcileApp
import ReconcileCore

/// `reconcile show`.
struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what the backup keeps of a package or a version, and how to fetch it by hand.",
        discussion: """
            Reads the backup alone: the domain need not exist any more. A package is listed with its versions; with a \
            version each asset is named with its size, its SHA-256, and the command or path that fetches it. Every \
            repository that has the package is listed; --repository is quicker where a backup is large.

            EXAMPLES
              reconcile show com.acme:app --domain my-domain --backup s3://my-bucket
              reconcile show com.acme:app:1.0 --domain my-domain --backup s3://my-bucket --repository releases
              reconcile show 'com.acme.*:lib-*' --domain my-domain --backup file:///srv/backup --output json

            Exit status: as for a run; 3 where a manifest cannot be read, 8 where nothing is recorded under the name.
            """
    )

    @OptionGroup var asked: AskedVersions
    @OptionGroup var settings: BackupArguments

    func run() async throws {
        try await settings.withJob(reviewing: [:]) { await $0.show(asked.pattern) }
    }
}

/// The argument that says which versions are told of.
struct AskedVersions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The package, or one version of it; * is any run of characters.",
            valueName: "group:artifact[:version]"
        ),
        transform: { text in
            guard let pattern = VersionPattern(text) else {
                throw ValidationError("\(text) is neither group:artifact nor group:artifact:version")
            }
            return pattern
        }
    )
    var pattern: VersionPattern
}
