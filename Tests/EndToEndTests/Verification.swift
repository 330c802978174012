import FoundationEssentials
import LocalServices
import ReconcileCore

/// Runs of `reconcile verify` that excuse nothing, and read everything unless they are told otherwise.
struct Verification: Sendable {
    let server: LocalCodeArtifact
    let url: String
    let environment: [String: String]

    struct Result {
        let status: Int
        let report: VerifyReport
        let errors: String

        var rows: [String] { report.findings.map { "\($0.kind.rawValue) \($0.key)" } }
    }

    func run(_ arguments: [String] = [], depth: VerifyDepth = .bytes) async throws -> Result {
        let verified = try await server.reconcile(
            "verify",
            url,
            ["--depth", depth.rawValue, "--settling", "0s", "--strict"] + arguments,
            environment: environment,
            seconds: 60
        )
        let report = try JSONDecoder().decode(VerifyReport.self, from: Data(verified.output.utf8))
        return Result(status: verified.status, report: report, errors: verified.errors)
    }
}
