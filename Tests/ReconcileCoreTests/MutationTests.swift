import ReconcileCore
import TestSupport
import Testing

/// Files that were recorded and have other bytes at the source by now.
@Suite struct MutationTests {
    private static let (first, second) = (
        Asset.listing(Array("first".utf8), name: ""), Asset.listing(Array("other".utf8), name: "")
    )

    private func replaced(byDeleting isDeleted: Bool, keepsVersions: Bool = true) async -> Rehearsal {
        let rehearsal = Rehearsal(keepsVersions: keepsVersions)
        rehearsal.source.publish(version("0.9"))
        rehearsal.source.publish(version("1.0"), ["a.jar": "first", "a.pom": "pom"])
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        if isDeleted {
            rehearsal.source.delete(version("1.0"))
            await rehearsal.run()
            rehearsal.clock.advance(by: .seconds(60))
        }
        rehearsal.source.publish(version("1.0"), ["a.jar": "other", "a.pom": "pom"])
        return rehearsal
    }

    private func warning() throws -> String {
        let (shown, recorded) = (Self.second.checksums.sha256, Self.first.checksums.sha256)
        return "different bytes in the domain and in the backup: a.jar, SHA-256 \(try #require(shown)) in the domain, "
            + "\(try #require(recorded)) in the backup"
    }

    @Test(arguments: [true, false], [true, false])
    func `are kept beside the old ones, counted, and named with both hashes`(isDeleted: Bool, isEvent: Bool)
        async throws
    {
        let rehearsal = await replaced(byDeleting: isDeleted)
        let report = isEvent ? await rehearsal.protect(version("1.0")) : await rehearsal.run()
        #expect(report.exit == .converged)
        #expect(report.versions.copied == 1)
        #expect(report.versions.mutated == 1)
        #expect(report.warnings == ["releases/com.acme:app:1.0 has \(try warning()); both are kept"])
        let reads = rehearsal.requests["s3.GetObject"]
        let again = await rehearsal.run()
        #expect(again.versions == versions(listed: 2, inSync: 2))
        #expect(again.warnings == [])
        // A read more than for a version that is new.
        rehearsal.source.publish(version("1.1"), ["a.jar": "new", "a.pom": "pom"])
        _ = isEvent ? await rehearsal.protect(version("1.1")) : await rehearsal.run()
        #expect(reads == (rehearsal.requests["s3.GetObject"] ?? 0) + 1)
    }

    @Test(arguments: [true, false])
    func `fail their version where that is asked for, which stays as it was recorded`(isEvent: Bool) async throws {
        let rehearsal = await replaced(byDeleting: false)
        var options = Reconciler.Options()
        options.copying.onMutation = .fail
        let keys = rehearsal.store.keys
        let report = isEvent ? await rehearsal.protect(version("1.0"), options) : await rehearsal.run(options)
        #expect(report.exit == .failures)
        #expect(
            report.versions
                == versions(listed: isEvent ? 1 : 2, inSync: isEvent ? 0 : 1, stale: 1, mutated: 1, failed: 1)
        )
        #expect(report.failures.map(\.kind) == ["conflict"])
        #expect(
            report.failures.map(\.message) == [
                "copy releases/com.acme:app:1.0: \(try warning()). Nothing was copied or recorded. If the change is "
                    + "right, run once with --on-mutation accept (conflict)"
            ]
        )
        #expect(rehearsal.store.keys == keys)
        #expect(rehearsal.requests["maven.GetAsset"] == nil)
    }

    @Test func `are counted where the store cannot keep them beside the old ones`() async {
        let rehearsal = await replaced(byDeleting: false, keepsVersions: false)
        let report = await rehearsal.run()
        #expect(report.versions == versions(listed: 2, inSync: 1, stale: 1, mutated: 1, failed: 1))
        #expect(report.failures.map(\.kind) == ["conflict"])
        // What is there is what was recorded.
        #expect(report.failures.allSatisfy { !$0.needsRepair })
    }

    @Test func `are said to have taken the place of the old ones where somebody has put them there`() async throws {
        let rehearsal = await replaced(byDeleting: false, keepsVersions: false)
        rehearsal.store.place(Array("other".utf8), at: rehearsal.layout.key(of: "a.jar", in: version("1.0")).value)
        let report = await rehearsal.run()
        #expect(report.exit == .converged)
        #expect(report.versions.mutated == 1)
        #expect(
            report.warnings.last
                == "releases/com.acme:app:1.0 has \(try warning()); the old ones are lost, since the store keeps no "
                + "versions"
        )
    }

    @Test func `are only announced by a plan`() async throws {
        let rehearsal = await replaced(byDeleting: false)
        let plan = Reconciler(
            source: rehearsal.source,
            backup: Backup(
                store: DryRunStore(rehearsal.store),
                layout: rehearsal.layout,
                hashes: testHashes,
                clock: rehearsal.clock
            ),
            options: Reconciler.Options(),
            recorder: Manifest.Recorder(door: "plan", version: "test")
        )
        let report = await plan.run(id: "plan-1", in: rehearsal.context())
        #expect(report.versions.mutated == 1)
        #expect(report.warnings == ["releases/com.acme:app:1.0 has \(try warning()); a run keeps both"])
    }

    @Test func `are none where files come or go, or only the status changes`() async {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["a.jar": "first", "a.pom": "pom", "maven-metadata.xml": "<a/>"])
        rehearsal.source.publish(version("1.1"), ["a.jar": "first", "a.pom": "pom"])
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.publish(version("1.0"), ["a.jar": "first", "b.jar": "more", "maven-metadata.xml": "<b/>"])
        rehearsal.source.setStatus(.unlisted, of: version("1.1"))
        let report = await rehearsal.run()
        #expect(report.versions == versions(listed: 2, stale: 2, copied: 2))
        #expect(report.warnings == [])
    }
}
