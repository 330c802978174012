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
        return "releases/com.acme:app:1.0 has other bytes at the source than were recorded: a.jar; SHA-256 "
            + "\(try #require(shown)), recorded \(try #require(recorded))"
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
        #expect(report.warnings == ["\(try warning()); both are kept"])
        let reads = rehearsal.requests["s3.GetObject"]
        let again = await rehearsal.run()
        #expect(again.versions == versions(listed: 2, inSync: 2))
        #expect(again.warnings == [])
        // A read more than for a version that is new.
        rehearsal.source.publish(version("1.1"), ["a.jar": "new", "a.pom": "pom"])
        await rehearsal.run()
        #expect(reads == rehearsal.requests["s3.GetObject"].map { $0 + 1 })
    }

    @Test(arguments: [true, false])
    func `fail their version where that is asked for, which stays as it was recorded`(isEvent: Bool) async throws {
        let rehearsal = await replaced(byDeleting: false)
        var options = Reconciler.Options()
        options.copying.onMutation = .fail
        let keys = rehearsal.store.keys
        let report = isEvent ? await rehearsal.protect(version("1.0"), options) : await rehearsal.run(options)
        #expect(report.exit == .failures)
        #expect(report.versions.failed == 1)
        #expect(report.failures.map(\.kind) == ["conflict"])
        let message =
            "\(try warning()). Nothing was copied or recorded. If the change is right, run once with "
            + "--on-mutation accept"
        #expect(report.failures.map { $0.message.contains(message) } == [true], "\(report.failures)")
        #expect(rehearsal.store.keys == keys)
        #expect(rehearsal.requests["maven.GetAsset"] == nil)
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
