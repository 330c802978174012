package import HTTPTransfer
package import ReconcileCore
import Subprocess
import SystemPackage

extension CredentialAccess {
    /// The machine's files and programs, and a client for the network.
    package static func system(client: HTTPClient, clock: any RunClock = SystemClock()) -> CredentialAccess {
        CredentialAccess(
            readFile: readFile,
            send: { request in
                var request = request
                request.deadlines = request.deadlines.ofDocument
                return try await client.send(request, bodyLimit: 1 << 20)
            },
            run: runProgram,
            clock: clock
        )
    }

    /// The bytes of a file; nil when there is none.
    @Sendable package static func readFile(_ path: String) throws -> [UInt8]? {
        try InputFile.read(path)
    }

    /// Runs a program with this process's environment and nothing on its standard input; one that does not end is killed.
    @Sendable static func runProgram(_ words: [String]) async throws -> ProgramOutput {
        try await runProgram(words, within: .seconds(60))
    }

    static func runProgram(_ words: [String], within limit: Duration) async throws -> ProgramOutput {
        guard let program = words.first else { throw CredentialFault("the command is empty") }
        return try await withThrowingTaskGroup(of: ProgramOutput?.self) { group in
            group.addTask { try await output(of: program, Array(words.dropFirst())) }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let output = try await group.next() ?? nil else {
                throw CredentialFault("\(program) did not end within \(limit.components.seconds) seconds")
            }
            return output
        }
    }

    private static func output(of program: String, _ arguments: [String]) async throws -> ProgramOutput {
        do {
            let result = try await Subprocess.run(
                program.contains("/") ? .path(FilePath(program)) : .name(program),
                arguments: Arguments(arguments),
                output: .bytes(limit: 1 << 20),
                error: .bytes(limit: 1 << 16)
            )
            let words = String(decoding: result.standardError, as: UTF8.self).trimmed
            return ProgramOutput(
                succeeded: result.terminationStatus.isSuccess,
                output: result.standardOutput,
                complaint: "\(result.terminationStatus): \(words.prefix(ServiceFault.messageLimit))"
            )
        } catch let error as SubprocessError {
            throw CredentialFault("\(program) cannot be run: \(error)")
        }
    }
}
