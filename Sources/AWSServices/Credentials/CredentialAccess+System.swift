import Glibc
package import HTTPTransfer
package import ReconcileCore
import Subprocess
import SystemPackage

extension CredentialAccess {
    /// Access to the machine's files and programs, and to the network through `client`.
    package static func system(client: HTTPClient, clock: any RunClock = SystemClock()) -> CredentialAccess {
        CredentialAccess(
            readFile: readFile,
            replaceFile: replaceFile,
            send: { request in
                var request = request
                request.deadlines = request.deadlines.ofDocument
                return try await client.send(request, bodyLimit: 1 << 20)
            },
            run: HungPrograms().run,
            clock: clock
        )
    }

    /// The bytes of a file; nil when there is none.
    @Sendable package static func readFile(_ path: String) throws -> [UInt8]? {
        try InputFile.read(path)
    }

    /// The new file has mode 0600. Until it is complete and durable, it has a temporary name next to the old file.
    @Sendable package static func replaceFile(_ path: String) throws -> FileReplacement {
        let failed = { @Sendable (error: any Error) in CredentialFault("\(path) cannot be rewritten: \(error)") }
        let fresh = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 16)).tmp"
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                FilePath(fresh),
                .writeOnly,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite]
            )
        } catch {
            throw failed(error)
        }
        return FileReplacement(
            commit: { bytes in
                do {
                    try file.closeAfter {
                        _ = try file.writeAll(bytes)
                        guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
                    }
                    guard unsafe rename(fresh, path) == 0 else { throw Errno(rawValue: errno) }
                } catch {
                    unsafe unlink(fresh)
                    throw failed(error)
                }
            },
            discard: {
                try? file.close()
                unsafe unlink(fresh)
            }
        )
    }

    /// Runs a program with this process's environment and an empty standard input; kills it if it does not end in time.
    ///
    /// - Throws: `HungPrograms.TooLong` if it was killed, `CredentialFault` if it cannot be run.
    static func runProgram(_ words: [String], within limit: Duration = .seconds(60)) async throws -> ProgramOutput {
        guard let program = words.first else { throw CredentialFault("the command is empty") }
        return try await withThrowingTaskGroup(of: ProgramOutput?.self) { group in
            group.addTask { try await output(of: program, Array(words.dropFirst())) }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let output = try await group.next() ?? nil else {
                throw HungPrograms.TooLong()
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
                complaint: "\(result.terminationStatus): \(words)"
            )
        } catch let error as SubprocessError {
            throw CredentialFault("\(program) cannot be run: \(error)")
        }
    }
}
