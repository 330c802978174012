import ReconcileCore
import TestSupport
import Testing

/// Checkpoints of runs over some repositories, which a verification of more compares too.
@Suite struct ScopedCheckpointTests {
    private static let repositories = ["releases", "shared"]

    private func app(in repository: String) -> PackageCoordinates {
        PackageCoordinates(repository: repository, namespace: "com.acme", name: "app")
    }

    /// Two repositories, of each of which runs have left checkpoints, and none of the whole domain.
    private func kept(_ scopes: [[String]] = repositories.map { [$0] }) async throws -> Rehearsal {
        let stage = Rehearsal()
        for repository in Self.repositories {
            for number in 0..<3 {
                let version = VersionCoordinates(package: app(in: repository), version: "1.\(number)")
                stage.source.publish(version, ["app.jar": "\(repository) \(number)"])
            }
        }
        for _ in 1...4 { try await run(stage, scopes) }
        return stage
    }

    private func run(_ stage: Rehearsal, _ scopes: [[String]], _ exit: ReconcileCore.ExitStatus = .converged)
        async throws
    {
        for scope in scopes {
            let report = try await stage.reconcileWithCheckpoint(options(scope))
            #expect(report.exit == exit, "\(report.message ?? "")")
        }
        stage.clock.advance(by: .seconds(3_600))
    }

    private func options(_ repositories: [String]) -> Reconciler.Options {
        var options = Reconciler.Options()
        options.selection = selection(repositories)
        return options
    }

    private func selection(_ repositories: [String]) -> Selection {
        var selection = Selection()
        selection.repositories = repositories
        return selection
    }

    private func checkpoints(_ stage: Rehearsal) -> [ObjectKey] {
        stage.store.keys.filter { $0.contains("/checkpoints/") }.map { ObjectKey($0) }
    }

    private func newest(_ stage: Rehearsal, of scope: [String]) async throws -> ObjectKey {
        try #require(try await Checkpoints.read(of: stage.backup, repositories: scope, at: stage.backup.now).newest).key
    }

    private func rows(_ report: VerifyReport) -> [String] {
        report.findings.map { "\($0.kind.rawValue) \($0.key)" }.sorted()
    }

    /// Removes a version with its files, as if it had never been.
    private func remove(_ number: String, in repository: String, from stage: Rehearsal) {
        let version = VersionCoordinates(package: app(in: repository), version: number)
        for key in stage.objectKeys where stage.layout.record(at: key)?.coordinates == version {
            stage.store.damage(key) { _ in nil }
        }
        for key in stage.store.keys where key.contains("/\(repository)/com/acme/app/\(number)/") {
            stage.store.damage(ObjectKey(key)) { _ in nil }
        }
    }

    @Test func `what is removed from a repository of which runs alone have checkpoints is seen`() async throws {
        let stage = try await kept()
        #expect(rows(await stage.verify(.manifests)) == [])
        #expect(rows(await stage.verify(.manifests, of: selection(Self.repositories))) == [])
        let checkpoint = try await newest(stage, of: ["shared"])
        remove("1.1", in: "shared", from: stage)
        for part in [Selection(), selection(Self.repositories), selection(["shared"])] {
            let report = await stage.verify(.manifests, of: part)
            #expect(rows(report).contains("contradictedCheckpoint \(checkpoint)"), "\(part.repositories)")
            #expect(report.exit == .verificationFailed)
            let message = report.findings.first { $0.kind == .contradictedCheckpoint }?.message
            #expect(message?.contains("1 of 3 records up to") == true, "\(message ?? "")")
        }
        // Nothing of it is in the other repository.
        #expect(rows(await stage.verify(.manifests, of: selection(["releases"]))) == [])
        let accepted = await stage.verify(.manifests, accepting: (["acme/*"], "a test"), id: "accept")
        #expect(accepted.findings == [])
        #expect(rows(await stage.verify(.manifests)) == [])
        try await run(stage, [["shared"]])
        #expect(rows(await stage.verify(.manifests)) == [])
    }

    @Test func `a checkpoint of more than one repository, and what its run found, are compared too`() async throws {
        let stage = try await kept([Self.repositories])
        let checkpoint = try await newest(stage, of: Self.repositories)
        remove("1.1", in: "releases", from: stage)
        #expect(rows(await stage.verify(.manifests)).contains("contradictedCheckpoint \(checkpoint)"))
        // What the next run of it finds, its checkpoint carries on.
        try await run(stage, [Self.repositories], .verificationFailed)
        #expect(rows(await stage.verify(.manifests)).contains("contradictedCheckpoint \(checkpoint)"))
    }

    @Test func `a checkpoint of one repository that is gone is missed as long as the report of its run is there`()
        async throws
    {
        let stage = try await kept()
        let removed = checkpoints(stage)
        remove("1.1", in: "shared", from: stage)
        for key in removed { stage.store.damage(key) { _ in nil } }
        let found = rows(await stage.verify(.manifests))
        for key in removed { #expect(found.contains("lostCheckpoint \(key)"), "\(key)") }
        #expect(found.contains { $0.hasPrefix("contradictedCheckpoint acme/checkpoints/") })
    }

    @Test func `it takes a GET for each checkpoint that is compared`() async throws {
        let stage = try await kept()
        stage.resetCounts()
        #expect(await stage.verify(.manifests).findings == [])
        let both = stage.requests["s3.GetObject"] ?? 0
        stage.resetCounts()
        #expect(await stage.verify(.manifests, of: selection(["releases"])).findings == [])
        let one = stage.requests["s3.GetObject"] ?? 0
        // Three records, three; the checkpoints of both scopes are read by either, and the newest of one once more.
        #expect(both == one + 3 + 1, "\(both) \(one)")
    }

    @Test func `of many that name the same repositories the newest are compared, and a warning counts the others`()
        async throws
    {
        let names = (0..<8).map { "r\($0)" }
        let stage = Rehearsal()
        stage.source.publish(VersionCoordinates(package: app(in: "releases"), version: "1.0"), ["app.jar": "jar"])
        for name in names { stage.source.publish(VersionCoordinates(package: app(in: name), version: "1.0")) }
        for _ in 1...3 { try await run(stage, [["releases"]] + names.map { [$0, "releases"] }) }
        let report = await stage.verify(.manifests)
        #expect(report.findings == [])
        let warning = "the checkpoints of 5 selections of repositories were not compared"
        #expect(report.warnings?.count { $0.hasPrefix(warning) } == 1, "\(report.warnings ?? [])")
    }
}
