import FoundationEssentials
package import ReconcileCore
import Subprocess
import SystemPackage

/// Runs the programs of a drill with a minimal environment, until the drill is stopped.
package struct Tools: Sendable {
    private let environment: [String: String]
    private let home: String
    private let stop: StopSignal
    private let clock: any RunClock

    /// The only variables that are passed on to build tools; credentials in particular are not.
    private static let passed = [
        "PATH", "JAVA_HOME", "JAVA_OPTS", "MAVEN_HOME", "M2_HOME", "MAVEN_OPTS", "GRADLE_OPTS", "TMPDIR", "TZ",
    ]

    /// - Parameter home: the directory that the programs use as the user's home.
    package init(environment: [String: String], home: String, stop: StopSignal, clock: any RunClock) {
        self.environment = environment
        self.home = home
        self.stop = stop
        self.clock = clock
    }

    /// Returns the path of the program with that name on the `PATH`; nil if there is none.
    package static func find(_ name: String, environment: [String: String]) -> String? {
        (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// How a program ended.
    struct Ended: Sendable {
        let command: DrillReport.Command
        let output: String

        /// The output's first line that reports an error; otherwise its last line.
        var complaint: String {
            let lines = output.split(whereSeparator: \.isNewline).map(String.init)
            let errors = lines.filter { $0.hasPrefix("[ERROR]") || $0.hasPrefix("*") || $0.hasPrefix("> ") }
            return String((errors.first ?? lines.last ?? "no output").prefix(400))
        }
    }

    /// The maximum number of bytes of output kept in memory.
    private static let outputLimit = 64 << 20

    /// Runs a program to its end.
    ///
    /// - Throws: `ToolFailure` if it cannot be started; `CancellationError` if the drill is stopped meanwhile, which
    ///   kills the program.
    func run(_ program: String, _ arguments: [String], in folder: String) async throws -> Ended {
        let began = clock.now()
        let startedAt = clock.timestamp.extended
        let (exit, output) = try await withThrowingTaskGroup(of: (Int?, String)?.self) { group in
            group.addTask { try await self.output(of: program, arguments, in: folder) }
            group.addTask {
                while stop.reason == nil { try await clock.sleep(for: .milliseconds(100)) }
                return nil
            }
            defer { group.cancelAll() }
            guard let ended = try await group.next() ?? nil else { throw CancellationError() }
            return ended
        }
        let words = [program] + arguments
        let seconds = (clock.now() - began).inSeconds
        return Ended(
            command: DrillReport.Command(
                line: words.joined(separator: " "),
                startedAt: startedAt,
                seconds: (seconds * 1_000).rounded() / 1_000,
                exit: exit
            ),
            output: output
        )
    }

    private func output(
        of program: String,
        _ arguments: [String],
        in folder: String
    ) async throws -> (Int?, String) {
        var variables: [Environment.Key: String] = ["HOME": home, "LC_ALL": "C.UTF-8"]
        for name in Self.passed {
            if let value = environment[name] { variables[Environment.Key(stringLiteral: name)] = value }
        }
        do {
            let result = try await Subprocess.run(
                .path(FilePath(program)),
                arguments: Arguments(arguments),
                environment: .custom(variables),
                workingDirectory: FilePath(folder),
                output: .string(limit: Self.outputLimit),
                error: .string(limit: Self.outputLimit)
            )
            let exit: Int? = if case .exited(let code) = result.terminationStatus { Int(code) } else { nil }
            let text = result.standardOutput + result.standardError
            return (exit, text)
        } catch let error as SubprocessError {
            throw ToolFailure("\(program) cannot be run: \(error)")
        }
    }
}

/// Why a client cannot work at all.
package struct ToolFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
