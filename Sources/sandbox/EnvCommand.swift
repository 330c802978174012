import ArgumentParser
import FoundationEssentials
import HTTPTransfer
import LocalServices
import ReconcileApp
import SystemPackage

/// `sandbox env`: prints the environment with which AWS clients reach a running sandbox.
struct EnvCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env",
        abstract: "Print shell exports that point AWS clients at a running sandbox.",
        usage: "sandbox env (--port <port> | --ready-file <file>) [--host <name>]",
        discussion: """
            Name the sandbox by its port, or by the file that its --ready-file wrote:

              eval "$(sandbox env --port 8450)"
              eval "$(sandbox env --ready-file ready.json)"

            --host is where it is reached (default: 127.0.0.1).
            """
    )

    /// Provides `--port`, `--host` and `--ready-file`.
    @ParentCommand var sandbox: SandboxCommand

    func run() async throws {
        if let file = sandbox.servers.readyFile {
            guard let text = OutputFile(flag: "--ready-file", path: file).readIfRegular() else {
                throw ValidationError("--ready-file \(file) cannot be read: is the sandbox running, and ready?")
            }
            guard let ready = try? JSONDecoder().decode(Ready.self, from: Data(text.utf8)) else {
                throw ValidationError("--ready-file \(file) is not the ready file of a sandbox")
            }
            return try OutputFile.print(ShellExports(ready.environment).text)
        }
        guard sandbox.servers.port != 0 else {
            throw ValidationError("missing --port or --ready-file. Example: eval \"$(sandbox env --port 8450)\"")
        }
        try OutputFile.print(try await ask(port: sandbox.servers.port))
    }

    private func ask(port: Int) async throws -> String {
        let url = "http://\(sandbox.servers.host):\(port)/_sandbox/env"
        do {
            let answer = try await HTTPClient.withClient { client in
                try await client.send(HTTPRequest(method: .get, url: url, bypassesProxies: true))
            }
            guard answer.head.status == 200 else {
                throw ValidationError("\(url) answers with status \(answer.head.status): no sandbox of this release")
            }
            return String(decoding: answer.body, as: UTF8.self)
        } catch is TransferFailure {
            throw ValidationError("no sandbox answers at \(url): is it running, and are --port and --host right?")
        }
    }

    private struct Ready: Decodable {
        let environment: [String: String]
    }
}
