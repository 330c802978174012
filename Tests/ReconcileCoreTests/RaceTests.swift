import ReconcileCore
import TestSupport
import Testing

/// Versions that change, go or are withdrawn while they are copied: none of them is a failure, and the counts add up.
@Suite struct RaceTests {
    /// A run in which something happens to a version before its first byte is read, or the event about that version.
    private func report(
        isEvent: Bool = false,
        isRecorded: Bool = false,
        _ change: @escaping @Sendable (InMemorySource) -> Void
    ) async -> RunReport {
        let rehearsal = Rehearsal(keepsVersions: true)
        if isRecorded {
            rehearsal.source.publish(version("1.0"), ["a.jar": "old"])
            await rehearsal.run()
            rehearsal.clock.advance(by: .seconds(60))
        }
        rehearsal.source.publish(version("1.0"), ["a.jar": "bytes"])
        rehearsal.source.conduct.before("maven.GetAsset") { [source = rehearsal.source] call in
            if call == 1 { change(source) }
        }
        return isEvent ? await rehearsal.protect(version("1.0")) : await rehearsal.run()
    }

    @Test(arguments: [false, true], [false, true])
    func `a version deleted while it is copied needs no protection`(isEvent: Bool, isRecorded: Bool) async {
        let report = await report(isEvent: isEvent, isRecorded: isRecorded) { $0.delete(version("1.0")) }
        // A run knows that this was the only release, and asks whether that is right; an event sees one version.
        let isAsked = isRecorded && !isEvent
        #expect(report.exit == (isAsked ? .refused : .converged))
        #expect(report.versions == versions(orphaned: 1, deleted: 1, pending: isAsked ? 1 : 0))
        #expect(report.versions.unprotected == 0)
    }

    @Test func `that a document does not name a version deleted since it was listed is no warning`() async {
        let rehearsal = Rehearsal()
        for name in ["1.0", "2.0"] { rehearsal.source.publish(version(name)) }
        rehearsal.source.setMetadata(.success(MavenMetadata(versions: ["2.0"])), of: app)
        rehearsal.source.conduct.before("maven.GetAsset") { [source = rehearsal.source] call in
            if call == 1 { source.delete(version("1.0")) }
        }
        let report = await rehearsal.run()
        #expect(report.versions == versions(listed: 1, missing: 1, orphaned: 1, copied: 1, deleted: 1))
        #expect(report.warnings == [])
    }

    @Test(arguments: [false, true], [false, true])
    func `a version that becomes unfinished while it is copied cannot be protected`(isEvent: Bool, isRecorded: Bool)
        async
    {
        let report = await report(isEvent: isEvent, isRecorded: isRecorded) {
            $0.setStatus(.unfinished, of: version("1.0"))
        }
        #expect(report.exit == .converged)
        #expect(report.versions == versions(listed: 1, skipped: 1))
        #expect(report.versions.unprotected == 0)
    }

    @Test(arguments: [false, true], [VersionStatus.archived, .disposed])
    func `a version withdrawn while it is copied is recorded as it is then`(isEvent: Bool, status: VersionStatus) async
    {
        let report = await report(isEvent: isEvent) { $0.setStatus(status, of: version("1.0")) }
        #expect(report.exit == .converged)
        var expected = versions(listed: 1, missing: 1, copied: 1)
        expected.unavailable = 1
        #expect(report.versions == expected)
    }

    @Test func `a version that is left out of the listing, and has another state, is counted as seen`() async {
        let rehearsal = Rehearsal()
        for number in 0..<3 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.setStatus(.archived, of: version("1.0"))
        rehearsal.source.hide(version("1.0"))
        #expect(await rehearsal.run().versions == versions(listed: 3, inSync: 2, stale: 1, copied: 1))
        #expect(await rehearsal.run().versions == versions(listed: 3, inSync: 3))
    }

    @Test(arguments: [false, true])
    func `a version that changes twice is left to the next run, which is no failure`(isEvent: Bool) async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.conduct.before("codeartifact.DescribePackageVersion") { [source = rehearsal.source] _ in
            source.touch(version("1.0"))
        }
        let report = isEvent ? await rehearsal.protect(version("1.0")) : await rehearsal.run()
        #expect(report.exit == .unavailable)
        #expect(report.failures == [])
        var expected = versions(listed: 1, missing: 1)
        expected.left = 1
        #expect(report.versions == expected)
        #expect(report.versions.unprotected == 1)
        #expect(report.message == "1 version left to the next run; the warnings say why")
        #expect(
            report.warnings == [
                "releases/com.acme:app:1.0 changed twice while it was copied; it is left to the next run"
            ]
        )
    }
}
