import ReconcileCore
import TestSupport
import Testing

/// A restore that trusts the domain's listing.
@Suite struct IncrementalRestoreTests {
    private var options: Restorer.Options {
        var options = Restorer.Options.opening
        options.isIncremental = true
        options.isSameDomain = false
        return options
    }

    @Test func `it restores what is lacking, and asks nothing more of what is listed as recorded`() async {
        let stage = await Rehearsal.backedUp { $0.fillVariously() }
        let first = await stage.restore(options)
        #expect(first.exit == .converged, "\(first.run.failures)")
        #expect(stage.target.picture == stage.source.picture)
        #expect(first.findings.behind == Behind())

        let again = await stage.restore(options)
        #expect(again.run.versions.inSync == 9 && again.run.versions.listed == 9)
        // Two repositories, two packages, which both have origin controls of their own; this domain's pages are small.
        #expect(
            stage.target.conduct.counts == [
                "codeartifact.ListRepositoriesInDomain": 1, "codeartifact.DescribeRepository": 2,
                "codeartifact.ListPackageVersions": 4, "codeartifact.DescribePackage": 2,
            ]
        )
    }

    @Test func `what is unfinished, or has another status, is looked at`() async {
        let stage = await Rehearsal.backedUp { $0.fillVariously() }
        await stage.restore(options)
        stage.target.setStatus(.unlisted, of: version("1.2"))
        let again = await stage.restore(options)
        #expect(again.run.versions.inSync == 9)
        #expect(again.run.warnings.count == 1)
    }

    @Test func `a newer build of a snapshot follows`() async {
        let stage = await Rehearsal.backedUp { $0.fillVariously() }
        await stage.restore(options)
        stage.source.deploySnapshot(app, base: "2.0", build: "20260104.101010-4")
        await stage.run()
        let again = await stage.restore(options)
        #expect(again.exit == .converged, "\(again.run.failures)")
        #expect(stage.target.picture == stage.source.picture)
    }

    @Test func `what it could not restore is how far the domain is behind`() async throws {
        let stage = await Rehearsal.backedUp { $0.fillVariously() }
        stage.target.conduct.fail("maven.PutAsset", calls: 1...1, with: .denied)
        let report = await stage.restore(options)
        #expect(report.exit == .failures)
        #expect(report.findings.behind.versions == report.run.versions.failed)
        let oldest = try #require(report.findings.behind.oldest)
        #expect(report.findings.behind.seconds(at: Timestamp(seconds: oldest.seconds + 60)) == 60)
        #expect(Behind().seconds(at: oldest) == 0)
        var dry = options
        dry.writes = false
        let empty = await stage.restoring().restore(dry)
        #expect(empty.findings.behind.versions == 9)
    }

    @Test(.timeLimit(.minutes(5)), arguments: [Mishap.Kind.killedAfter, .killedBefore])
    func `a kill at any operation, and a second one ends as one that was never disturbed`(kind: Mishap.Kind) async {
        let filled = await Rehearsal.backedUp { $0.fillVariously() }
        var number = 1
        while true {
            let stage = filled.restoring()
            let mishap = Mishap(kind, at: number)
            await stage.restore(options, mishap: mishap)
            guard mishap.happened else { break }
            let second = await stage.restore(options)
            #expect(second.exit == .converged, "\(kind) at \(number): \(second.run.failures)")
            #expect(stage.target.picture == filled.source.picture, "\(kind) at \(number)")
            number += 1
        }
        #expect(number > 13)
    }
}
