import ReconcileCore
import TestSupport
import Testing

@Suite struct EventTests {
    private let inSync = ["codeartifact.DescribePackageVersion": 1, "s3.ListObjectsV2": 1]

    @Test func `a published version is copied with its assets, its manifest last, and recorded by the event`()
        async throws
    {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        let report = await rehearsal.protect(version("1.0"))
        #expect(report.outcome == .converged)
        #expect(report.versions == versions(listed: 1, missing: 1, copied: 1))
        #expect(report.assets == assets(copied: 2))
        let manifest = try #require(try rehearsal.manifests().first)
        #expect(manifest.recordedBy.door == "event")
        let names = rehearsal.writtenNames
        #expect(names.prefix(2).sorted() == ["app.jar", "app.pom"])
        #expect(names.last?.hasSuffix(".Published.json") == true)
        #expect(rehearsal.requests["maven.GetMetadata"] == nil)
    }

    @Test func `the same event again costs one description and one list, and writes nothing`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        await rehearsal.protect(version("1.0"))
        let report = await rehearsal.protect(version("1.0"))
        #expect(report.versions == versions(listed: 1, inSync: 1))
        #expect(rehearsal.store.writes.isEmpty)
        #expect(rehearsal.requests == inSync)
        #expect(report.requests == inSync)
    }

    @Test func `an event and a run agree: each finds nothing to do after the other`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        await rehearsal.protect(version("1.0"))
        #expect(await rehearsal.run().versions == versions(listed: 1, inSync: 1))
        rehearsal.source.publish(version("2.0"))
        await rehearsal.run()
        #expect(await rehearsal.protect(version("2.0")).versions == versions(listed: 1, inSync: 1))
    }

    @Test func `an asset that came later is copied, and what is there is not asked for again`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["app.pom": "<project/>"])
        await rehearsal.protect(version("1.0"))
        rehearsal.source.put("app.jar", "the jar", in: version("1.0"))
        rehearsal.clock.advance(by: .seconds(5))
        let report = await rehearsal.protect(version("1.0"))
        #expect(report.versions == versions(listed: 1, stale: 1, copied: 1))
        #expect(report.assets == assets(copied: 1, adopted: 1))
        #expect(rehearsal.requests["maven.GetAsset"] == 1)
        #expect(try rehearsal.manifests().map(\.assets.count) == [1, 2])
    }

    @Test func `an unfinished version is skipped with the reason, and costs one description`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), status: .unfinished)
        let report = await rehearsal.protect(version("1.0"))
        #expect(report.outcome == .converged)
        #expect(report.versions == versions(listed: 1, skipped: 1))
        #expect(report.message == "the version is unfinished: its bytes cannot be read yet")
        #expect(rehearsal.requests == ["codeartifact.DescribePackageVersion": 1])
    }

    @Test func `a deletion is recorded once, and every byte stays`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        await rehearsal.protect(version("1.0"))
        rehearsal.source.delete(version("1.0"))
        rehearsal.clock.advance(by: .seconds(5))
        let report = await rehearsal.protect(version("1.0"))
        #expect(report.outcome == .converged)
        #expect(report.versions == versions(orphaned: 1, deleted: 1))
        let manifests = try rehearsal.manifests()
        #expect(manifests.map(\.status) == [.published, .deleted])
        #expect(manifests.last?.assets.count == 2)
        #expect(rehearsal.store.text(at: "acme/maven/releases/com/acme/app/1.0/app.jar") == "bytes of app.jar")
        let again = await rehearsal.protect(version("1.0"))
        #expect(again.versions == versions(skipped: 1))
        #expect(rehearsal.store.writes.isEmpty)
    }

    @Test func `a version that neither side holds is skipped`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.addRepository("releases")
        let report = await rehearsal.protect(version("1.0"))
        #expect(report.versions == versions(skipped: 1))
        #expect(report.message == "neither the source nor the backup holds the version")
        #expect(rehearsal.requests == inSync.merging(["codeartifact.ListRepositoriesInDomain": 1]) { $1 })
    }

    @Test func `a version of a repository that neither side has is refused with the nearest name`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        let report = await rehearsal.protect(version("1.0", of: package("app", in: "relaeses")))
        #expect(report.exit == .refused)
        #expect(report.message?.contains("no repository relaeses; check its name; nearest: releases") == true)
    }

    @Test func `what the settings leave out is not even described`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        var options = Reconciler.Options()
        options.selection.repositories = ["others"]
        let report = await rehearsal.protect(version("1.0"), options)
        #expect(report.versions == versions(skipped: 1))
        #expect(report.message == "the settings leave releases/com.acme:app out")
        #expect(rehearsal.requests.isEmpty)
    }

    @Test func `a version from a public repository is left where only the company's own are wanted`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), origin: .external)
        var options = Reconciler.Options()
        options.selection.internalOnly = true
        #expect(await rehearsal.protect(version("1.0"), options).versions == versions(listed: 1, skipped: 1))
        #expect(await rehearsal.protect(version("1.0")).versions.copied == 1)
    }

    @Test func `what an event could not protect is a failure, and nothing is committed`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.setFault(.wrongHash, on: "app.jar", in: version("1.0"))
        let report = await rehearsal.protect(version("1.0"))
        #expect(report.outcome == .partial)
        #expect(report.versions == versions(listed: 1, missing: 1, failed: 1))
        #expect(report.versions.unprotected == 1)
        #expect(report.failures.map(\.kind) == ["corrupt"])
        #expect(try rehearsal.manifests().isEmpty)
    }

    @Test func `the objects of an older backup are adopted`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.store.place(Array("bytes of app.jar".utf8), at: "acme/maven/releases/com/acme/app/1.0/app.jar")
        rehearsal.store.place(Array("<project/>".utf8), at: "acme/maven/releases/com/acme/app/1.0/app.pom")
        let report = await rehearsal.protect(version("1.0"))
        #expect(report.assets == assets(adopted: 2))
        #expect(report.bytes.copied == 0)
    }

    @Test(arguments: 0..<200)
    func `an event and a run at the same moment record one state`(seed: UInt64) async throws {
        let rehearsal = Rehearsal(keepsVersions: seed.isMultiple(of: 2))
        rehearsal.source.publish(version("1.0"))
        if seed.isMultiple(of: 3) {
            await rehearsal.run()
            rehearsal.source.put("late.jar", "late", in: version("1.0"))
            rehearsal.clock.advance(by: .seconds(5))
        }
        let chance = SeededChance(seed)
        for operation in rehearsal.operations {
            rehearsal.source.conduct.before(operation) { _ in await chance.wait() }
            rehearsal.store.conduct.before(operation) { _ in await chance.wait() }
        }
        let writer = rehearsal.reconciler(by: "event")
        async let event = writer.protect(version("1.0"), id: "event", in: rehearsal.context())
        async let run = rehearsal.reconciler().run(id: "run", in: rehearsal.context())
        let reports = await [event, run]
        #expect(reports.map(\.outcome) == [.converged, .converged], "\(reports.map(\.failures))")
        let newest = try #require(try rehearsal.manifests().last)
        #expect(newest.revision == rehearsal.source.revision(of: version("1.0")))
        let states = Set(try rehearsal.manifests().filter { $0.revision == newest.revision }.map(\.assetNames))
        #expect(states.count == 1)
        #expect(await rehearsal.run().versions == versions(listed: 1, inSync: 1))
        #expect(rehearsal.store.writes.isEmpty)
    }
}

extension Manifest {
    fileprivate var assetNames: [String] { assets.map(\.asset.name) }
}

extension Rehearsal {
    /// The operations in which one side can be held up.
    fileprivate var operations: [String] {
        [
            "codeartifact.DescribePackageVersion", "codeartifact.ListPackageVersionAssets", "maven.GetAsset",
            "s3.ListObjectsV2", "s3.PutObject", "s3.HeadObject", "codeartifact.ListPackageVersions",
        ]
    }
}
