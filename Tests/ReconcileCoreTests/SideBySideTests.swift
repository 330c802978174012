import TestSupport
import Testing

@testable import ReconcileCore

/// Versions of a package, and assets of a version, that are copied side by side: what one of them is to the others.
@Suite struct SideBySideTests {
    private let document = "acme/maven/releases/com/acme/app/maven-metadata.xml"

    private func options(width: Int) -> Reconciler.Options {
        var options = Reconciler.Options()
        options.width = .fixed(width)
        return options
    }

    /// A version of many assets, with bytes by name.
    private func assets(_ count: Int) -> [String: String] {
        Dictionary(uniqueKeysWithValues: (0..<count).map { ("file\(1_000 + $0).jar", "bytes \($0)") })
    }

    // MARK: Assets

    @Test(arguments: [1, 4, 64])
    func `an asset that fails leaves the others stored, and failures are named in order`(width: Int) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), assets(8))
        rehearsal.source.setFault(.wrongHash, on: "file1006.jar", in: version("1.0"))
        rehearsal.source.setFault(.endsEarly, on: "file1002.jar", in: version("1.0"))
        let report = await rehearsal.run(options(width: width))
        #expect(report.failures.map(\.place.asset) == ["file1002.jar", "file1006.jar"])
        #expect(report.assets.failed == 2)
        #expect(rehearsal.store.keys.filter { $0.hasSuffix(".jar") }.count == 6)
        #expect(report.versions.failed == 1)
        #expect(!rehearsal.store.keys.contains { $0.hasPrefix("acme/manifests/") })
    }

    @Test func `a failure that ends the run stops the further assets of a version`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), assets(200))
        rehearsal.store.conduct.fail("s3.PutObject", with: .denied)
        let report = await rehearsal.run(options(width: 4))
        #expect(report.exit == .credentials)
        // Twelve refusals, and what was under way.
        #expect(rehearsal.requests["s3.PutObject"] ?? 0 <= 12 + 4)
    }

    @Test func `a version is described after its last byte, also where bytes are read a second time`() throws {
        let rehearsal = Rehearsal()
        let time = SimulatedTime()
        let distance = Distance(time)
        rehearsal.source.publish(version("1.0"), ["app.jar": "bytes", "app.pom": "<project/>"])
        let policy = RetryPolicy(attempts: 3, ledger: rehearsal.ledger, clock: time) { 0 }
        // The store's answer about one asset is lost, and the version changes before the bytes are read again.
        rehearsal.source.conduct.before("maven.GetAsset") { call in
            if call == 3 { rehearsal.source.touch(version("1.0")) }
        }
        let distant = MishapStore(DistantStore(rehearsal.store, distance), Mishap(.answerLost, at: 1))
        let store = RetryingStore(distant, policy: policy)
        let reconciler = Reconciler(
            source: DistantSource(rehearsal.source, distance),
            backup: Backup(store: store, layout: rehearsal.layout, hashes: testHashes, clock: time),
            options: options(width: 8),
            recorder: Manifest.Recorder(door: "reconcile", version: "test")
        )
        let context = RunContext<RunEvent>(clock: time, ledger: rehearsal.ledger)
        let report = time.run { await reconciler.run(id: "run-1", in: context) }
        #expect(report?.exit == .converged)
        // The simulated calendar is a day ahead of this one, which reads the records.
        rehearsal.clock.advance(by: .seconds(2 * 86_400))
        let manifests = try rehearsal.manifests()
        #expect(manifests.map(\.revision) == [rehearsal.source.revision(of: version("1.0"))])
        // Beside the answer that was lost, after the second reading, and after the assets of the new revision.
        #expect(report?.requests["codeartifact.DescribePackageVersion"] == 3)
    }

    // MARK: Versions

    @Test(arguments: [1, 2, 40])
    func `whichever versions fail, the document names the others`(width: Int) async throws {
        for failing in 0..<6 {
            let rehearsal = Rehearsal()
            for number in 0..<6 { rehearsal.source.publish(version("1.\(number)")) }
            rehearsal.source.setFault(.wrongHash, on: "app.jar", in: version("1.\(failing)"))
            let report = await rehearsal.run(options(width: width))
            #expect(report.versions.copied == 5)
            let text = rehearsal.store.text(at: document)
            for number in 0..<6 {
                #expect(text.contains("<version>1.\(number)</version>") == (number != failing), "\(failing) \(number)")
            }
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `where nothing can be listed under a package's path, its versions fail and nothing is copied`(
        seed: UInt64
    ) throws {
        let rehearsal = Rehearsal()
        for number in 0..<50 { rehearsal.source.publish(version("1.\(number)")) }
        // The first list is that of the manifests.
        rehearsal.store.conduct.fail("s3.ListObjectsV2", calls: 2...Int.max, with: .unavailable)
        let report = try #require(SeededExecutor(seed: seed).run { await rehearsal.run(options(width: 4)) })
        #expect(report.versions.failed == 50)
        #expect(report.exit == .failures)
        #expect(rehearsal.requests["s3.PutObject"] == nil)
        #expect(rehearsal.requests["codeartifact.ListPackageVersionAssets"] ?? 0 < 8)
    }

    @Test func `a snapshot is committed after its builds`() async throws {
        for seed: UInt64 in 1...20 {
            let rehearsal = Rehearsal()
            let builds = (1...5).map { "1.0-20260101.00000\($0)-\($0)" }
            for build in builds { rehearsal.source.publish(version(build), ["app-\(build).jar": "bytes \(build)"]) }
            rehearsal.source.publish(version("1.0-SNAPSHOT"), ["app-\(builds[4]).jar": "bytes \(builds[4])"])
            rehearsal.source.publish(version("0.9"))
            let report = SeededExecutor(seed: seed).run { await rehearsal.run(options(width: 16)) }
            #expect(report?.versions.copied == 7)
            let manifests = rehearsal.store.writes.map(\.key.value).filter { $0.hasPrefix("acme/manifests/") }
            #expect(manifests.last?.contains("/1.0-SNAPSHOT/") == true, "seed \(seed)")
        }
    }

    @Test func `in any order of events the last manifest of a package follows its document`() async throws {
        for seed: UInt64 in 1...40 {
            let rehearsal = Rehearsal()
            for number in 0..<7 { rehearsal.source.publish(version("1.\(number)")) }
            let width = Int(seed % 9) + 1
            let report = SeededExecutor(seed: seed).run { await rehearsal.run(options(width: width)) }
            #expect(report?.exit == .converged)
            let names = rehearsal.store.writes.map(\.key.value)
            let last = try #require(names.lastIndex { $0.hasPrefix("acme/manifests/") })
            let document = try #require(names.firstIndex { $0.hasSuffix("/app/maven-metadata.xml") })
            #expect(document < last)
            #expect(names.count { $0.hasSuffix("/app/maven-metadata.xml") } == 1, "seed \(seed)")
        }
    }
}
