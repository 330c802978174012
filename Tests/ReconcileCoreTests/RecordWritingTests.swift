import ReconcileCore
import TestSupport
import Testing

/// What a store answers to what it is given, and what follows from it.
@Suite struct RecordWritingTests {
    private func run(
        _ rehearsal: Rehearsal,
        _ options: Reconciler.Options = Reconciler.Options(),
        answer: @escaping @Sendable (ObjectKey) -> WriteOutcome?
    ) async -> RunReport {
        await reconciler(rehearsal, options, answer: answer).run(id: "run", in: rehearsal.context())
    }

    private func reconciler(
        _ rehearsal: Rehearsal,
        _ options: Reconciler.Options = Reconciler.Options(),
        answer: @escaping @Sendable (ObjectKey) -> WriteOutcome?
    ) -> Reconciler {
        Reconciler(
            source: rehearsal.source,
            backup: Backup(
                store: UnfaithfulStore(rehearsal.store, answer: answer),
                layout: rehearsal.layout,
                hashes: testHashes,
                clock: rehearsal.clock
            ),
            options: options,
            recorder: Manifest.Recorder(door: "reconcile", version: "test")
        )
    }

    private static func losing(_ suffix: String) -> @Sendable (ObjectKey) -> WriteOutcome? {
        { $0.value.hasSuffix(suffix) ? .stored(versionID: nil) : nil }
    }

    private static func isRecord(_ key: ObjectKey) -> Bool { key.value.contains("/manifests/") }

    @Test func `nothing counts as committed in a store that answers that every record exists`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.publish(version("1.1"))
        rehearsal.source.setControls(.ingested, of: app)
        let report = await run(rehearsal) { Self.isRecord($0) ? .alreadyExists : nil }
        #expect(report.exit == .failures)
        #expect(report.versions == versions(listed: 2, missing: 2, failed: 2))
        #expect(report.recorded?.versions == 0)
        #expect(report.failures.map(\.kind) == ["conflict", "conflict", "conflict"])
        #expect(report.failures.allSatisfy { $0.message.contains("but it does not exist; nothing was recorded") })
    }

    @Test(arguments: [(600, "20261122T083612Z"), (601, "20261122T084613Z")])
    func `a record that waits for its documents for more than ten minutes is stamped when it is stored`(
        seconds: Int,
        time: String
    ) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.store.watch { [clock = rehearsal.clock] _, write in
            if write.key.value.hasSuffix("/app/maven-metadata.xml") { clock.advance(by: .seconds(seconds)) }
        }
        #expect(await rehearsal.run().exit == .converged)
        let records = rehearsal.store.keys.filter { $0.contains("/manifests/") && $0.contains("/1.0/") }
        #expect(records.count == 1 && records.first?.contains("/\(time).") == true, "\(records)")
    }

    @Test(arguments: [1, 5])
    func `a different object under a record's key is kept, and the record stored a second later`(taken: Int)
        async throws
    {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.setControls(.ingested, of: app)
        // Placed after the run has listed what is there.
        rehearsal.store.conduct.before("s3.PutObject") { call in
            guard call == 1, let revision = rehearsal.source.revision(of: version("1.0")) else { return }
            for second in 12..<(12 + taken) {
                let moment = "2026-11-22T08:36:\(second)Z"
                let state = record(version("1.0"), moment, revision: revision)
                let own = PackageRecord(package: app, recordedAt: time(moment), originControls: .ingested)
                for key in [rehearsal.layout.key(of: state), rehearsal.layout.key(of: own)] {
                    rehearsal.store.place(Array("{}".utf8), at: key.value)
                }
            }
        }
        let report = await rehearsal.run()
        if taken == 1 {
            #expect(report.exit == .converged, "\(report.failures)")
            #expect(report.versions.copied == 1)
            #expect(rehearsal.store.keys.filter { $0.contains("20261122T083613Z") }.count == 2)
            #expect(await rehearsal.run().versions == versions(listed: 1, inSync: 1))
        } else {
            #expect(report.failures.map(\.kind) == ["conflict", "conflict"])
            #expect(report.failures.allSatisfy { $0.message.contains("is already there; it was left unchanged") })
            #expect(report.exit == .failures)
        }
        #expect(
            rehearsal.store.keys.filter { $0.contains("20261122T083612Z") }.allSatisfy {
                rehearsal.store.text(at: $0) == "{}"
            }
        )
    }

    @Test func `the same record by another program counts as committed`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.store.conduct.before("s3.ListObjectsV2") { call in
            if call == 2 { await rehearsal.protect(version("1.0")) }
        }
        let report = await rehearsal.run()
        #expect(report.exit == .converged, "\(report.failures)")
        #expect(try rehearsal.manifests().map(\.recordedBy.door) == ["event"])
    }

    @Test func `a record that the store loses is named`() async {
        let rehearsal = Rehearsal()
        for number in 0..<3 { rehearsal.source.publish(version("1.\(number)")) }
        rehearsal.source.publish(version("2.0", of: package("lib")))
        rehearsal.source.setControls(.ingested, of: package("lib"))
        let report = await run(rehearsal) { key in
            key.value.contains("/app/1.1/2") || key.value.contains(".publish-") ? .stored(versionID: nil) : nil
        }
        #expect(report.exit == .failures)
        #expect(report.versions == versions(listed: 4, missing: 4, copied: 3, failed: 1))
        #expect(report.recorded?.versions == 3)
        #expect(report.failures.map(\.place) == [Place(app, version: "1.1"), Place(package("lib"))])
        #expect(report.failures.allSatisfy { $0.message.contains("does not list it, or not whole: the store lost it") })
        let next = await rehearsal.run()
        #expect(next.versions == versions(listed: 4, inSync: 3, missing: 1, copied: 1))
        #expect(next.recorded?.versions == 4)
    }

    @Test(arguments: [1, 40])
    func `a record that the store cuts short is named, and does not count as copied`(bytes: Int) async throws {
        let rehearsal = Rehearsal()
        for number in 0..<3 { rehearsal.source.publish(version("1.\(number)")) }
        rehearsal.store.conduct.before("s3.ListObjectsV2") { _ in
            for key in rehearsal.store.keys where key.contains("/app/1.1/2") {
                rehearsal.store.damage(ObjectKey(key)) { Array($0.prefix(600).dropLast(bytes)) }
            }
        }
        let report = await rehearsal.run()
        #expect(report.exit == .failures)
        #expect(report.versions == versions(listed: 3, missing: 3, copied: 2, failed: 1))
        #expect(report.failures.map(\.place) == [Place(app, version: "1.1")])
        #expect(try #require(report.failures.first).message.contains("does not list it, or not whole"))
    }

    @Test func `a deletion that the store loses is named`() async {
        let rehearsal = Rehearsal()
        for number in 0..<3 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        rehearsal.source.delete(version("1.1"))
        rehearsal.clock.advance(by: .seconds(60))
        let report = await run(rehearsal) { $0.value.hasSuffix(".Deleted.json") ? .stored(versionID: nil) : nil }
        #expect(report.failures.map(\.place) == [Place(app, version: "1.1")])
        #expect(report.recorded?.versions == 3)
    }

    @Test func `a record of a package's own that the store loses is named where nothing else was written`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        await rehearsal.run()
        rehearsal.source.setControls(.ingested, of: app)
        let report = await run(rehearsal) { $0.value.contains(".publish-") ? .stored(versionID: nil) : nil }
        #expect(report.exit == .failures)
        #expect(report.failures.map(\.place) == [Place(app)])
    }

    @Test(arguments: [1, 3])
    func `a version whose file the store loses is named and does not count as copied`(count: Int) async {
        let rehearsal = Rehearsal()
        for number in 0..<count {
            rehearsal.source.publish(version("1.\(number)"), ["a.jar": "\(number)", "a.pom": "p"])
        }
        let report = await run(rehearsal, answer: Self.losing("/1.0/a.jar"))
        #expect(report.exit == .failures)
        #expect(report.versions == versions(listed: count, missing: count, copied: count - 1, failed: 1))
        #expect(report.recorded?.versions == count)
        #expect(report.failures.map(\.place) == [Place(app, version: "1.0")])
        #expect(
            report.failures.allSatisfy { $0.message.contains("does not list 1, or not whole: the store lost it. Run") }
        )
        // Of all packages, of this one's path, records and files, and what was recorded; three for the record that says
        // that the version is not whole: its records, and the package's before and after.
        #expect(rehearsal.requests["s3.ListObjectsV2"] == 6 + 3)
    }

    @Test(arguments: ["s3.PutObject", "overwritten"])
    func `a file of which the store keeps a part is named, and its version does not count as copied`(way: String) async
    {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["a.jar": "four", "a.pom": "p"])
        if way == "overwritten" {
            #expect(await rehearsal.run().exit == .converged)
            rehearsal.source.put("a.jar", "five!", in: version("1.0"))
        }
        rehearsal.store.watch { store, write in
            if write.key.value.hasSuffix("/a.jar") { store.damage(write.key) { Array($0.prefix(2)) } }
        }
        let report = await rehearsal.run()
        #expect(report.exit == .failures && report.versions.copied == 0 && report.versions.failed == 1)
        let words = "does not list 1, or not whole: the store lost it"
        #expect(report.failures.first?.message.contains(words) == true, "\(report.failures)")
        rehearsal.store.watch { _, _ in }
        let again = await rehearsal.run()
        #expect(again.exit == .converged, "\(again.failures)")
        #expect(rehearsal.store.text(at: "acme/maven/releases/com/acme/app/1.0/a.jar").count > 3)
    }

    @Test func `where the store keeps no versions, a file of which it keeps a part is for a repair, which helps`() async
    {
        let rehearsal = Rehearsal(keepsVersions: false)
        rehearsal.source.publish(version("1.0"), ["a.jar": "four", "a.pom": "p"])
        rehearsal.store.watch { store, write in
            if write.key.value.hasSuffix("/a.jar") { store.damage(write.key) { Array($0.prefix(2)) } }
        }
        let report = await rehearsal.run()
        rehearsal.store.watch { _, _ in }
        let again = await rehearsal.run()
        for report in [report, again] {
            #expect(report.exit == .failures && report.versions.failed == 1 && report.failures.count == 1)
            #expect(report.failures.first?.message.contains(". Run verify --repair, ") == true, "\(report.failures)")
            #expect(report.failures.allSatisfy { $0.needsRepair })
        }
        var options = Verifier.Options()
        (options.depth, options.settling) = (.bytes, .zero)
        let recorder = Manifest.Recorder(door: "repair", version: "test")
        let repair = Verifier(
            of: rehearsal.backup,
            options: options,
            repairSource: Verifier.RepairSource(source: rehearsal.source, recorder: recorder)
        )
        let repaired = await repair.run(id: "v", in: RunContext(clock: rehearsal.clock, ledger: RequestLedger()))
        #expect(repaired.exit == .converged, "\(repaired.findings)")
        #expect(rehearsal.store.text(at: "acme/maven/releases/com/acme/app/1.0/a.jar") == "four")
        let last = await rehearsal.run()
        #expect(last.exit == .converged && last.failures == [], "\(last.failures)")
    }

    @Test func `a file that the store loses of a version that failed anyway counts for nothing`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "a", "a.pom": "p"])
        rehearsal.source.conduct.fail("maven.GetAsset", calls: 1...1, with: .unavailable)
        let report = await run(rehearsal, answer: Self.losing("/1.0/a.jar"))
        #expect(report.versions == versions(listed: 1, missing: 1, failed: 1))
        #expect(report.failures.map(\.place.asset) == ["a.pom"])
    }

    @Test func `an event whose file the store loses fails`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "a", "a.pom": "p"])
        let report = await reconciler(rehearsal, answer: Self.losing("/a.jar"))
            .protect(version("1.0"), id: "event", in: rehearsal.context())
        #expect(report.exit == .failures)
        #expect(report.versions == versions(listed: 1, missing: 1, failed: 1))
        // The event comes again.
        let again = await reconciler(rehearsal, answer: Self.losing("/a.jar"))
            .protect(version("1.0"), id: "event", in: rehearsal.context())
        #expect(again.exit == .failures)
        #expect(again.versions == versions(listed: 1, stale: 1, failed: 1))
        #expect(await rehearsal.protect(version("1.0")).exit == .converged)
        #expect(rehearsal.store.text(at: "acme/maven/releases/com/acme/app/1.0/a.jar") == "a")
    }

    @Test func `a version of which the store loses a file fails in every run until all of it is there`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "a", "a.pom": "p"])
        rehearsal.source.publish(version("1.1"))
        _ = await run(rehearsal, answer: Self.losing("/1.0/a.jar"))
        for _ in 0..<2 {
            let report = await run(rehearsal, answer: Self.losing("/1.0/a.jar"))
            #expect(report.exit == .failures)
            #expect(report.versions == versions(listed: 2, inSync: 1, stale: 1, failed: 1))
            #expect(report.failures.map(\.place) == [Place(app, version: "1.0")])
        }
        let last = await rehearsal.run()
        #expect(last.exit == .converged, "\(last.failures)")
        #expect(last.versions == versions(listed: 2, inSync: 1, stale: 1, copied: 1))
        #expect(await rehearsal.run().versions == versions(listed: 2, inSync: 2))
        let records = try rehearsal.manifests().filter { $0.coordinates == version("1.0") }
        #expect(records.last?.revision == rehearsal.source.revision(of: version("1.0")))
        #expect(records.dropLast().last?.revision == "incomplete")
        var options = Verifier.Options()
        (options.depth, options.settling) = (.bytes, .zero)
        let verifier = Verifier(of: rehearsal.backup, options: options)
        let verification = await verifier.run(id: "v", in: RunContext(clock: rehearsal.clock, ledger: RequestLedger()))
        #expect(verification.findings == [])
    }

    @Test func `a verification, an accepted loss and a drill's evidence that the store loses are failures`()
        async throws
    {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "a"])
        await rehearsal.run()
        rehearsal.store.damage(ObjectKey("acme/maven/releases/com/acme/app/1.0/a.jar")) { _ in nil }
        rehearsal.store.watch { store, write in
            if !write.key.value.contains("/maven/") { store.damage(write.key) { _ in nil } }
        }
        var options = Verifier.Options()
        options.settling = .zero
        let recorder = Manifest.Recorder(door: "verify", version: "test")
        options.acceptance = Verifier.Acceptance(
            names: ["acme/maven/releases/com/acme/app/1.0/a.jar"],
            reason: "a disk",
            recorder: recorder
        )
        let verifier = Verifier(of: rehearsal.backup, options: options)
        var report = await verifier.run(id: "v", in: RunContext(clock: rehearsal.clock, ledger: RequestLedger()))
        #expect(report.exit != .converged && report.accepted == 0 && report.findings.map(\.kind) == [.missing])
        #expect(report.message?.contains("does not have it: the store lost it") == true)
        await #expect(throws: RemoteFailure.self) { try await report.record(in: rehearsal.backup) }
        #expect(report.requests["s3.PutObject"] == 1)
        var drill = DrillReport(
            drillID: "d",
            domain: "acme",
            backup: "b",
            asked: .init(sample: "all", packages: [], repositories: [], asOf: nil, client: nil),
            client: "none",
            startedAt: rehearsal.backup.now
        )
        await #expect(throws: RemoteFailure.self) { try await drill.record(in: rehearsal.backup) }
        #expect(drill.requests == ["s3.PutObject": 1, "s3.GetObject": 1])
    }

    @Test(arguments: [false, true])
    func `a lost file of a version that is deleted then is a failure until it is put back or its loss accepted`(
        isAccepted: Bool
    ) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "a", "a.pom": "p"])
        for number in 1..<4 { rehearsal.source.publish(version("1.\(number)")) }
        _ = await run(rehearsal, answer: Self.losing("/1.0/a.jar"))
        rehearsal.source.delete(version("1.0"))
        let jar = "acme/maven/releases/com/acme/app/1.0/a.jar"
        for _ in 0..<2 {
            let report = await rehearsal.run()
            #expect(report.exit == .failures)
            #expect(report.failures.map(\.message).allSatisfy { $0.contains(jar) && $0.contains("--accept-loss") })
            #expect(report.versions == versions(listed: 3, inSync: 3, orphaned: 1, failed: 1))
        }
        if isAccepted {
            var options = Verifier.Options()
            options.settling = .zero
            let recorder = Manifest.Recorder(door: "verify", version: "test")
            options.acceptance = Verifier.Acceptance(names: [jar], reason: "a disk", recorder: recorder)
            let verifier = Verifier(of: rehearsal.backup, options: options)
            _ = await verifier.run(id: "v", in: RunContext(clock: rehearsal.clock, ledger: RequestLedger()))
        } else {
            rehearsal.store.place(Array("a".utf8), at: jar)
        }
        let last = await rehearsal.run()
        #expect(last.exit == .converged, "\(last.failures)")
        #expect(last.versions == versions(listed: 3, inSync: 3, orphaned: 1, deleted: 1))
        #expect(try rehearsal.manifests().last?.assets.count == 2)
        #expect(await rehearsal.run().exit == .converged)
    }

    @Test func `a listed file that the source does not have fails its version in every run`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "a", "a.pom": "p"])
        rehearsal.source.conduct.fail("maven.GetAsset", calls: 1...100, with: .absent)
        for _ in 0..<2 {
            let report = await rehearsal.run()
            #expect(report.exit == .failures)
            #expect(report.versions == versions(listed: 1, missing: 1, failed: 1))
            #expect(report.failures.compactMap(\.place.asset).sorted() == ["a.jar", "a.pom"])
        }
    }

    @Test func `a checksum file of an asset that the store loses is noticed`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "a"])
        var options = Reconciler.Options()
        options.copying.writesSidecars = true
        let report = await run(rehearsal, options, answer: Self.losing("/a.jar.sha1"))
        #expect(report.failures.map(\.place) == [Place(app, version: "1.0")])
    }

    @Test func `new bytes of a file that the store loses are noticed, though the old ones are listed`() async {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["a.jar": "first"])
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        rehearsal.source.publish(version("1.0"), ["a.jar": "other"])
        let report = await run(rehearsal) { key in
            key.value.hasSuffix("/a.jar") ? .stored(versionID: "lost") : nil
        }
        #expect(report.failures.map(\.place) == [Place(app, version: "1.0")])
        #expect(report.versions == versions(listed: 1, stale: 1, mutated: 1, failed: 1))
    }

    @Test(arguments: ["/app/maven-metadata.xml", "/app/maven-metadata.xml.sha1", "/1.0-SNAPSHOT/maven-metadata.xml"])
    func `a document that the store loses is a failure`(file: String) async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        rehearsal.source.deploySnapshot(app, base: "1.0", build: "20260101.000001-1", [".jar", ".pom"])
        let report = await run(rehearsal, answer: Self.losing(file))
        #expect(report.exit == .failures)
        #expect(report.failures.contains { $0.message.contains("does not have them as written") }, "\(report.failures)")
    }

    @Test func `a report that the store loses is noticed if the run has recorded something`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        let startedAt = time("2026-11-22T08:36:12Z")
        let store = UnfaithfulStore(rehearsal.store, answer: Self.losing("/run-1.json"))
        let report = await rehearsal.run()
        let failure = await #expect(throws: RemoteFailure.self) {
            try await report.store(in: store, layout: rehearsal.layout, startedAt: startedAt)
        }
        #expect(failure?.kind == .absent)
        // One that found nothing to do asks no more than before.
        let idle = await rehearsal.run()
        rehearsal.resetCounts()
        try await idle.store(in: rehearsal.store, layout: rehearsal.layout, startedAt: startedAt)
        #expect(rehearsal.requests == ["s3.PutObject": 1])
    }

    /// Far from a whole thousand: the documents' list may begin while the last versions are being committed.
    @Test(arguments: [(1, 1), (2_600, 3)])
    func `what was committed is listed once, one page per thousand`(versions: Int, pages: Int) async {
        let rehearsal = Rehearsal()
        for number in 0..<versions { rehearsal.source.publish(version("1.\(number)"), ["a.jar": "\(number)"]) }
        await rehearsal.run()
        // Two that find nothing, two for the package's document, one of its files, and the last.
        #expect(rehearsal.requests["s3.ListObjectsV2"] == 2 + 4 * pages)
    }

    @Test func `all manifests are listed if that takes fewer requests than one for each package`() async {
        let rehearsal = Rehearsal()
        for number in 0..<40 { rehearsal.source.publish(version("1.0", of: package("p\(number)")), ["a.jar": "a"]) }
        await rehearsal.run()
        // The first listing, four for each package, and one at the end.
        #expect(rehearsal.requests["s3.ListObjectsV2"] == 1 + 4 * 40 + 1)
    }

    @Test func `a report is not stored if the store has a different one, or only claims to have it`() async throws {
        let rehearsal = Rehearsal()
        let startedAt = time("2026-11-22T08:36:12Z")
        let report = RunReport(runID: "run-1", domain: "acme", shard: .whole, startedAt: startedAt)
        let store = UnfaithfulStore(rehearsal.store) { _ in .alreadyExists }
        await #expect(throws: RemoteFailure.self) {
            try await report.store(in: store, layout: rehearsal.layout, startedAt: startedAt)
        }
        rehearsal.store.place(Array("{}".utf8), at: "acme/runs/2026-11-22/run-1.json")
        await #expect(throws: RemoteFailure.self) {
            try await report.store(in: rehearsal.store, layout: rehearsal.layout, startedAt: startedAt)
        }
    }

    @Test func `a dry run loses nothing`() async {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        let store = DryRunStore(rehearsal.store)
        let reconciler = Reconciler(
            source: rehearsal.source,
            backup: Backup(store: store, layout: rehearsal.layout, hashes: testHashes, clock: rehearsal.clock),
            options: Reconciler.Options(),
            recorder: Manifest.Recorder(door: "plan", version: "test")
        )
        let report = await reconciler.run(id: "plan", in: rehearsal.context())
        #expect(report.exit == .converged, "\(report.failures)")
        #expect(report.versions.copied == 1)
    }
}
