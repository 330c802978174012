import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// A run lists the manifests in parts, and the source's versions beside them.
@Suite struct ListingBesideTests {
    /// As long as a record, which nothing here reads.
    private let unread = [UInt8](repeating: 1, count: 200)

    /// Packages of some versions each, recorded by keys alone, so a record of a deletion has no assets to carry on; small
    /// pages for the manifests.
    private func backedUp(packages: Int, versions count: Int = 3, pageSize: Int = 50) -> Rehearsal {
        let rehearsal = Rehearsal(pageSize: pageSize)
        for number in 0..<packages {
            for name in 0..<count {
                let coordinates = version("1.\(name)", of: package("p\(1_000 + number)"))
                rehearsal.source.publish(coordinates, ["a.jar": "x"])
                rehearsal.source.setRevision("cmV2", of: coordinates)
                rehearsal.store.place(unread, at: rehearsal.layout.key(of: record(coordinates)).value)
            }
        }
        return rehearsal
    }

    @Test func `the lists cost at most one more for each thousand packages, and three`() async {
        let rehearsal = backedUp(packages: 1_100, versions: 2)
        let report = await rehearsal.run()
        #expect(report.outcome == .converged)
        #expect(report.versions == versions(listed: 2_200, inSync: 2_200))
        #expect(report.recorded?.versions == 2_200)
        #expect(rehearsal.store.writes.isEmpty)
        var requests = rehearsal.requests
        let lists = requests.removeValue(forKey: "s3.ListObjectsV2") ?? 0
        #expect((44...44 + 2 + 3).contains(lists), "\(lists)")
        #expect(
            requests == [
                "codeartifact.ListRepositoriesInDomain": 1, "codeartifact.ListPackages": 22,
                "codeartifact.ListPackageVersions": 1_100, "s3.GetBucketVersioning": 1,
            ]
        )
    }

    @Test func `two hundred packages cost one list a page`() async {
        let rehearsal = backedUp(packages: 200, versions: 3)
        #expect(await rehearsal.run().versions == versions(listed: 600, inSync: 600))
        #expect(rehearsal.requests["s3.ListObjectsV2"] == 12)
    }

    @Test func `versions are asked for while the manifests are listed, and nothing is copied before they all are`()
        async
    {
        // 40 pages of manifests.
        let rehearsal = backedUp(packages: 400, versions: 5)
        for number in 0..<40 { rehearsal.source.publish(version("2", of: package("p\(1_000 + number * 10)"))) }
        let listsBefore = Mutex<Int?>(nil)
        rehearsal.store.conduct.before("s3.ListObjectsV2") { call in
            // Before the last pages come, versions have been asked for: else this waits in vain.
            guard call == 38 else { return }
            for _ in 0..<1_000_000 {
                if rehearsal.source.conduct.counts["codeartifact.ListPackageVersions"] != nil { return }
                await Task.yield()
            }
            Issue.record("no versions are asked for before all manifests are listed")
        }
        rehearsal.source.conduct.before("codeartifact.ListPackageVersionAssets") { call in
            guard call == 1 else { return }
            let lists = rehearsal.store.conduct.counts["s3.ListObjectsV2"]
            listsBefore.withLock { $0 = lists }
        }
        let report = await rehearsal.run()
        #expect(report.outcome == .converged)
        #expect(report.versions == versions(listed: 2_040, inSync: 2_000, missing: 40, copied: 40))
        #expect(listsBefore.withLock { $0 ?? 0 } >= 40)
    }

    @Test(arguments: [1, 2, 9, 15])
    func `a part that cannot be listed ends the run, and nothing is written`(call: Int) async {
        let rehearsal = backedUp(packages: 400)
        rehearsal.source.publish(version("2", of: package("p1000")))
        rehearsal.source.delete(version("1.0", of: package("p1399")))
        rehearsal.store.conduct.fail("s3.ListObjectsV2", calls: call...call, with: .unavailable)
        let report = await rehearsal.run()
        #expect(report.outcome == .failed)
        #expect(report.failures.map(\.kind) == ["unavailable"])
        #expect(report.versions.copied == 0 && report.versions.orphaned == 0 && report.recorded == nil)
        #expect(rehearsal.store.writes.isEmpty)
        #expect(rehearsal.requests["codeartifact.ListPackageVersionAssets"] == nil)
        let next = await rehearsal.run()
        #expect(next.versions == versions(listed: 1_200, inSync: 1_199, missing: 1, orphaned: 1, copied: 1, deleted: 1))
    }

    @Test(arguments: [1, 5, 14])
    func `a run that is stopped while the manifests are listed writes nothing`(call: Int) async {
        let rehearsal = backedUp(packages: 400)
        rehearsal.source.publish(version("2", of: package("p1000")))
        let stop = StopSignal()
        rehearsal.store.conduct.before("s3.ListObjectsV2") { number in
            if number == call { stop.raise(.deadline) }
        }
        let report = await rehearsal.run(stop: stop)
        #expect(report.outcome == .deadline)
        #expect(report.recorded == nil && report.versions.orphaned == 0)
        #expect(rehearsal.store.writes.isEmpty)
    }

    @Test func `where the packages cannot all be listed, all manifests are, and nothing is taken for gone`() async {
        let rehearsal = backedUp(packages: 400)
        rehearsal.source.delete(version("1.0", of: package("p1399")))
        rehearsal.source.conduct.fail("codeartifact.ListPackages", calls: 3...3, with: .unavailable)
        let report = await rehearsal.run()
        #expect(report.outcome == .partial)
        #expect(report.recorded?.versions == 1_200)
        #expect(report.versions == versions(listed: 300, inSync: 300))
        #expect(rehearsal.store.writes.isEmpty)
    }

    @Test func `what has vanished between the names of packages is recorded as deleted`() async {
        let rehearsal = backedUp(packages: 400)
        for number in [0, 150, 151, 399] { rehearsal.source.deletePackage(package("p\(1_000 + number)")) }
        rehearsal.clock.advance(by: .seconds(60))
        let report = await rehearsal.run()
        #expect(report.versions == versions(listed: 1_188, inSync: 1_188, orphaned: 12, deleted: 12))
    }

    @Test(arguments: [false, true])
    func `a package that is made and recorded while a run lists is not taken for deleted`(isFirst: Bool) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.addRepository("young")
        if !isFirst {
            for number in 0..<3 { rehearsal.source.publish(version("1.\(number)", of: package("old", in: "young"))) }
        }
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        let new = version("1.0", of: package("lib", in: "young"))
        let isMade = Mutex(false)
        rehearsal.store.conduct.before("s3.ListObjectsV2") { _ in
            guard
                isMade.withLock({ isMade in
                    defer { isMade = true }; return !isMade
                })
            else { return }
            // Until the packages are listed.
            while rehearsal.source.conduct.counts["codeartifact.ListPackages", default: 0] < 2 { await Task.yield() }
            for _ in 0..<100 { await Task.yield() }
            rehearsal.clock.advance(by: .seconds(1))
            rehearsal.source.publish(new)
            rehearsal.source.setRevision("cmV2", of: new)
            let found = record(new, "2026-11-22T08:37:13Z")
            rehearsal.store.place(unread, at: rehearsal.layout.key(of: found).value)
        }
        let report = await rehearsal.run()
        // The guard sees a repository of which nothing is listed.
        #expect(report.outcome == (isFirst ? .refused : .converged), "\(report.message ?? "")")
        #expect(rehearsal.store.writes.isEmpty)
        rehearsal.clock.advance(by: .seconds(60))
        let next = await rehearsal.run()
        #expect(next.outcome == .converged && next.versions.missing == 0 && rehearsal.store.writes.isEmpty)
    }

    @Test func `origin controls that were recorded after the packages were listed are not written over`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.setControls(.ingested, of: app)
        let newer = PackageRecord(
            package: app,
            recordedAt: time("2026-11-22T08:37:30Z"),
            originControls: OriginControls(publish: .allow, upstream: .allow)
        )
        rehearsal.store.conduct.before("s3.ListObjectsV2") { call in
            if call == 1 { rehearsal.store.place(unread, at: rehearsal.layout.key(of: newer).value) }
        }
        #expect(await rehearsal.run().outcome == .converged)
        #expect(rehearsal.store.writes.isEmpty)
        rehearsal.clock.advance(by: .seconds(60))
        #expect(await rehearsal.run().outcome == .converged)
        #expect(rehearsal.store.writes.count == 1)
    }

    @Test func `packages that were compared early are copied in the run's order`() async {
        func order(_ id: String) async -> [String] {
            let rehearsal = backedUp(packages: 300, versions: 4)
            for number in 0..<300 { rehearsal.source.publish(version("2", of: package("p\(1_000 + number)"))) }
            var options = Reconciler.Options()
            options.width = 6
            let seen = Mutex<[String]>([])
            let context = rehearsal.context { event in
                guard case .committed(let summary) = event else { return }
                seen.withLock { $0.append(summary.manifest.coordinates.package.name) }
            }
            let report = await rehearsal.reconciler(options).run(id: id, in: context)
            #expect(report.versions.copied == 300)
            return seen.withLock { $0 }
        }
        // The first hundred of a run are packages from everywhere, and others than the next run's.
        let (first, second) = await (order("monday"), order("tuesday"))
        for names in [first, second] {
            let places = names.prefix(100).compactMap { Int($0.dropFirst()) }
            #expect(places.count { $0 < 1_100 } < 60 && places.count { $0 >= 1_200 } > 15)
        }
        #expect(Set(first.prefix(100)).intersection(second.prefix(100)).count < 60)
    }
}
