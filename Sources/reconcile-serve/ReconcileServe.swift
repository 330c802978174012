import ArgumentParser
import BackupServer
import FoundationEssentials
import HTTPListening
import Logging
import ReconcileApp
import ReconcileCore
import UnixSignals

/// The entry point: settings to a backup that is open for reading, the server, and the wait for a signal.
@main
struct ReconcileServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile-serve",
        abstract: "Serves a backup of a CodeArtifact domain as a read-only Maven repository.",
        discussion: """
            Builds go on from http://HOST:PORT/REPOSITORY/ while the domain is down: assets, checksums and \
            maven-metadata.xml come from the backup's manifests, now or --as-of a time. With \
            \(ServingSettings.tokenVariable) in the environment, clients must send that token as the password of the \
            user aws, as they send CodeArtifact's.

            Every flag may be given in the environment as well (--as-of is RECONCILE_AS_OF) or in the file that --config \
            names; a flag wins over the environment, and the environment over the file.

            SIGTERM and SIGINT end it: answers that run have --grace to end. Exit status: 0 stopped by a signal, 5 the \
            store or the address is unavailable, 7 credentials or permission, 8 refused by configuration, 64 usage.
            """,
        version: ProgramVersion.current
    )

    @OptionGroup var settings: ServingArguments

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let job: ReconcileJob
        do {
            job = try ReconcileJob(
                flags: settings.flags,
                environment: environment,
                settingsFile: settings.config,
                needsDomain: false
            )
        } catch {
            Console(environment: environment).line("reconcile-serve: \(error). See reconcile-serve --help")
            throw ExitCode(ExitStatus(error, given: settings.flags).rawValue)
        }
        let exit = await job.withBackup { session in
            do {
                try await Self.serve(session)
            } catch let failure as ListenFailure {
                session.logger.error("\(failure)")
                return .unavailable
            }
            return .converged
        }
        throw ExitCode(exit.rawValue)
    }

    private static func serve(_ session: BackupSession) async throws {
        let serving = session.settings.serving
        let now = Timestamp(secondsSince1970: session.clock.secondsSince1970())
        if let asOf = serving.asOf, asOf > now {
            throw SettingFailure(.asOf, "\(asOf.extended) is not over yet")
        }
        let logger = session.logger
        if serving.token == nil, !serving.isLoopback {
            logger.warning(
                "everybody who reaches this address may read the backup: set \(ServingSettings.tokenVariable)"
            )
        }
        // A backup that cannot be read is better known now than at the first request.
        _ = try await session.store.list(prefix: session.layout.manifestsPrefix, after: nil)
        let view = RepositoryView(
            store: session.store,
            layout: session.layout,
            asOf: serving.asOf,
            clock: session.clock
        )
        let server = RepositoryServer(
            responder: RepositoryResponder(
                view: view,
                token: serving.token.map(AccessToken.init),
                realm: session.settings.domain,
                logger: logger
            ),
            store: session.store,
            clock: session.clock,
            logger: logger
        )
        try await server.run(host: serving.host, port: serving.port, grace: session.settings.grace) { port in
            logger.notice(
                "serving",
                metadata: [
                    "address": "\(serving.host):\(port)", "domain": "\(session.settings.domain)",
                    "backup": "\(session.store.location)", "asOf": "\(serving.asOf?.extended ?? "now")",
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
}
