import FoundationEssentials
import Subprocess
import Testing

/// A program of the machine that judges the server from outside.
struct Tool {
    /// Exit status and what the program wrote.
    struct Result {
        let succeeded: Bool
        let output: String
        let error: String
    }

    let name: String

    /// Whether tests that need other programs run. `RECONCILE_TESTS=unit` leaves them out.
    static var wanted: Bool {
        ProcessInfo.processInfo.environment["RECONCILE_TESTS"] != "unit"
    }

    /// Runs the program to its end; a missing program is a failure with a sentence.
    func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Result {
        let changes = Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), $1) })
        do {
            let result = try await Subprocess.run(
                .name(name),
                arguments: Arguments(arguments),
                environment: .inherit.updating(changes),
                output: .string(limit: 4 << 20),
                error: .string(limit: 4 << 20)
            )
            return Result(
                succeeded: result.terminationStatus.isSuccess,
                output: result.standardOutput,
                error: result.standardError
            )
        } catch let error as SubprocessError {
            Issue.record("\(name) cannot be run (\(error)). Install it, or set RECONCILE_TESTS=unit to leave it out.")
            throw error
        }
    }
}
