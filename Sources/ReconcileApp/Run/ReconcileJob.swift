import AWSServices
import Cryptography
import HTTPTransfer
import Logging
package import ReconcileCore

/// One job of the program, from its settings to its exit status: what the command line, the CronJob, the Lambda and
/// tests run.
package struct ReconcileJob: Sendable {
    private let settings: RunSettings
    private let restoreSettings: RestoreSettings?
    private let verifySettings: VerifySettings?
    private let reviewSettings: ReviewSettings?
    private let aws: AWSSettings
    private let environment: [String: String]
    private let console: Console
    private let logger: Logger
    private let clock: any RunClock

    /// Checks the settings and reads the files they name; touches neither source nor store.
    ///
    /// - Parameters:
    ///   - flags: what the command line gave, by setting.
    ///   - settingsFile: the path of a JSON file of settings; nil for none.
    ///   - needsDomain: whether the domain itself is asked, and not only its backup read; a verification that repairs
    ///     asks it anyway.
    ///   - restores: whether the settings of a restore are read too; `restore` needs them.
    ///   - verifies: whether the settings of a verification are read too; `verify` needs them.
    ///   - reviews: whether the settings of what only tells are read too; `show`, `history` and `drift` need them.
    /// - Throws: `SettingFailure`, or `InvalidSettings` of the AWS configuration files.
    package init(
        flags: [Setting: [String]],
        environment: [String: String],
        settingsFile: String?,
        needsDomain: Bool = true,
        restores: Bool = false,
        verifies: Bool = false,
        reviews: Bool = false,
        clock: any RunClock = SystemClock()
    ) throws {
        var file: [UInt8]?
        if let settingsFile {
            guard let bytes = try CredentialAccess.readFile(settingsFile) else {
                throw SettingFailure(message: "--config: there is no file \(settingsFile)")
            }
            file = bytes
        }
        let values = try SettingValues(flags: flags, environment: environment, file: file)
        let now = Timestamp(secondsSince1970: clock.secondsSince1970())
        reviewSettings = try reviews ? ReviewSettings(values, now: now) : nil
        verifySettings = try verifies ? VerifySettings(values, now: now) : nil
        let asksDomain = needsDomain && reviewSettings?.isOffline != true || verifySettings?.repairs == true
        settings = try RunSettings(values, environment: environment, needsDomain: asksDomain)
        restoreSettings = try restores ? RestoreSettings(values) : nil
        aws = try AWSSettings(
            environment: environment,
            chosenProfile: settings.profile,
            readFile: CredentialAccess.readFile
        )
        self.environment = environment
        self.clock = clock
        let console = Console(environment: environment)
        let isJSON = settings.logFormat == .json || (settings.logFormat == .auto && !console.isTerminal)
        let level = settings.logLevel
        self.console = console
        var logger = Logger(label: "reconcile") { _ in LogLines(console: console, isJSON: isJSON, level: level) }
        logger.logLevel = level
        self.logger = logger
    }

    // MARK: The subcommands

    /// Brings the backup to the state of the domain, and stores the report beside it.
    package func run() async -> ExitStatus {
        await withSession(createsBackup: true) { session in
            await session.reconcile(endsOnSignal: true).exit
        }
    }

    /// Prints what a run would do; writes nothing. `drift` when there is anything.
    package func plan() async -> ExitStatus {
        await withSession(createsBackup: false) { await $0.plan() }
    }

    /// Republishes to the domain what the backup has and the domain lacks; a dry run prints what that would be.
    package func restore() async -> ExitStatus {
        guard let restore = restoreSettings else { preconditionFailure("the job was not made to restore") }
        return await withSession(createsBackup: false, domain: restore.domain) { await $0.restore(restore) }
    }

    /// Holds the backup against its own manifests, and mends it where the settings say so; else it writes nothing.
    /// `verificationFailed` with any fault that is left.
    package func verify() async -> ExitStatus {
        guard let verify = verifySettings else { preconditionFailure("the job was not made to verify") }
        guard verify.repairs else { return await withBackup { await $0.verify(verify) } }
        return await withSession(createsBackup: false) { await $0.repair(verify) }
    }

    /// Prints what the backup keeps of the versions that match.
    package func show(_ pattern: VersionPattern) async -> ExitStatus {
        let writer = reviewing.writer
        return await withBackup { try await $0.show(pattern, writer) }
    }

    /// Prints every record of the versions that match, and what each changed.
    package func history(_ pattern: VersionPattern) async -> ExitStatus {
        let writer = reviewing.writer
        return await withBackup { try await $0.history(pattern, writer) }
    }

    /// Prints what differs between domain and backup, and has differed; writes nothing. `drift` when there is anything.
    package func drift() async -> ExitStatus {
        let (review, writer) = reviewing
        if review.isOffline { return await withBackup { try await $0.drift(review, writer, source: nil) } }
        return await withSession(createsBackup: false) { session in
            try await session.backup.drift(review, writer, source: session.wiring.source)
        }
    }

    private var reviewing: (settings: ReviewSettings, writer: OutputWriter) {
        guard let review = reviewSettings else { preconditionFailure("the job was not made to review") }
        return (review, OutputWriter(form: review.output, environment: environment))
    }

    // MARK: Opening

    /// Opens what a job works with, and closes it; a failure to open is logged and gives the exit status.
    private func withSession(
        createsBackup: Bool,
        domain: String? = nil,
        _ body: (JobSession) async throws -> ExitStatus
    ) async -> ExitStatus {
        await loggingFailure { try await open(createsBackup: createsBackup, domain: domain, body) }
    }

    /// Works with the backup alone, open; a failure, to open it too, is logged and gives the exit status.
    package func withBackup(_ body: (BackupSession) async throws -> ExitStatus) async -> ExitStatus {
        await loggingFailure { try await openBackup(body) }
    }

    private func loggingFailure(_ body: () async throws -> ExitStatus) async -> ExitStatus {
        do {
            return try await body()
        } catch is CancellationError {
            logger.error("stopped before the end; nothing is told of a part")
            return .deadline
        } catch {
            logger.error("\(error)")
            return Self.exit(for: error)
        }
    }

    /// Gives `body` the job's source and store, open, and closes them on every path.
    ///
    /// - Parameters:
    ///   - createsBackup: whether a backup directory that is absent is made.
    ///   - domain: in place of the one that the backup is of.
    /// - Throws: what kept them from being opened; `exit(for:)` classes it. No request is sent for it.
    package func open<R>(
        createsBackup: Bool,
        domain: String? = nil,
        _ body: (JobSession) async throws -> R
    ) async throws -> R {
        try await HTTPClient.withClient(clientSettings) { client in
            let backup = try StoreWiring(settings, aws, environment, client, clock, createsBackup: createsBackup)
            let wiring = try Wiring(backup, domain: domain ?? settings.domain, settings, aws, client, clock)
            return try await body(
                JobSession(settings: settings, wiring: wiring, console: console, logger: logger, clock: clock)
            )
        }
    }

    /// Gives `body` the backup alone, open, and closes it on every path; the domain need not exist any more.
    ///
    /// - Throws: what kept it from being opened; `exit(for:)` classes it. No request is sent for it.
    package func openBackup<R>(_ body: (BackupSession) async throws -> R) async throws -> R {
        try await HTTPClient.withClient(clientSettings) { client in
            let backup = try StoreWiring(settings, aws, environment, client, clock, createsBackup: false)
            return try await body(
                BackupSession(settings: settings, wiring: backup, console: console, logger: logger, clock: clock)
            )
        }
    }

    /// The exit status for what kept a job from being opened.
    package static func exit(for error: any Error) -> ExitStatus {
        switch error {
        case let failure as RemoteFailure: ExitStatus(failure.kind)
        case is InvalidSettings, is InvalidEndpoint: .refused
        case let failure as SettingFailure: failure.isMissing ? .usage : .refused
        default: .unexpected
        }
    }

    private var clientSettings: HTTPClientSettings {
        HTTPClientSettings(
            caBundle: aws.value("AWS_CA_BUNDLE", profileKey: "ca_bundle"),
            userAgent: "maven-package-reconciler/\(ProgramVersion.current)",
            keptConnections: settings.reconcile.width * 2 + 8
        )
    }
}
