import AWSServices
import ArgumentParser
import BackupServer
import HTTPListening
import HTTPTransfer
import Logging
import ReconcileApp
import ReconcileCore
import RecoveryDrill

/// `reconcile-serve drill`: restores a sample of a backup for real, and stores the evidence.
struct Drill: HostedCommand {
    static let examples = [
        "reconcile-serve drill --domain my-domain --backup s3://my-bucket",
        "reconcile-serve drill --domain my-domain --backup s3://my-bucket --package com.acme:lib:1.0 --client none",
        "reconcile-serve drill --domain my-domain --backup s3://my-bucket --for-build pom.xml",
    ]

    static let configuration = CommandConfiguration(
        abstract: "Restore a sample with a real build client into an empty folder, and compare every file.",
        usage: usageLines("reconcile-serve drill --domain <name> --backup <url> [options]"),
        discussion: helpPage(
            examples: examples,
            """
            Serves the backup to this machine alone, lets mvn or gradle resolve the sample from it into an empty local \
            repository with strict checksums and no other source, compares each file with its record, and removes \
            everything again. It also compares the stored maven-metadata.xml and checksum files with the records.

            The evidence is stored in the backup under drills/, and shown by the pages of reconcile-serve. Exits 0 if \
            everything came back, 6 if something did not, which is named, and 3 if something could not be tried. \
            \(Guide.drill) describes it.
            """
        )
    )

    @OptionGroup var backup: BackupFlags
    @OptionGroup(title: "What to restore, and how") var drill: DrillFlags
    @OptionGroup(title: "What to restore, and how") var building: BuildFlags
    @OptionGroup(title: "What to restore, and how") var scope: ScopeFlags
    @OptionGroup(title: "What to restore, and how") var moment: AsOfFlags
    @OptionGroup(title: "Into a domain") var into: IntoDomainFlags
    @OptionGroup(title: "Into a domain") var domain: DomainFlags
    @OptionGroup(title: "Into a domain") var maven: MavenFlags
    @OptionGroup(title: "What to restore, and how") var ending: GraceFlags
    @OptionGroup(title: "AWS") var aws: AWSFlags
    @OptionGroup(title: "AWS") var bucket: BucketFlags
    @OptionGroup(title: "AWS") var storage: StorageFlags
    @OptionGroup(title: "Reports and logs") var reporting: ReportFlags
    @OptionGroup(title: "Reports and logs") var metrics: MetricsFlags
    @OptionGroup(title: "Reports and logs") var notifying: NotifyFlags
    @OptionGroup(title: "Reports and logs") var log: LogFlags

    func validate() throws {
        if !drill.package.isEmpty, !building.forBuild.isEmpty {
            throw ValidationError("use --package or --for-build, not both")
        }
        if into.intoDomain { try validateDomain() }
    }

    func missing(in settings: AWSSettings) -> [String] {
        missing(of: backup, bucket, domain: into.intoDomain ? domain : nil, in: settings)
    }

    var outputs: [OutputFile] { [reporting.file, metrics.file].compactMap(\.self) }

    var operations: Set<ServiceOperation> {
        backup.operations(for: into.intoDomain ? .drillIntoDomain : drill.evidence ? .drill : .verify, storage)
    }

    var notification: NotifyFlags? { notifying }

    func summary(of ended: Ended) -> Notification.Summary { Notification.Summary(ended.report, key: ended.stored) }

    /// The result of a drill.
    struct Ended: Sendable {
        var report: DrillReport
        /// The evidence's key in the backup; nil if it was not stored.
        var stored: String?
        /// The command's exit status so far.
        var exit: ExitStatus
    }

    func perform(on host: Host) async throws -> Ended {
        let began = host.clock.secondsSince1970()
        return try await aws.withAccess(on: host, for: operations, width: Self.width) { access in
            let open = try backup.open(access, bucket, storage: drill.evidence ? storage : nil)
            if drill.evidence {
                try open.requireSigner("the evidence is signed too; --no-evidence stores none")
            }
            let budget = RunBudget(deadline: drill.deadline?.duration, grace: ending.grace.duration)
            return try await host.supervisingThrowing(budget) { stop in
                do {
                    return try await perform(on: host, access, open, stop, began: began)
                } catch let failure as ToolFailure {
                    throw InvalidSettings(failure.description)
                }
            }
        }
    }

    /// The number of connections to the store that are kept open for concurrent requests.
    static let width = 32

    private func perform(
        on host: Host,
        _ access: AWSAccess,
        _ open: OpenBackup,
        _ stop: StopSignal,
        began: Double
    ) async throws -> Ended {
        let start = Timestamp(secondsSince1970: began)
        var report = try await Scratch.with(below: host.temporaryFolder) { folder in
            let tools = Tools(environment: host.environment, home: folder, stop: stop, clock: host.clock)
            let own = OwnClient(client: access.client, stop: stop, version: ProgramVersion.current)
            let client = try client(own, tools, on: host)
            let name = into.intoDomain ? ListedComparison.client : client.name
            var report = beginning(of: open, client: name, on: host, at: start)
            var plan = plan(at: start)
            let needs = try await needs(of: open, plan.selection, stop, on: host)
            plan.needed = needs?.versions
            report.build = needs.map { needs in
                DrillReport.BuildAccount(versions: needs.count, absent: needs.absent, unread: needs.unread)
            }
            let target = into.intoDomain ? try destination(access, of: open) : nil
            let recovery = RecoveryDrill(
                of: open.backup,
                plan: plan,
                client: client,
                own: own,
                folder: folder,
                stop: stop,
                clock: host.clock
            )
            let versions = try await recovery.draw(for: &report)
            guard !versions.isEmpty else { throw await nothing(in: open, by: plan.moment) }
            let checkpoints = try await Checkpoints.read(of: open.backup, repositories: [], at: start)
            if let newest = checkpoints.newest { report.checkpoint = try await open.account(of: newest) }
            host.logger.info(
                "drill started",
                metadata: [
                    "drill": "\(report.drillID)", "backup": "\(open.store.location)", "client": "\(name)",
                    "versions": .stringConvertible(versions.count),
                ]
            )
            if let target {
                return await report.filled { report in
                    try await recovery.restore(
                        versions,
                        to: target,
                        width: Self.width,
                        counting: access.ledger,
                        began: began,
                        into: &report
                    )
                }
            }
            return try await serving(open, asOf: plan.moment, on: host) { [report] address in
                await report.filled { report in
                    try await recovery.restore(versions, from: address, began: began, into: &report)
                }
            }
        }
        report.conclude(stopped: stop.reason != nil, at: host.now)
        let counts = access.ledger.snapshot
        (report.requests, report.retries, report.throttled) = (counts.requests, counts.retries, counts.throttled)
        return await record(report, in: open, on: host)
    }

    private func plan(at start: Timestamp) -> RecoveryDrill.Plan {
        var plan = RecoveryDrill.Plan(at: moment.asOf?.time ?? start)
        plan.selection = scope.selection
        plan.selection.include = drill.package.map(\.pattern)
        plan.sample = drill.drawn
        plan.comparesDocuments = moment.asOf == nil
        plan.settling = drill.settling.span.duration
        return plan
    }

    private func needs(
        of open: OpenBackup,
        _ selection: Selection,
        _ stop: StopSignal,
        on host: Host
    ) async throws -> BuildNeeds? {
        var choice = RestoreChoice()
        choice.asOf = moment.asOf?.time
        return try await building.needs(
            of: open,
            selection,
            choice,
            for: .drill,
            width: Self.width,
            stop: stop,
            on: host
        )
    }

    private func beginning(
        of open: OpenBackup,
        client: String,
        on host: Host,
        at start: Timestamp
    ) -> DrillReport {
        DrillReport(
            drillID: "\(start.basic)-\(host.newRunID().split(separator: "-").last ?? "0")",
            domain: open.domain,
            backup: "\(open.store.location)",
            asked: DrillReport.Asked(
                sample: "\(drill.drawn)",
                packages: drill.package.map { "\($0.pattern)" },
                forBuild: building.forBuild.isEmpty ? nil : building.forBuild,
                repositories: scope.repository,
                asOf: moment.asOf?.time.extended,
                client: drill.client?.rawValue
            ),
            client: client,
            startedAt: start
        )
    }

    /// - Throws: `InvalidSettings` if the requested client is not installed.
    private func client(
        _ own: OwnClient,
        _ tools: Tools,
        on host: Host
    ) throws(InvalidSettings) -> any DrillClient {
        let wanted = into.intoDomain ? .none : drill.client ?? .mvn
        guard wanted != .none else { return own }
        guard let program = Tools.find(wanted.rawValue, environment: host.environment) else {
            guard drill.client != nil else {
                host.logger.notice(
                    "mvn is not on the PATH, so reconcile-serve fetches the files itself; the evidence says so"
                )
                return own
            }
            throw InvalidSettings(
                "\(wanted.rawValue) is not on the PATH. Install it, or use --client none, with which reconcile-serve fetches the "
                    + "files itself"
            )
        }
        return wanted == .gradle
            ? GradleClient(program: program, tools: tools)
            : MavenClient(program: program, plugins: drill.mavenPlugins?.url, tools: tools)
    }

    private func nothing(in open: OpenBackup, by moment: Timestamp) async -> RemoteFailure {
        let instead = Backup.sentence(of: await open.backup.others())
        return RemoteFailure(
            .absent,
            operation: .drill,
            target: open.store.location,
            message:
                "the backup of \(open.domain) has no version to restore that is selected and was recorded by "
                + "\(moment.extended)\(instead); check --domain, --backup, --repository, --package, --for-build and "
                + "--as-of"
        )
    }

    /// Does a drill while a server that only this machine can reach serves the backup.
    private func serving(
        _ open: OpenBackup,
        asOf moment: Timestamp,
        on host: Host,
        _ body: @escaping @Sendable (_ address: String) async -> DrillReport
    ) async throws -> DrillReport {
        // The evidence already says what was not served, and why.
        var logger = host.logger
        logger.logLevel = max(logger.logLevel, .critical)
        let server = RepositoryServer(
            responder: RepositoryResponder(
                view: RepositoryView(store: open.store, layout: open.layout, asOf: moment, clock: host.clock),
                token: nil,
                realm: open.domain,
                saysWhy: true,
                logger: logger
            ),
            store: open.store,
            clock: host.clock,
            logger: logger,
            connections: DescriptorLimit.clients(within: DescriptorLimit.current),
            firstByteLimit: .seconds(600)
        )
        let (ports, isReady) = AsyncStream.makeStream(of: Int.self)
        let (reports, isDone) = AsyncStream.makeStream(of: DrillReport.self)
        try await server.run(host: "127.0.0.1", port: 0, grace: .seconds(1)) { port in
            isReady.yield(port)
        } until: {
            for await port in ports {
                isDone.yield(await body("http://127.0.0.1:\(port)"))
                return
            }
        }
        isDone.finish()
        for await report in reports { return report }
        throw CancellationError()
    }

    /// Stores the evidence in the backup, if requested.
    private func record(_ report: DrillReport, in open: OpenBackup, on host: Host) async -> Ended {
        var ended = Ended(report: report, exit: report.exit)
        guard drill.evidence else { return ended }
        do {
            try await ended.report.record(in: open.backup)
            ended.stored = "\(report.key(in: open.layout))"
        } catch {
            host.logNotStored("the evidence could not be stored in the backup", error, after: report.message)
            ended.exit = ended.exit.failingOutput(error)
        }
        return ended
    }

    func render(_ ended: Ended, on host: Host) async -> ExitStatus {
        let report = ended.report
        for finding in report.findings { host.logger.error("\(finding.key): \(finding.message)") }
        for finding in report.untried { host.logger.warning("not tried: \(finding.key): \(finding.message)") }
        for note in report.notes { host.logger.warning("\(note.key): \(note.message)") }
        if let message = report.message { host.logger.error("\(message)") }
        let exit = host.write(to: reporting.file, exit: ended.exit) { try report.document() }
        let published = await host.publish(
            Metrics(report, exit: exit, endedAt: host.clock.secondsSince1970()),
            metrics,
            exit: exit
        )
        host.sumUp(
            DrillSummary(report).lines,
            next: nil,
            exit: published,
            as: "drill finished",
            [
                "drill": "\(report.drillID)", "outcome": "\(report.outcome.rawValue)", "client": "\(report.client)",
                "versions": .stringConvertible(report.versions.drawn),
                "wanted": .stringConvertible(report.files.wanted),
                "returned": .stringConvertible(report.files.returned),
                "lost": .stringConvertible(report.files.lost),
                "untried": .stringConvertible(report.files.untried),
                "wrongDocuments": .stringConvertible(report.documents.wrong),
                "bytes": .stringConvertible(report.files.bytes), "reason": "\(report.message ?? "")",
            ]
        )
        return published
    }
}

extension DrillReport {
    /// Returns the report that the restore filled in, however the restore ended.
    fileprivate func filled(by restoring: (inout DrillReport) async throws -> Void) async -> DrillReport {
        var report = self
        do {
            try await restoring(&report)
        } catch is CancellationError {
            // The outcome already says so.
        } catch let failure as ToolFailure {
            report.message = failure.description
        } catch {
            let failure = RemoteFailure.narrowing(error, operation: .drill, target: report.backup)
            if let failure { report.fail(failure) }
        }
        return report
    }
}
