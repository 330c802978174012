import FoundationEssentials
import HTTPTransfer
import ReconcileCore
import Subprocess
import SystemPackage
import TestSupport

/// AWS's own Lambda Runtime Interface Emulator with the built bootstrap under it.
///
/// The program comes with the SAM CLI's package; `make test-tools` puts it beside the other tools. It is found by
/// RECONCILE_RIE, else `.venv-ci/bin/aws-lambda-rie` in the repository.
struct RuntimeEmulator: Sendable {
    let port: Int
    private let client: HTTPClient

    /// Starts the emulator; the bootstrap starts with the first invocation and ends with the emulator.
    ///
    /// - Parameters:
    ///   - environment: of the bootstrap.
    ///   - timeout: the function's, in seconds.
    static func with<Value: Sendable>(
        environment: [String: String],
        timeout: Int = 60,
        _ body: (RuntimeEmulator) async throws -> Value
    ) async throws -> Value {
        var environment = environment
        environment["AWS_LAMBDA_FUNCTION_TIMEOUT"] = "\(timeout)"
        // Below the ports that the system hands out.
        let port = Int.random(in: 12_500...15_500) * 2
        return try await HTTPClient.withClient(HTTPClientSettings(usesProxies: false)) { client in
            try await run(
                .path(FilePath(program)),
                arguments: [
                    "--runtime-interface-emulator-address", "127.0.0.1:\(port)",
                    "--runtime-api-address", "127.0.0.1:\(port + 1)", Programs.backupLambda,
                ],
                environment: .inherit.updating(Programs.environment(environment)),
                input: .none,
                output: .discarded,
                error: .discarded
            ) { execution in
                defer { try? execution.send(signal: .terminate) }
                let emulator = RuntimeEmulator(port: port, client: client)
                try await emulator.waitUntilReady()
                return try await body(emulator)
            }.closureResult
        }
    }

    private static var program: String {
        ProcessInfo.processInfo.environment["RECONCILE_RIE"]
            ?? FileManager.default.currentDirectoryPath + "/.venv-ci/bin/aws-lambda-rie"
    }

    /// What the function answers to a document; a failure of the invocation has `errorType` and `errorMessage`.
    func invoke(_ document: String) async throws -> Answer {
        let request = HTTPRequest(
            method: .post,
            url: "http://127.0.0.1:\(port)/2015-03-31/functions/function/invocations",
            body: Array(document.utf8)
        )
        let bytes = try await client.send(request).body
        return Answer(
            text: String(decoding: bytes, as: UTF8.self),
            report: try? JSONDecoder().decode(RunReport.self, from: Data(bytes))
        )
    }

    struct Answer: Sendable {
        let text: String
        let report: RunReport?
    }

    private func waitUntilReady() async throws {
        for _ in 0..<200 {
            let probe = HTTPRequest(method: .get, url: "http://127.0.0.1:\(port)/")
            if (try? await client.send(probe)) != nil { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TransferFailure(.unreachable, message: "the Runtime Interface Emulator did not start: \(Self.program)")
    }
}
