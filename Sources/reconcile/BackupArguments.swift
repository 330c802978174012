import ArgumentParser
import ReconcileApp
import ReconcileCore

/// The flags of the subcommands that read the backup alone: those rows of the settings' table that concern it.
struct BackupArguments: JobArguments {
    @Option(help: "A JSON file of settings, such as {\"domain\": \"my-domain\", \"backup\": \"s3://my-bucket\"}.")
    var config: String?

    @Option(name: .setting(.output), help: .setting(.output), completion: .list(["auto", "table", "json"]))
    var output: String?
    @Option(name: .setting(.domain), help: .setting(.domain)) var domain: String?
    @Option(name: .setting(.backup), help: .setting(.backup)) var backup: String?
    @Option(name: .setting(.repository), help: .setting(.repository)) var repository: [String] = []
    @Option(name: .setting(.exclude), help: .setting(.exclude)) var exclude: [String] = []
    @Option(name: .setting(.region), help: .setting(.region)) var region: String?
    @Option(name: .setting(.backupRegion), help: .setting(.backupRegion)) var backupRegion: String?
    @Option(name: .setting(.profile), help: .setting(.profile)) var profile: String?
    @Flag(name: .setting(.pathStyle), help: .setting(.pathStyle)) var pathStyle = false
    @Option(name: .setting(.expectedBucketOwner), help: .setting(.expectedBucketOwner))
    var expectedBucketOwner: String?
    @Option(name: .setting(.width), help: .setting(.width)) var width: String?
    @Option(name: .setting(.deadline), help: .setting(.deadline)) var deadline: String?
    @Option(name: .setting(.maxAttempts), help: .setting(.maxAttempts)) var maxAttempts: String?
    @Option(name: .setting(.logFormat), help: .setting(.logFormat), completion: .list(["auto", "text", "json"]))
    var logFormat: String?
    @Option(
        name: .setting(.logLevel),
        help: .setting(.logLevel),
        completion: .list(["trace", "debug", "info", "notice", "warning", "error", "critical"])
    )
    var logLevel: String?

    /// What was given, by setting.
    var flags: [Setting: [String]] {
        let singles: [(Setting, String?)] = [
            (.output, output), (.domain, domain), (.backup, backup), (.region, region), (.backupRegion, backupRegion),
            (.profile, profile), (.pathStyle, pathStyle ? "true" : nil), (.expectedBucketOwner, expectedBucketOwner),
            (.width, width), (.deadline, deadline), (.maxAttempts, maxAttempts), (.logFormat, logFormat),
            (.logLevel, logLevel),
        ]
        return [Setting: [String]](given: singles, lists: [(.repository, repository), (.exclude, exclude)])
    }

    func withJob(
        reviewing: [Setting: [String]],
        _ perform: (ReconcileJob) async -> ExitStatus
    ) async throws {
        try await withJob(needsDomain: false, reviewing: reviewing, perform)
    }
}
