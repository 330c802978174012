import ReconcileCore
import TestSupport
import Testing

/// A restore that begins with some versions, or keeps to them.
@Suite struct NeededVersionsTests {
    private func options(_ needed: [String], rest: Bool = false) -> Restorer.Options {
        var options = Restorer.Options.opening
        options.needed = NeededVersions(
            needed.map { ArtifactVersion(ArtifactName(app.namespace, app.name), $0) }
        )
        options.restoresRest = rest
        return options
    }

    @Test func `only the needed versions come back, and a whole restore adds the others`() async {
        let stage = await Rehearsal.backedUp { $0.fillVariously() }
        let first = await stage.restore(options(["1.0"]))
        #expect(first.exit == .converged)
        #expect(first.run.versions.copied == 1 && first.run.versions.listed == 1)
        let second = await stage.restore()
        #expect(second.run.versions.copied == 8 && second.run.versions.inSync == 1)
        #expect(stage.target.picture == stage.source.picture)
    }

    @Test func `the rest comes afterwards, and everything is counted once`() async {
        let stage = await Rehearsal.backedUp { $0.fillVariously() }
        let report = await stage.restore(options(["1.0"], rest: true))
        #expect(report.exit == .converged, "\(report.run.failures)")
        #expect(report.run.versions.copied == 9 && report.run.versions.listed == 9)
        #expect(report.run.warnings == [])
        #expect(stage.target.picture == stage.source.picture)
    }

    @Test func `a package that blocks publishing stays open until the rest of it is back`() async {
        let stage = await Rehearsal.backedUp { domain in
            for number in 1...3 { domain.publish(version("\(number).0"), ["app-\(number).0.pom": "pom \(number)"]) }
            domain.setControls(OriginControls(publish: .block, upstream: .block), of: app)
        }
        let only = await stage.restore(options(["2.0"]))
        #expect(only.exit == .converged && only.run.versions.copied == 1)
        #expect(
            only.run.warnings == [
                "still open for publishing, because other versions of them have not come back: \(app). "
                    + "A restore without --for-build closes them"
            ]
        )
        let whole = await stage.restore()
        #expect(whole.exit == .converged && whole.run.versions.copied == 2)
        #expect(stage.target.picture == stage.source.picture)

        let again = stage.restoring()
        let both = await again.restore(options(["2.0"], rest: true))
        #expect(both.exit == .converged && both.run.versions.copied == 3 && both.run.warnings == [])
        #expect(again.target.picture == stage.source.picture)
    }

    @Test func `after a failure among the needed, the rest does not close the package`() async {
        let stage = await Rehearsal.backedUp { domain in
            for number in 1...3 { domain.publish(version("\(number).0"), ["app-\(number).0.pom": "pom \(number)"]) }
            domain.setControls(OriginControls(publish: .block, upstream: .block), of: app)
        }
        stage.target.conduct.fail("maven.PutAsset", calls: 1...1, with: .denied)
        let report = await stage.restore(options(["2.0"], rest: true))
        #expect(report.exit == .failures && report.run.versions.copied == 2)
        #expect(report.run.warnings.contains { $0.hasPrefix("\(app) still allows publishing") })
        #expect(await stage.restore().exit == .converged)
        #expect(stage.target.picture == stage.source.picture)
    }
}
