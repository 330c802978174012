import AWSServices
import FoundationEssentials
import HTTPTransfer
import Logging
package import ReconcileCore
import RequestSigning
import SystemPackage

/// One job of the program, from its settings to its exit status: what the command line, the CronJob and tests run.
package struct ReconcileJob: Sendable {
    private let settings: RunSettings
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
    /// - Throws: `SettingFailure`, or `InvalidSettings` of the AWS configuration files.
    package init(
        flags: [Setting: [String]],
        environment: [String: String],
        settingsFile: String?,
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
        settings = try RunSettings(values, environment: environment)
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
    package func run() async -> RunExit {
        await withWiring(createsBackup: true) { wiring in
            let stop = StopSignal()
            let startedAt = Timestamp(secondsSince1970: clock.secondsSince1970())
            let runID = Self.runID(at: startedAt)
            let narrator = RunNarrator(logger: logger, console: console, clock: clock)
            let begun = clock.now()
            logger.info(
                "run started",
                metadata: [
                    "run": "\(runID)", "domain": "\(settings.domain)", "backup": "\(wiring.store.location)",
                    "shard": "\(settings.reconcile.selection.shard)", "program": "\(ProgramVersion.current)",
                ]
            )
            let reconciler = wiring.reconciler(to: wiring.store, settings: settings, clock: clock)
            let deadline = settings.deadline
            let report = await supervised(
                deadline: deadline,
                grace: settings.grace,
                stop: stop,
                clock: clock,
                logger: logger
            ) {
                await reconciler.run(id: runID, stop: stop, observe: narrator.tell)
            }
            narrator.end()
            guard let report else { return .unexpected }
            return await account(for: report, startedAt, wiring, elapsed: clock.now() - begun)
        }
    }

    /// Prints what a run would do; writes nothing. `drift` when there is anything.
    package func plan() async -> RunExit {
        await withWiring(createsBackup: false) { wiring in
            let stop = StopSignal()
            let dryStore = DryRunStore(wiring.store)
            let narrator = RunNarrator(logger: logger, console: console, clock: clock)
            let reconciler = wiring.reconciler(to: dryStore, settings: settings, clock: clock)
            let report = await supervised(
                deadline: settings.deadline,
                grace: settings.grace,
                stop: stop,
                clock: clock,
                logger: logger
            ) {
                await reconciler.run(id: "plan", stop: stop, observe: narrator.tell)
            }
            narrator.end()
            guard let report else { return .unexpected }
            let isBucket = if case .bucket = settings.backup { true } else { false }
            let plan = RunPlan(report: report, writes: dryStore.writes, isBucket: isBucket)
            Self.print(plan.lines.joined(separator: "\n") + "\n")
            let drift = report.versions.missing + report.versions.stale
            return report.exit == .converged && drift > 0 ? .drift : report.exit
        }
    }

    // MARK: Accounting

    private func account(
        for report: RunReport,
        _ startedAt: Timestamp,
        _ wiring: Wiring,
        elapsed: Duration
    ) async -> RunExit {
        var report = report
        var exit = report.exit
        do {
            let layout = BackupLayout(domain: settings.domain)
            report.requests[wiring.putOperation, default: 0] += 1
            try await report.store(in: wiring.store, layout: layout, startedAt: startedAt)
        } catch {
            let failure = RemoteFailure.narrowing(error, operation: "report", target: wiring.store.location)
            logger.error("the report could not be stored beside the backup: \(error)")
            if exit == .converged { exit = failure.map { RunExit($0.kind) } ?? .unexpected }
        }
        do {
            if let file = settings.reportFile { try Self.write(report.document(), to: file) }
        } catch {
            logger.error("the report could not be written to \(settings.reportFile ?? ""): \(error)")
            if exit == .converged { exit = .refused }
        }
        let summary = RunSummary(report, elapsed: elapsed)
        if console.isTerminal || settings.logFormat == .text {
            for line in summary.lines { console.line(line) }
        } else {
            logger.notice(
                "run finished",
                metadata: [
                    "run": "\(report.runID)", "outcome": "\(report.outcome.rawValue)",
                    "listed": "\(report.versions.listed)", "inSync": "\(report.versions.inSync)",
                    "missing": "\(report.versions.missing)", "stale": "\(report.versions.stale)",
                    "orphaned": "\(report.versions.orphaned)", "copied": "\(report.versions.copied)",
                    "failed": "\(report.versions.failed)", "bytes": "\(report.bytes.copied)",
                    "exit": "\(exit.rawValue)", "reason": "\(report.message ?? "")",
                ]
            )
        }
        return exit
    }

    private static func write(_ bytes: [UInt8], to file: String) throws {
        if file == "-" {
            try FileDescriptor.standardOutput.writeAll(bytes)
        } else {
            let descriptor = try FileDescriptor.open(
                FilePath(file),
                .writeOnly,
                options: [.create, .truncate],
                permissions: [.ownerReadWrite, .groupRead, .otherRead]
            )
            try descriptor.closeAfter { _ = try descriptor.writeAll(bytes) }
        }
    }

    private static func print(_ text: String) {
        _ = try? FileDescriptor.standardOutput.writeAll(text.utf8)
    }

    /// Sorts by time, and is told apart from a run that starts in the same second.
    private static func runID(at time: Timestamp) -> String {
        "\(time.basic)-\(String(UInt32.random(in: .min ... .max), radix: 36))"
    }

    // MARK: Wiring

    /// Opens what a job works with, and closes it; a failure to open is logged and gives the exit status.
    private func withWiring(createsBackup: Bool, _ body: (Wiring) async -> RunExit) async -> RunExit {
        do {
            return try await HTTPClient.withClient(clientSettings) { client in
                await body(try Wiring(settings, aws, environment, client, clock, createsBackup: createsBackup))
            }
        } catch let failure as RemoteFailure {
            logger.error("\(failure)")
            return RunExit(failure.kind)
        } catch let failure as InvalidSettings {
            logger.error("\(failure)")
            return .refused
        } catch let failure as InvalidEndpoint {
            logger.error("\(failure)")
            return .refused
        } catch let failure as SettingFailure {
            logger.error("\(failure)")
            return failure.isMissing ? .usage : .refused
        } catch {
            logger.error("\(error)")
            return .unexpected
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
