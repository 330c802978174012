import AWSServices
import FoundationEssentials
import HTTPTransfer
import Logging
import ReconcileApp
package import ReconcileCore
import SystemPackage

/// The process of the Lambda function, from its environment to its exit status.
package enum LambdaProcess {
    /// Opens the job and serves until the runtime API fails. If the job cannot be opened, it reports the reason to the
    /// API.
    ///
    /// - Returns: 64 outside of Lambda; 1 if the process could not start or the API failed.
    package static func run(environment: [String: String], clock: any RunClock = SystemClock()) async -> Int32 {
        guard let address = environment["AWS_LAMBDA_RUNTIME_API"], !address.isEmpty else {
            complain(
                "this is the bootstrap of a Lambda function: AWS_LAMBDA_RUNTIME_API is not set. See \(Guide.lambda)"
            )
            return 64
        }
        do {
            // The API is on this machine, so it is reached without the function's proxy.
            try await HTTPClient.withClient(HTTPClientSettings(usesProxies: false)) { client in
                let api = RuntimeAPI(client: client, address: address)
                do {
                    try await serve(api, environment: environment, clock: clock)
                } catch  where !(error is RuntimeAPIFailure || error is TransferFailure) {
                    let failure = InvocationFailure(type: "Init.\(ExitStatus(error))", message: "\(error)")
                    complain("\(failure)")
                    try await api.failInit(failure)
                }
            }
        } catch {
            complain("\(error)")
        }
        return 1
    }

    /// Opens the job, and answers invocations with it.
    private static func serve(_ api: RuntimeAPI, environment: [String: String], clock: any RunClock) async throws {
        let reading = try CommandReader(LambdaSettings.self).read(
            [],
            environment: environment,
            readFile: CredentialAccess.readFile
        )
        let settings = reading.command
        let host = try Host(environment: environment, log: settings.log, profile: settings.aws.profile, clock: clock)
        let missing = settings.aws.missing(of: settings.backup, settings.bucket, domain: settings.domain, in: host.aws)
        guard missing.isEmpty else {
            throw UsageFailure("missing \(missing.map(SettingSources.variable).formattedList)")
        }
        for warning in reading.warnings { host.logger.warning("\(warning)") }
        try await settings.aws.withAccess(
            on: host,
            for: settings.operations,
            width: settings.pace.width.most,
            limits: settings.rates.limits,
            shards: settings.selection.shard.count
        ) { access in
            let backup = try settings.backup.open(
                access,
                settings.bucket,
                storage: settings.storage,
                creates: true,
                judges: false
            )
            let domain = try settings.domain.open(access, settings.maven, named: backup.domain)
            try backup.requireSigner()
            try backup.requireIdentity(of: domain)
            let job = ReconcileJob(
                host: host,
                access: access,
                backup: backup,
                domain: domain,
                options: Reconciler.Options(
                    selection: settings.selection,
                    origin: settings.origin,
                    copying: settings.copying,
                    recording: settings.recording,
                    pace: settings.pace
                ),
                witness: settings.witnessing.found(access, settings.bucket)
            )
            let notice = RunNotice(settings.notifying, settings: reading.settings, on: host)
            let look = try BackupLook(settings, on: host, access, domain)
            let function = BackupFunction(job: job, look: look, notice: notice, tell: tell) { ended in
                await host.account(for: ended, to: settings.reporting.file, settings.metrics)
            }
            try await RuntimeLoop.serve(api, function.answer)
        }
    }

    /// Writes to standard output, where CloudWatch also looks for metrics.
    private static func tell(_ line: String) {
        _ = try? FileDescriptor.standardOutput.writeAll("\(line)\n".utf8)
    }

    private static func complain(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll("backup-lambda: \(text)\n".utf8)
    }
}
