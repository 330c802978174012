import BackupLambda
import FoundationEssentials
import ReconcileApp
import TestSupport
import Testing

/// What the function reports to the runtime API of the settings that it starts with, compared with Tests/Goldens.
@Suite struct LambdaGoldenTests {
    @Test func `absent and wrong settings are answered as the golden file says`() async throws {
        // Also those that only a command line has: the function ignores them.
        let options = Set(try CommandShape.of(EveryFlag.self).options.map(\.name))
        var answers: [String] = []
        for one in SettingCase.all(of: options, everyPair: false) where one.arguments.isEmpty && one.file == nil {
            answers.append("\(one.title)\n    \(try await start(one.environment))\n")
        }
        try Golden("backup-lambda.settings").expect(answers.joined(separator: "\n"))
    }

    @Test func `everything that is missing is named at once, as variables`() async throws {
        let answer = try await start([:])
        for name in ["RECONCILE_DOMAIN", "RECONCILE_DOMAIN_OWNER", "RECONCILE_BACKUP"] {
            #expect(answer.contains(name))
        }
        #expect(!answer.contains("--"))
        #expect(await LambdaProcess.run(environment: [:]) == 64)
    }

    /// Starts the function against an API that has no invocation for it.
    ///
    /// - Returns: the failed start that it reported, or that it asked for an invocation.
    private func start(_ environment: [String: String]) async throws -> String {
        let requests = try await withTimeout {
            try await ScriptedHTTPServer.withServer { request in
                request.method == "GET"
                    ? [.send("HTTP/1.1 500 Gone\r\nContent-Length: 0\r\n\r\n")]
                    : [.readBody, .send("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")]
            } _: { server in
                let address = ["AWS_LAMBDA_RUNTIME_API": "127.0.0.1:\(server.port)"]
                let status = await LambdaProcess.run(environment: environment.merging(address) { $1 })
                #expect(status == 1)
                return server.requests
            }
        }
        let request = try #require(requests.first)
        guard request.method == "POST" else { return "started" }
        #expect(request.target == "/2018-06-01/runtime/init/error")
        let failure = try JSONDecoder().decode(Failure.self, from: Data(request.body))
        return "\(failure.errorType): \(failure.errorMessage)".replacing("\n", with: "\n    ")
    }

    private struct Failure: Decodable {
        let errorType: String
        let errorMessage: String
    }
}
