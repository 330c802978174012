import FoundationEssentials
import LocalServices
import ReconcileCore
import TestSupport
import Testing

/// A domain of another name that follows the backup, its calls counted exactly.
@Suite(.timeLimit(.minutes(5)))
struct StandbyTests {
    private static let packages = 10

    private func publish(_ versions: ClosedRange<Int>, to server: LocalCodeArtifact) throws {
        for package in 1...Self.packages {
            for number in versions {
                server.publish(
                    try version("com.acme:lib\(package):\(number)"),
                    assets: ["lib\(package)-\(number).pom": Array("<project/>".utf8)]
                )
            }
        }
    }

    private func catchUp(
        _ standby: LocalCodeArtifact,
        from server: LocalCodeArtifact,
        _ backup: String,
        _ metrics: String
    ) async throws -> (status: Int, report: RunReport?, metrics: [String], errors: String) {
        standby.resetRequests()
        let ended = try await run(
            Programs.reconcile,
            ["restore"] + server.arguments(to: backup) + [
                "--incremental", "--to-domain", "standby", "--rate-writes", "10000", "--rate-reads", "10000",
                "--rate-list-package-version-assets", "10000", "--metrics-file", metrics, "--report", "-",
            ],
            environment: standby.environment
        )
        let report = try? JSONDecoder().decode(RunReport.self, from: Data(ended.output.utf8))
        let lines = try String(decoding: Data(contentsOf: URL(filePath: metrics)), as: UTF8.self).split(separator: "\n")
        return (Int(ended.status), report, lines.map(String.init), ended.errors)
    }

    @Test func `a thousand versions behind, it catches up; with nothing to do it costs one listing`() async throws {
        try await withScratchDirectory { scratch in
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                var other = LocalCodeArtifact.Configuration()
                other.domain = "standby"
                try await LocalCodeArtifact.with(other) { standby in
                    let (backup, metrics) = ("file://\(scratch)/backup", "\(scratch)/restore.prom")
                    try publish(1...20, to: server)
                    #expect(try await server.reconcile(to: backup).status == 0)
                    let first = try await catchUp(standby, from: server, backup, metrics)
                    #expect(first.status == 0 && first.report?.versions.copied == 200, "\(first.errors)")

                    try publish(21...120, to: server)
                    #expect(try await server.reconcile(to: backup, ["--rate-reads", "10000"]).status == 0)
                    let second = try await catchUp(standby, from: server, backup, metrics)
                    #expect(second.status == 0 && second.report?.versions.copied == 1_000, "\(second.errors)")
                    #expect(second.report?.versions.inSync == 200)
                    #expect(
                        standby.requests == [
                            "codeartifact.ListRepositoriesInDomain": 1, "codeartifact.ListPackageVersions": 10,
                            "codeartifact.GetAuthorizationToken": 1, "codeartifact.GetRepositoryEndpoint": 1,
                            "maven.PutAsset": 1_000, "codeartifact.UpdatePackageVersionsStatus": 1_000,
                            "codeartifact.DescribePackageVersion": 1_000,
                            "codeartifact.ListPackageVersionAssets": 1_000,
                        ]
                    )

                    let nothing = try await catchUp(standby, from: server, backup, metrics)
                    #expect(nothing.status == 0 && nothing.report?.versions.inSync == 1_200, "\(nothing.errors)")
                    #expect(
                        standby.requests == [
                            "codeartifact.ListRepositoriesInDomain": 1, "codeartifact.ListPackageVersions": 10,
                        ]
                    )
                    let labels = #"{domain="my-domain",shard="0_1"}"#
                    #expect(nothing.metrics.contains("reconcile_restore_behind_versions\(labels) 0"))
                    #expect(nothing.metrics.contains("reconcile_restore_behind_seconds\(labels) 0"))
                    let all = try await DomainPicture(server).lines
                    #expect(try await DomainPicture(standby).lines == all)
                }
            }
        }
    }

    @Test func `what cannot be published shows in the metrics as long as it is behind`() async throws {
        try await withScratchDirectory { scratch in
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                var other = LocalCodeArtifact.Configuration()
                other.domain = "standby"
                try await LocalCodeArtifact.with(other) { standby in
                    let (backup, metrics) = ("file://\(scratch)/backup", "\(scratch)/restore.prom")
                    try publish(1...2, to: server)
                    #expect(try await server.reconcile(to: backup).status == 0)
                    standby.setFaults([try Fault("maven.PutAsset:409:on=lib3-2.pom")])
                    try await Task.sleep(for: .seconds(1))
                    let failed = try await catchUp(standby, from: server, backup, metrics)
                    #expect(failed.status == 3, "\(failed.errors)")
                    let labels = #"{domain="my-domain",shard="0_1"}"#
                    #expect(failed.metrics.contains("reconcile_restore_behind_versions\(labels) 1"))
                    let behind = failed.metrics.first { $0.hasPrefix("reconcile_restore_behind_seconds{") } ?? ""
                    #expect(Int(behind.split(separator: " ").last ?? "") ?? 0 >= 1, "\(behind)")
                    let success = "reconcile_restore_last_success_timestamp_seconds{"
                    #expect(!failed.metrics.contains { $0.hasPrefix(success) })
                    standby.setFaults([])
                    let healed = try await catchUp(standby, from: server, backup, metrics)
                    #expect(healed.metrics.contains("reconcile_restore_behind_versions\(labels) 0"))
                    #expect(healed.report?.versions.copied == 1)
                }
            }
        }
    }
}
