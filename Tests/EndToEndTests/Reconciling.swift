import Cryptography
import FoundationEssentials
import LocalServices
import ReconcileCore
import Testing

/// A run of the program against a local CodeArtifact, and what it reported.
struct Reconciled: Sendable {
    let status: Int
    let report: RunReport?
    let output: String
    let errors: String
}

extension LocalCodeArtifact {
    /// Runs `reconcile` as a process of its own.
    ///
    /// - Parameter environment: on top of what finds this server; an empty value takes a variable away.
    func reconcile(
        to backup: String,
        _ arguments: [String] = [],
        environment more: [String: String] = [:],
        seconds: Double = 300
    ) async throws -> Reconciled {
        try await reconcile("run", backup, arguments, environment: more, seconds: seconds)
    }

    /// Runs one subcommand of `reconcile` as a process of its own.
    func reconcile(
        _ subcommand: String,
        _ backup: String,
        _ arguments: [String],
        environment more: [String: String],
        seconds: Double
    ) async throws -> Reconciled {
        let finished = try await run(
            Programs.reconcile,
            [subcommand] + self.arguments(to: backup) + ["--report", "-"] + arguments,
            environment: environment.merging(more) { $1 },
            seconds: seconds
        )
        let report = try? JSONDecoder().decode(RunReport.self, from: Data(finished.output.utf8))
        return Reconciled(status: finished.status, report: report, output: finished.output, errors: finished.errors)
    }

    func arguments(to backup: String) -> [String] {
        ["--domain", configuration.domain, "--domain-owner", configuration.owner, "--backup", backup]
    }
}

/// The files below a directory, by path from it; links to files are followed.
func files(below directory: String) throws -> [String: URL] {
    let root = URL(filePath: directory).standardizedFileURL.path
    var found: [String: URL] = [:]
    var waiting = [""]
    while let folder = waiting.popLast() {
        for name in try FileManager.default.contentsOfDirectory(atPath: root + "/" + folder) {
            let path = folder.isEmpty ? name : folder + "/" + name
            var isDirectory = false
            guard FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isDirectory) else { continue }
            if isDirectory {
                waiting.append(path)
            } else {
                found[path] = URL(filePath: root + "/" + path)
            }
        }
    }
    return found
}

/// The SHA-256 of a file in hexadecimal.
func sha256(_ file: URL) throws -> String {
    Hexadecimal.encode(Digest.of(Array(try Data(contentsOf: file)), .sha256))
}

/// Coordinates in the repository `releases`.
func version(_ text: String, in repository: String = "releases") throws -> VersionCoordinates {
    let parts = text.split(separator: ":").map(String.init)
    try #require(parts.count == 3)
    let package = PackageCoordinates(repository: repository, namespace: parts[0], name: parts[1])
    return VersionCoordinates(package: package, version: parts[2])
}
