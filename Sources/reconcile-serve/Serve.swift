import AWSServices
import ArgumentParser
import BackupServer
import HTTPListening
import HTTPTransfer
import Logging
import ReconcileApp
import ReconcileCore
import UnixSignals

/// `reconcile-serve`: opens a backup for reading and serves it until a signal stops it.
struct Serve: HostedCommand {
    static let examples = [
        "reconcile-serve --domain my-domain --backup s3://my-bucket",
        "reconcile-serve --domain my-domain --backup file:///srv/backup --listen 0.0.0.0:8081 --as-of 2026-11-22T08:00:00Z",
    ]

    static let configuration = CommandConfiguration(
        abstract: "Serve a backup as a read-only Maven repository, with pages for people.",
        usage: usageLines("reconcile-serve --domain <name> --backup <url> [options]"),
        discussion: helpPage(
            examples: examples,
            """
            Builds keep working from http://HOST:PORT/REPOSITORY/ while the domain is down: assets, checksums and \
            maven-metadata.xml come from the backup's manifests, now or as of a given time. If \(tokenVariable) is set \
            in the environment, clients must send that token as the password of the user aws, as they send CodeArtifact's.

            Open http://HOST:PORT/ in a browser for pages about the backup: its state, packages, versions and files, runs, \
            verifications, search.

            Every option may also be given in the environment (--as-of is RECONCILE_AS_OF) or in the file that --config \
            names. The command line takes precedence over the environment, and the environment over the file.

            SIGTERM and SIGINT stop it; responses in progress have --grace to finish. Exit status: 0 stopped by a signal, 5 \
            the store or the address is unavailable, 7 credentials or permission, 8 refused by configuration, 64 usage.
            """
        )
    )

    /// Read only from the environment, because a list of processes would show an argument.
    static let tokenVariable = "RECONCILE_SERVE_TOKEN"

    @OptionGroup var backup: BackupFlags
    @OptionGroup(title: "What to serve, and where") var listening: ListenFlags
    @OptionGroup(title: "What to serve, and where") var moment: AsOfFlags
    @OptionGroup(title: "What to serve, and where") var first: FirstRecordedFlags
    @OptionGroup(title: "What to serve, and where") var empty: EmptyFlags
    @OptionGroup(title: "What to serve, and where") var ending: GraceFlags
    @OptionGroup(title: "AWS") var aws: AWSFlags
    @OptionGroup(title: "AWS") var bucket: BucketFlags
    @OptionGroup(title: "Logs") var log: LogFlags

    func missing(in settings: AWSSettings) -> [String] { missing(of: backup, bucket, in: settings) }

    var operations: Set<ServiceOperation> { backup.operations(for: .serve) }

    func perform(on host: Host) async throws -> ExitStatus {
        try await aws.withAccess(on: host, for: operations, width: Self.width, patience: Self.patience) { access in
            let open = try backup.open(access, bucket)
            do {
                try await serve(open, on: host)
            } catch let failure as ListenFailure {
                host.logger.error("\(failure)")
                return .unavailable
            }
            return .converged
        }
    }

    /// The number of connections to the store that are kept open for concurrent requests.
    private static let width = 32
    /// The time limit for the store. It is shorter than clients wait for a response, so that requests count as failed
    /// and a store that does not respond is soon known to be down; from then on clients do not wait.
    private static let patience: Duration = .seconds(10)

    func render(_ exit: ExitStatus, on host: Host) async -> ExitStatus { exit }

    private func serve(_ open: OpenBackup, on host: Host) async throws {
        let logger = host.logger
        let address = listening.listen
        let token = host.environment[Self.tokenVariable].flatMap { $0.isEmpty ? nil : $0 }
        if token == nil, !address.isLoopback {
            logger.warning("anybody who can reach this address may read the backup: set \(Self.tokenVariable)")
        }
        let hasRecords = try await requireReadable(open, logger)
        let asOf = moment.asOf?.time
        if let asOf, !empty.allowEmpty {
            try await Selection().requireRecord(in: open.backup, asOf: asOf, operation: .serve, stop: StopSignal())
        }
        let server = RepositoryServer(
            responder: responder(of: open, asOf: asOf, hasRecords, token: token.map(AccessToken.init), on: host),
            store: open.store,
            clock: host.clock,
            logger: logger,
            connections: DescriptorLimit.clients(within: DescriptorLimit.current)
        )
        try await server.run(host: address.host, port: address.port, grace: ending.grace.duration) { port in
            logger.notice(
                "serving",
                metadata: [
                    "address": "\(address.host):\(port)", "domain": "\(open.domain)",
                    "backup": "\(open.store.location)", "asOf": "\(asOf?.extended ?? "now")",
                    "firstRecorded": "\(first.firstRecorded)",
                    "program": "\(ProgramVersion.current)",
                ]
            )
        } until: {
            for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
                logger.notice("stopping", metadata: ["signal": "\(signal)"])
                return
            }
        }
    }

    /// A backup that cannot be read is better known now than at the first request: one list, and a GET for a record. A
    /// folder that alone is not shown, and a record that alone cannot be read, is a warning.
    ///
    /// - Returns: whether there is a record.
    private func requireReadable(_ open: OpenBackup, _ logger: Logger) async throws -> Bool {
        let page = try await open.store.list(prefix: open.layout.manifestsPrefix, startingAfter: nil, after: nil)
        for folder in page.hidden {
            logger.warning("\(folder.failure). Until then, what is recorded in there is answered with 502")
        }
        guard let first = page.elements.first, let last = page.elements.last else {
            if let folder = page.hidden.first { throw folder.failure }
            try await requireEmpty(open)
            return false
        }
        var denied: RemoteFailure?
        for object in [first, last] {
            do {
                _ = try await open.store.read(object.key, limit: Manifest.maximumBytes)
                return true
            } catch let failure as RemoteFailure where failure.kind == .untrusted {
                // Others may pass.
                logger.warning("\(failure)")
                return true
            } catch let failure as RemoteFailure where failure.kind == .denied {
                denied = denied ?? failure
            }
        }
        if let denied { throw denied }
        return true
    }

    /// Throws if nothing is recorded, because the name is probably wrong, unless --allow-empty is given.
    private func requireEmpty(_ open: OpenBackup) async throws {
        guard !empty.allowEmpty else { return }
        let instead = Backup.sentence(of: await open.backup.others())
        throw RemoteFailure(
            .absent,
            operation: .serve,
            target: open.store.location,
            message:
                "the backup of \(open.domain) has no package\(instead); check --domain and --backup. If that is "
                + "right, add --allow-empty"
        )
    }

    /// Creates the responder for Maven clients, and for browsers unless pages are turned off.
    private func responder(
        of open: OpenBackup,
        asOf: Timestamp?,
        _ hasRecords: Bool,
        token: AccessToken?,
        on host: Host
    ) -> RepositoryResponder {
        let logger = host.logger
        return RepositoryResponder(
            view: RepositoryView(
                store: open.store,
                layout: open.layout,
                asOf: asOf,
                givesFirst: first.firstRecorded,
                hasRecords: hasRecords,
                clock: host.clock,
                noting: { logger.warning("\($0)") }
            ),
            pages: listening.pages
                ? PageResponder(
                    view: PageView(of: open.backup, asOf: asOf, clock: host.clock),
                    domain: open.domain,
                    location: open.store.location,
                    program: ProgramVersion.line(of: "reconcile-serve"),
                    cost: { RequestCost(of: $0).words }
                ) : nil,
            served: ServedRequests(version: ProgramVersion.current),
            token: token,
            realm: open.domain,
            logger: logger
        )
    }
}

/// Where the server listens.
struct ListenFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The address to listen on; port 0 picks a free one. (default: \(ListenAddress.standard))",
            valueName: "host:port"
        ),
        transform: spelled
    )
    var listen = ListenAddress.standard

    @Flag(
        inversion: .prefixedNo,
        exclusivity: .chooseLast,
        help: "Answer a browser at / with pages about the backup."
    )
    var pages = true
}

/// An address and a port to listen on.
struct ListenAddress: Spelled, Hashable, CustomStringConvertible {
    /// A host name or an address; an IPv6 address has no brackets.
    let host: String
    /// The port; 0 picks a free one.
    let port: Int

    static let standard = ListenAddress(host: "127.0.0.1", port: 8081)

    private init(host: String, port: Int) {
        (self.host, self.port) = (host, port)
    }

    init?(spelled text: String) {
        guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        self.init(host: String(host), port: Int(port))
    }

    static let spelling = "host:port, such as 127.0.0.1:8081"

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether only this machine can reach the server.
    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
