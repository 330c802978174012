import FoundationEssentials
import HTTPTransfer
import LambdaRuntime
import ReconcileApp
package import ReconcileCore
import SystemPackage

/// The process of the Lambda function, from its environment to its exit status.
package enum LambdaProcess {
    /// Opens the session, or reports to the runtime API why it cannot, and serves until the API ends it.
    ///
    /// - Returns: 64 outside of Lambda, 1 when the process could not start or the API failed.
    package static func run(environment: [String: String], clock: any RunClock = SystemClock()) async -> Int32 {
        guard let address = environment["AWS_LAMBDA_RUNTIME_API"], !address.isEmpty else {
            complain(
                "this is the bootstrap of a Lambda function: AWS_LAMBDA_RUNTIME_API is not set. See docs/LAMBDA.md"
            )
            return 64
        }
        do {
            // The API is on the machine itself, whatever proxy the function is given.
            try await HTTPClient.withClient(HTTPClientSettings(usesProxies: false)) { client in
                let api = RuntimeAPI(client: client, address: address)
                do {
                    let job = try ReconcileJob(flags: [:], environment: environment, settingsFile: nil, clock: clock)
                    try await job.open(createsBackup: true) { session in
                        let function = BackupFunction(session: session, clock: clock, tell: tell)
                        try await RuntimeLoop.serve(api, function.answer)
                    }
                } catch  where !(error is RuntimeAPIFailure || error is TransferFailure) {
                    let failure = InvocationFailure(type: "Init.\(ReconcileJob.exit(for: error))", message: "\(error)")
                    complain("\(failure)")
                    try await api.failInit(failure)
                }
            }
        } catch {
            complain("\(error)")
        }
        return 1
    }

    /// Standard output, where CloudWatch looks for metrics as for everything else.
    private static func tell(_ line: String) {
        _ = try? FileDescriptor.standardOutput.writeAll("\(line)\n".utf8)
    }

    private static func complain(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll("backup-lambda: \(text)\n".utf8)
    }
}
