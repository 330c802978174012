import FoundationEssentials
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// Runs `reconcile-serve` on a backup for as long as `body` needs its address, and ends it as an orchestrator does.
///
/// - Parameter openFiles: how many files and connections it may have open; nil for as many as the tests.
/// - Returns: what it wrote to standard error, one line a log record.
@discardableResult
func serving(
    _ backup: String,
    domain: String,
    _ arguments: [String] = [],
    environment: [String: String] = [:],
    openFiles: Int? = nil,
    _ body: @escaping @Sendable (_ address: String) async throws -> Void
) async throws -> [String] {
    let command =
        [Programs.reconcileServe, "--domain", domain, "--backup", backup, "--listen", "127.0.0.1:0"]
        + ["--log-format", "json"] + arguments
    let limited = openFiles.map { ["/bin/bash", "-c", "ulimit -n \($0); exec \"$0\" \"$@\""] } ?? []
    return try await withTimeout {
        let result = try await Subprocess.run(
            .path(FilePath((limited + command)[0])),
            arguments: Arguments(Array((limited + command).dropFirst())),
            environment: .inherit.updating(Programs.environment(environment)),
            input: .none,
            output: .discarded,
            error: .sequence
        ) { execution in
            defer { try? execution.send(signal: .terminate) }
            let records = execution.standardError
            let (addresses, ready) = AsyncStream<String>.makeStream()
            return try await withThrowingTaskGroup(of: [String].self) { group in
                // Read all along: a full pipe would hold the server up.
                group.addTask {
                    defer { ready.finish() }
                    var lines: [String] = []
                    for try await line in records.strings() {
                        lines.append(line)
                        guard line.contains(#""message":"serving""#) else { continue }
                        let members = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
                        ready.yield("http://\(members["address"] ?? "")")
                    }
                    return lines
                }
                for await address in addresses {
                    try await body(address)
                    try execution.send(signal: .terminate)
                }
                return try await group.next() ?? []
            }
        }
        #expect(result.terminationStatus.isSuccess, "\(result.closureResult.suffix(5))")
        return result.closureResult
    }
}
