import ReconcileCore
import TestSupport
import Testing

@Suite struct RestorerTests {
    private func stage(_ fill: (InMemorySource) -> Void = { $0.fillVariously() }) async -> Rehearsal {
        await Rehearsal.backedUp(fill)
    }

    @Test func `an empty domain becomes what was backed up, and a second restore changes nothing`() async {
        let stage = await stage()
        let report = await stage.restore()
        #expect(report.run.failures == [])
        #expect(report.exit == .converged)
        #expect(report.run.versions.missing == 9)
        #expect(report.run.versions.copied == 9)
        #expect(stage.target.picture == stage.source.picture)
        #expect(stage.restoreWrites["maven.PutAsset"] == 15)
        let again = await stage.restore()
        #expect(again.run.versions.inSync == 9)
        #expect(again.run.versions.copied == 0)
        #expect(stage.restoreWrites == [:])
    }

    @Test(.timeLimit(.minutes(2)), arguments: Mishap.Kind.allCases.filter { $0 != .conflict })
    func `a mishap at any operation, and a second restore ends as one that was never disturbed`(
        kind: Mishap.Kind
    ) async {
        let filled = await stage()
        let expected = filled.source.picture
        var number = 1
        while true {
            let stage = filled.restoring()
            let mishap = Mishap(kind, at: number)
            await stage.restore(mishap: mishap)
            guard mishap.happened else { break }
            let second = await stage.restore()
            #expect(second.exit == .converged, "\(kind) at \(number): \(second.run.failures)")
            let found = stage.target.picture
            // A document whose bytes are not right is left out, and its version comes back all the same.
            let isLeftOut = kind == .corruptBody || kind == .cutBody
            #expect(
                isLeftOut ? undocumented(found) == undocumented(expected) : found == expected,
                "\(kind) at \(number)"
            )
            await stage.restore()
            #expect(stage.restoreWrites == [:], "\(kind) at \(number)")
            number += 1
        }
        #expect(number > 13)
    }

    @Test func `a snapshot that was withdrawn comes back withdrawn, also after a kill at any operation`() async {
        let filled = await stage { $0.deploySnapshot(app, base: "2.0", build: "20260101.101010-1") }
        filled.source.setStatus(.archived, of: version("2.0-20260101.101010-1"))
        filled.source.setStatus(.unlisted, of: version("2.0-SNAPSHOT"))
        await filled.run()
        let expected = filled.source.picture
        var number = 1
        while true {
            let stage = filled.restoring()
            let mishap = Mishap(.killedAfter, at: number)
            await stage.restore(mishap: mishap)
            guard mishap.happened else { break }
            await stage.restore()
            #expect(stage.target.picture == expected, "at \(number)")
            number += 1
        }
        #expect(number > 5)
    }

    private func undocumented(_ picture: [String]) -> [String] {
        picture.map { String($0[..<($0.firstRange(of: " maven-metadata.xml=")?.lowerBound ?? $0.endIndex)]) }
    }

    // MARK: What the service may answer

    @Test func `other bytes are reported and stay, and the rest is restored`() async {
        let stage = await stage()
        stage.target.publish(version("1.2"), ["app-1.2.jar": "other", "app-1.2.pom": "pom"])
        let report = await stage.restore()
        #expect(report.exit == .failures)
        #expect(report.run.failures.map(\.place.asset) == ["app-1.2.jar"])
        #expect(report.run.failures.map(\.kind) == ["conflict"])
        #expect(report.run.versions.copied == 8)
        #expect(stage.target.picture.contains { $0.contains("app-1.2.jar=other") })
    }

    @Test func `a conflict over the very same bytes is none`() async {
        let stage = await stage { $0.publish(version("1.0"), ["a.jar": "jar"]) }
        let domain = stage.target
        domain.conduct.before("maven.PutAsset") { call in
            guard call == 1 else { return }
            // Somebody else is quicker, and the service says so.
            domain.publish(version("1.0"), ["a.jar": "jar"], status: .unfinished)
            throw RemoteFailure(.conflict, operation: TestOperations.putAsset, target: "a.jar", message: "it is there")
        }
        #expect(await stage.restore().exit == .converged)
        #expect(stage.target.picture == stage.source.picture)
    }

    @Test func `throttled requests are sent again`() async {
        let stage = await stage()
        stage.target.conduct.fail("maven.PutAsset", calls: 2...3, with: .throttled)
        stage.target.conduct.fail("codeartifact.UpdatePackageVersionsStatus", calls: 1...1, with: .throttled)
        stage.target.conduct.fail("maven.PutMetadata", calls: 1...1, with: .unavailable)
        let report = await stage.restore(retries: true)
        #expect(report.exit == .converged)
        #expect(report.run.retries == 4)
        #expect(stage.target.picture == stage.source.picture)
    }

    @Test func `a document that leaves versions unfinished is no hindrance`() async {
        let stage = await stage()
        let report = await stage.restore(documentsPublish: false)
        #expect(report.exit == .converged, "\(report.run.failures)")
        #expect(stage.target.picture == stage.source.picture)
    }

    @Test func `a wrong checksum that somebody left behind is put right`() async throws {
        let stage = await stage()
        let build = "2.0-20260103.101010-3"
        stage.target.setControls(OriginControls(publish: .allow, upstream: .allow), of: app)
        let bytes = Array("jar 20260103.101010-3".utf8)
        let destination = InMemoryDestination(stage.target)
        let name = "app-\(build).jar"
        try await destination.publish(
            PiecewiseBody(bytes),
            of: .listing(bytes, name: name),
            in: "2.0-SNAPSHOT",
            of: app
        )
        await #expect(throws: RemoteFailure.self) {
            try await destination.publish([48], as: "\(name).sha1", in: "2.0-SNAPSHOT", of: app)
        }
        let report = await stage.restore()
        #expect(report.exit == .converged, "\(report.run.failures)")
        #expect(stage.target.picture == stage.source.picture)
        // One document is refused, then eight checksums of the build's files put right, and it is sent again.
        #expect(stage.target.conduct.counts["maven.PutMetadata"] == 3)
    }

    @Test func `a version that is slow to show is waited for`() async {
        let stage = await stage { $0.publish(version("1.0"), ["a.jar": "jar"]) }
        stage.target.conduct.fail("codeartifact.UpdatePackageVersionsStatus", calls: 1...2, with: .absent)
        #expect(await stage.restore().exit == .converged)
        #expect(stage.clock.slept == [.seconds(1), .seconds(1)])
    }

    @Test func `hashes that the service lists otherwise than they were published are a fault of their own`() async {
        let stage = await stage { $0.publish(version("1.0"), ["a.jar": "jar"]) }
        let domain = stage.target
        domain.conduct.before("codeartifact.UpdatePackageVersionsStatus") { _ in
            domain.setFault(.wrongHash, on: "a.jar", in: version("1.0"))
        }
        let report = await stage.restore()
        #expect(report.exit == .verificationFailed)
        #expect(report.run.failures.map(\.kind) == ["corrupt"])
        #expect(report.run.failures[0].message.hasPrefix("restore.compare releases/com.acme:app:1.0: "))
    }

    @Test func `bytes that the backup no longer has right are never published`() async {
        let stage = await stage { $0.publish(version("1.0"), ["a.jar": "jar", "a.pom": "pom"]) }
        let report = await stage.restore(mishap: Mishap(.corruptBody, at: 1))
        #expect(report.exit == .failures)
        #expect(report.run.failures.map(\.kind) == ["corrupt"])
        #expect(stage.target.currentVersions.isEmpty)
    }

    // MARK: What is chosen

    @Test func `the status of a version that somebody has changed since is left`() async {
        let stage = await stage { $0.publish(version("1.0"), ["a.jar": "jar"]) }
        stage.target.publish(version("1.0"), ["a.jar": "jar"], status: .archived)
        let report = await stage.restore()
        #expect(report.exit == .converged)
        #expect(report.run.versions.inSync == 1)
        #expect(
            report.run.warnings == [
                "releases/com.acme:app:1.0 is Archived in the domain and Published in the backup; it is left as it is"
            ]
        )
        #expect(stage.restoreWrites == [:])
    }

    @Test func `what was deleted stays away unless it is asked for`() async {
        let stage = await stage()
        stage.source.delete(version("1.0"))
        await stage.run()
        await stage.restore()
        #expect(stage.target.currentVersions[version("1.0")] == nil)
        #expect(stage.target.currentVersions.count == 8)
        var options = Restorer.Options.opening
        options.choice.includesDeleted = true
        await stage.restore(options)
        #expect(stage.target.currentVersions[version("1.0")]?.status == .published)
        #expect(stage.target.currentVersions.count == 9)
    }

    @Test func `one repository may go to another`() async {
        let stage = await stage()
        stage.target.addRepository("copy")
        var options = Restorer.Options.opening
        options.selection.repositories = ["shared"]
        options.repository = "copy"
        let report = await stage.restore(options)
        #expect(report.exit == .converged)
        #expect(
            stage.target.picture == [
                "copy/com.acme:lib publish BLOCK, upstream ALLOW", "copy/com.acme:lib:1.0 Published lib-1.0.pom=pom",
                "copy/com.acme:lib:1.1 Published lib-1.1.pom=pom",
            ]
        )
    }

    @Test func `a plan counts what a restore writes, and writes nothing`() async {
        let stage = await stage()
        var options = Restorer.Options.opening
        options.writes = false
        let plan = await stage.restore(options)
        #expect(stage.restoreWrites == [:])
        #expect(plan.run.versions.missing == 9)
        #expect(plan.writes.controls == 3)
        let done = await stage.restore()
        #expect(plan.writes == done.writes)
        #expect(plan.writes.assets == stage.restoreWrites["maven.PutAsset"])
        #expect(plan.writes.controls == stage.restoreWrites["codeartifact.PutPackageOriginConfiguration"])
        #expect(plan.writes.statuses == stage.restoreWrites["codeartifact.UpdatePackageVersionsStatus"])
        let documents =
            (stage.restoreWrites["maven.PutMetadata"] ?? 0) + (stage.restoreWrites["maven.PutChecksum"] ?? 0)
        #expect(plan.writes.documents == documents)
    }

    @Test func `repositories that the domain lacks are refused, or reported where others are there`() async {
        let stage = await stage()
        let some = await stage.restoring(repositories: ["shared"]).restore()
        #expect(some.exit == .failures)
        #expect(some.run.failures.map(\.place.repository) == ["releases"])
        #expect(some.run.versions.copied == 2)
        let none = await stage.restoring(repositories: ["other"]).restore()
        #expect(none.exit == .refused)
    }

    @Test func `a repository is restored before the one that it looks into`() async {
        let stage = await stage()
        let destination = InMemoryDestination(stage.target)
        destination.setUpstreams(["releases"], of: "shared")
        let domain = stage.target
        domain.conduct.before("maven.PutAsset") { _ in
            let repositories = Set(domain.currentVersions.keys.map(\.package.repository))
            if repositories.contains("releases"), !repositories.contains("shared") { throw CancellationError() }
        }
        #expect(await stage.restore().exit == .converged)
    }

    @Test func `a restore that is told to stop says so and goes on the next time`() async {
        let stage = await stage()
        let report = await stage.restore(mishap: Mishap(.stopped, at: 12))
        #expect(report.exit == .deadline)
        #expect(await stage.restore().exit == .converged)
        #expect(stage.target.picture == stage.source.picture)
    }
}
