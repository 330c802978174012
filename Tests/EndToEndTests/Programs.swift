import FoundationEssentials
import Subprocess
import SystemPackage
import TestSupport

/// A program that has ended.
struct Finished: Sendable {
    /// -1 when a signal ended it.
    let status: Int
    let output: String
    let errors: String
}

/// Runs a program to its end, within `seconds`, with this process's environment and what is added to it.
func run(
    _ program: String,
    _ arguments: [String],
    environment: [String: String] = [:],
    seconds: Double = 300
) async throws -> Finished {
    try await withTimeout(seconds) {
        let result = try await Subprocess.run(
            program.contains("/") ? .path(FilePath(program)) : .name(program),
            arguments: Arguments(arguments),
            environment: .inherit.updating(Programs.environment(environment)),
            output: .string(limit: 64 << 20),
            error: .string(limit: 16 << 20)
        )
        let status: Int =
            switch result.terminationStatus {
            case .exited(let code): Int(code)
            default: -1
            }
        return Finished(
            status: status,
            output: result.standardOutput,
            errors: result.standardError
        )
    }
}

/// Starts a program, hands its running to `body`, and returns how it ended.
func running(
    _ program: String,
    _ arguments: [String],
    environment: [String: String],
    seconds: Double = 120,
    _ body: @escaping @Sendable (_ send: @Sendable (Signal) throws -> Void) async throws -> Void
) async throws -> Finished {
    try await withTimeout(seconds) {
        let result = try await Subprocess.run(
            .path(FilePath(program)),
            arguments: Arguments(arguments),
            environment: .inherit.updating(Programs.environment(environment)),
            input: .none,
            output: .string(limit: 16 << 20),
            error: .string(limit: 16 << 20)
        ) { execution in
            try await body { try execution.send(signal: $0) }
        }
        let status: Int =
            switch result.terminationStatus {
            case .exited(let code): Int(code)
            default: -1
            }
        return Finished(
            status: status,
            output: result.standardOutput,
            errors: result.standardError
        )
    }
}

/// The programs that the package builds, and the conditions under which the real ones of others are used.
enum Programs {
    static let reconcile = built("reconcile")
    static let backupLambda = built("backup-lambda")
    static let reconcileServe = built("reconcile-serve")

    /// Beside the test bundle.
    static func built(_ name: String) -> String {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: name).path
    }

    /// `RECONCILE_TESTS=unit` leaves out whatever needs a program of others.
    static let areReal = ProcessInfo.processInfo.environment["RECONCILE_TESTS"] != "unit"

    static func environment(_ values: [String: String]) -> [Environment.Key: String?] {
        var updates: [Environment.Key: String?] = [:]
        let ofTheSuite = ["LOAD_SECONDS", "RECORD_GOLDENS", "RIE", "TESTS", "WEED"].map { "RECONCILE_\($0)" }
        for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE", "DESTINATION_BUCKET"] + ofTheSuite {
            updates[Environment.Key(stringLiteral: name)] = .some(nil)
        }
        // Neither this machine's files nor its instance metadata.
        updates["AWS_CONFIG_FILE"] = "/nonexistent/config"
        updates["AWS_SHARED_CREDENTIALS_FILE"] = "/nonexistent/credentials"
        updates["AWS_EC2_METADATA_DISABLED"] = "true"
        for (name, value) in values {
            updates[Environment.Key(stringLiteral: name)] = value
        }
        return updates
    }
}
