import ReconcileCore
import TestSupport
import Testing

/// A store that does not say whether it keeps versions, as an access point.
@Suite struct HiddenVersioningTests {
    private func run(keepsVersions: Bool) async -> (Rehearsal, RunReport) {
        let stage = Rehearsal(keepsVersions: keepsVersions)
        stage.store.hideVersioning()
        stage.source.publish(version("1.0"), ["app.jar": "old"])
        return (stage, await stage.run())
    }

    @Test(arguments: [true, false])
    func `a run warns once its first write has shown that there are none`(keepsVersions: Bool) async {
        let (stage, report) = await run(keepsVersions: keepsVersions)
        #expect(report.failures == [])
        let warnings = report.warnings.filter { $0.contains("has no versioning") }
        #expect(warnings.count == (keepsVersions ? 0 : 1))
        stage.clock.advance(by: .seconds(60))
        stage.source.put("app.jar", "newer", in: version("1.0"))
        let second = await stage.run()
        #expect(second.failures.map(\.kind) == (keepsVersions ? [] : ["conflict"]))
        #expect(
            stage.store.text(at: "acme/maven/releases/com/acme/app/1.0/app.jar") == (keepsVersions ? "newer" : "old")
        )
    }
}
