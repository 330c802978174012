import ReconcileCore
import TestSupport
import Testing

/// Which bytes a restore reads in a bucket with versioning: the newest where they are the recorded ones, without the
/// right to read versions.
@Suite struct RestoredBytesTests {
    /// A version that was backed up twice, with other bytes of the same length under the same name in between.
    private func overwritten(etags: InMemoryStore.ETags) async -> Rehearsal {
        let stage = Rehearsal(keepsVersions: true, etags: etags)
        stage.source.publish(version("1.0"), ["app.jar": "old", "app.pom": "<project/>"])
        await stage.run()
        stage.clock.advance(by: .seconds(60))
        stage.source.put("app.jar", "new", in: version("1.0"))
        await stage.run()
        return stage.restoring()
    }

    private let asOf = time("2026-11-22T08:36:12Z")

    @Test(arguments: InMemoryStore.ETags.allCases)
    func `the newest bytes come back without the right to read versions`(etags: InMemoryStore.ETags) async {
        let stage = await overwritten(etags: etags)
        stage.store.refuseVersions()
        var options = Restorer.Options()
        options.writes = false
        #expect(await stage.restore(options).run.failures == [])
        stage.store.conduct.resetCounts()
        let report = await stage.restore()
        #expect(report.run.failures == [])
        #expect(stage.target.picture == stage.source.picture)
        // Each object is read once, and asked about only where the listing does not show what it is. The earlier record is
        // of another revision.
        #expect(stage.store.conduct.counts["s3.GetObject"] == 4)
        #expect(stage.store.conduct.counts["s3.HeadObject"] == (etags == .md5 ? nil : 2))
    }

    @Test(arguments: InMemoryStore.ETags.allCases)
    func `older bytes come back by their version`(etags: InMemoryStore.ETags) async {
        let stage = await overwritten(etags: etags)
        var options = Restorer.Options()
        options.choice.asOf = asOf
        let report = await stage.restore(options)
        #expect(report.run.failures == [])
        #expect(stage.target.picture.contains { $0.contains("app.jar=old") })
        #expect(stage.store.conduct.counts["s3.GetObject"] != nil)
    }

    @Test(arguments: [true, false], [true, false])
    func `what was published again comes back as asked, and the restore says which bytes it gives`(
        givesFirst: Bool,
        isDeletedBetween: Bool
    ) async throws {
        let stage = Rehearsal(keepsVersions: true)
        stage.source.publish(version("0.9"))
        stage.source.publish(version("1.0"), ["app.jar": "old", "app.pom": "<project/>"])
        await stage.run()
        stage.clock.advance(by: .seconds(60))
        if isDeletedBetween {
            stage.source.delete(version("1.0"))
            await stage.run()
            stage.clock.advance(by: .seconds(60))
            stage.source.publish(version("1.0"), ["app.jar": "new", "app.pom": "<project/>", "more.txt": "more"])
        } else {
            stage.source.put("app.jar", "new", in: version("1.0"))
        }
        await stage.run()
        let (old, new) = (Asset.listing(Array("old".utf8), name: ""), Asset.listing(Array("new".utf8), name: ""))
        let moment = isDeletedBetween ? "2026-11-22T08:37:12Z" : "2026-11-22T08:36:12Z"
        let sentence =
            "releases/com.acme:app:1.0: app.jar was first recorded with SHA-256 "
            + "\(try #require(old.checksums.sha256)) (until \(moment)), later with "
            + "\(try #require(new.checksums.sha256)); using the "
            + (givesFirst ? "first" : "later; --first-recorded uses the first")
        let restoring = stage.restoring()
        var options = Restorer.Options()
        options.givesFirst = givesFirst
        let report = await restoring.restore(options)
        #expect(report.exit == .converged)
        #expect(report.run.warnings == [sentence])
        let picture = restoring.target.picture.joined()
        #expect(picture.contains("app.jar=\(givesFirst ? "old" : "new")"))
        #expect(picture.contains("more.txt") == (isDeletedBetween && !givesFirst))
        // What the domain has is given nobody.
        #expect(await restoring.restore(options).run.warnings == [])
        // Other bytes that are there already are a conflict.
        let there = await stage.restoring(into: stage.source).restore(options)
        #expect(there.exit == (givesFirst ? .failures : .converged))
        #expect(there.run.failures.map(\.kind).allSatisfy { $0 == "conflict" })
    }

    @Test(arguments: [true, false])
    func `a dry run shows that older bytes cannot be read, and the restore publishes nothing`(writes: Bool) async {
        let stage = await overwritten(etags: .md5)
        stage.store.refuseVersions()
        var options = Restorer.Options()
        options.choice.asOf = asOf
        options.writes = writes
        let report = await stage.restore(options)
        #expect(report.run.failures.map(\.kind) == ["denied"])
        #expect(stage.restoreWrites == [:])
    }

    @Test func `bytes that are overwritten while a restore is on its way come back by their version`() async {
        let stage = Rehearsal(keepsVersions: true)
        stage.source.publish(version("1.0"), ["app.jar": "old", "app.pom": "<project/>"])
        await stage.run()
        let restoring = stage.restoring()
        let key = ObjectKey("acme/maven/releases/com/acme/app/1.0/app.jar")
        restoring.target.conduct.before("maven.PutAsset") { call in
            // The POM is on its way; the jar has been proved and is not read yet.
            if call == 1 { _ = try await restoring.store.write(Array("new".utf8), to: key, .overwrite) }
        }
        let report = await restoring.restore()
        #expect(report.run.failures == [])
        #expect(restoring.target.picture.contains { $0.contains("app.jar=old") })
    }
}
