import ReconcileCore
import TestSupport
import Testing

/// What a store answers to the records that it is given, and what follows from it.
@Suite struct RecordWritingTests {
    private func run(
        _ rehearsal: Rehearsal,
        answer: @escaping @Sendable (ObjectKey) -> WriteOutcome?
    ) async -> RunReport {
        let reconciler = Reconciler(
            source: rehearsal.source,
            backup: Backup(
                store: UnfaithfulStore(rehearsal.store, answer: answer),
                layout: rehearsal.layout,
                hashes: testHashes,
                clock: rehearsal.clock
            ),
            options: Reconciler.Options(),
            recorder: Manifest.Recorder(door: "reconcile", version: "test")
        )
        return await reconciler.run(id: "run", in: rehearsal.context())
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
        #expect(report.failures.allSatisfy { $0.message.contains("does not list it: the store lost it") })
        let next = await rehearsal.run()
        #expect(next.versions == versions(listed: 4, inSync: 3, missing: 1, copied: 1))
        #expect(next.recorded?.versions == 4)
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

    @Test(arguments: [(1, 1), (2_100, 3)])
    func `what was committed is listed once, one page per thousand`(versions: Int, pages: Int) async {
        let rehearsal = Rehearsal()
        for number in 0..<versions { rehearsal.source.publish(version("1.\(number)"), ["a.jar": "\(number)"]) }
        await rehearsal.run()
        // Two that find nothing, two for the package's document, and the last.
        #expect(rehearsal.requests["s3.ListObjectsV2"] == 2 + 3 * pages)
    }

    @Test func `all manifests are listed if that takes fewer requests than one for each package`() async {
        let rehearsal = Rehearsal()
        for number in 0..<40 { rehearsal.source.publish(version("1.0", of: package("p\(number)")), ["a.jar": "a"]) }
        await rehearsal.run()
        // The first listing, two for each package, and one at the end.
        #expect(rehearsal.requests["s3.ListObjectsV2"] == 1 + 3 * 40 + 1)
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
