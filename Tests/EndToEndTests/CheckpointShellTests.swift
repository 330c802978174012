import FoundationEssentials
import ReconcileCore
import TestSupport
import Testing

/// The digest of a checkpoint, recomputed without this program.
@Suite struct CheckpointShellTests {
    /// The block of docs/TRUST.md that says how.
    private func commands() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = String(decoding: try Data(contentsOf: root.appending(path: "docs/TRUST.md")), as: UTF8.self)
        let chapter = try #require(text.split(separator: "## Recompute a digest\n").last)
        let start = try #require(chapter.firstRange(of: "```sh\n")).upperBound
        let end = try #require(chapter[start...].firstRange(of: "```")).lowerBound
        return String(chapter[start..<end])
    }

    @Test func `find, sort and sha256sum recompute a checkpoint as docs/TRUST.md says`() async throws {
        let stage = Rehearsal()
        let names = ["app", "lib", "a-b", "a.b", "a b", "ä", "z%"]
        for name in names {
            for repository in ["releases", "snapshots"] {
                let package = PackageCoordinates(repository: repository, namespace: "com.acme", name: name)
                for version in ["1.0", "1.0-rc1", "1.0+b", "2.0 final"] {
                    stage.source.publish(VersionCoordinates(package: package, version: version), ["a.jar": "\(name)"])
                }
                if name == "lib" { stage.source.setControls(.ingested, of: package) }
            }
        }
        #expect(await stage.run().exit == .converged)
        let configuration = InMemoryConfiguration()
        for policy in ["{}", #"{"Statement":[]}"#] {
            configuration.change { $0.policy = policy }
            try await stage.record(configuration)
        }
        stage.clock.advance(by: .seconds(7_200))
        configuration.change { $0.policy = nil }
        try await stage.record(configuration)
        // One that is later than the cutoff.
        let late = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "late")
        stage.source.publish(VersionCoordinates(package: late, version: "1.0"), ["a.jar": "late"])
        #expect(await stage.run().exit == .converged)
        let startedAt = Timestamp(secondsSince1970: stage.clock.secondsSince1970())
        let checkpoint = try await RunCheckpoint.opened(
            in: stage.backup,
            repositories: [],
            runID: "x",
            startedAt: startedAt
        )
        var report = await stage.reconciler(evidence: checkpoint.evidence).run(id: "x", in: stage.context())
        try await checkpoint.conclude(&report)
        let account = try #require(report.checkpoint)
        #expect(account.records == names.count * 8 + 2 + 2)

        try await withScratchDirectory { directory in
            for key in stage.store.keys {
                let file = URL(filePath: "\(directory)/\(key)")
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(),
                    withIntermediateDirectories: true
                )
                try Data().write(to: file)
            }
            let cutoff = try #require(Timestamp(extended: account.cutoff)).basic
            let done = try await run(
                "bash",
                ["-euc", try commands()],
                environment: ["BACKUP": directory, "DOMAIN": "acme", "CUTOFF": cutoff]
            )
            #expect(done.status == 0, "\(done.errors)")
            #expect(done.output == "\(account.digest)\n")
        }
    }
}
