import ReconcileCore
import TestSupport
import Testing

@Suite struct DeletionGuardTests {
    @Test(arguments: [
        (0, 0, false), (1, 0, false), (1, 1, true), (2, 1, false), (2, 2, true), (3, 1, false), (3, 2, true),
        (10, 5, false), (10, 6, true), (1000, 500, false), (1000, 501, true), (1000, 1000, true),
    ])
    func `deletions are held back where less than half is left`(present: Int, unseen: Int, isRefused: Bool) {
        let refusals = DeletionGuard().refusals([ExactText("releases"): .init(present: present, unseen: unseen)])
        #expect(
            refusals
                == (isRefused
                    ? [
                        ExactText("releases"):
                            "repository releases lists \(present - unseen) of the \(present) versions "
                            + "that the backup knows; no deletion is recorded. If this is right, run again with "
                            + "--allow-mass-deletion"
                    ] : [:])
        )
    }

    @Test func `one emptied repository does not hold back the others`() {
        let refusals = DeletionGuard().refusals([
            ExactText("small"): .init(present: 4, unseen: 4),
            ExactText("large"): .init(present: 100, unseen: 3),
        ])
        #expect(Set(refusals.keys) == [ExactText("small")])
    }

    @Test func `a domain that lost more than half is held back as a whole`() {
        let refusals = DeletionGuard().refusals([
            ExactText("emptied"): .init(present: 100, unseen: 100),
            ExactText("touched"): .init(present: 20, unseen: 1),
            ExactText("whole"): .init(present: 20, unseen: 0),
        ])
        #expect(Set(refusals.keys) == [ExactText("emptied"), ExactText("touched")])
        #expect(
            refusals[ExactText("touched")]
                == "the domain lists 39 of the 140 versions that the backup knows; no deletion is recorded. "
                + "If this is right, run again with --allow-mass-deletion"
        )
    }

    @Test func `an operator may allow it, and the part may be set`() {
        let census = [ExactText("releases"): ManifestIndex.Census(present: 10, unseen: 3)]
        var guarding = DeletionGuard()
        guarding.leastRemaining = 0.8
        #expect(guarding.refusals(census).count == 1)
        guarding.leastRemaining = 0.7
        #expect(guarding.refusals(census).isEmpty)
        guarding.leastRemaining = 1
        #expect(guarding.refusals(census).count == 1)
        guarding.allowsMassDeletion = true
        #expect(guarding.refusals(census).isEmpty)
    }

    @Test func `versions recorded as deleted are nobody's loss`() {
        #expect(DeletionGuard().refusals([ExactText("r"): .init(present: 0, unseen: 0, deleted: 50)]).isEmpty)
    }

    @Test func `retention that removes most snapshot builds holds nothing back`() {
        let builds = ManifestIndex.Census(present: 20, unseen: 15, snapshots: .init(present: 20, unseen: 15))
        let mixed = ManifestIndex.Census(present: 24, unseen: 16, snapshots: .init(present: 20, unseen: 15))
        let ended = ManifestIndex.Census(present: 24, unseen: 20, snapshots: .init(present: 20, unseen: 20))
        for census in [builds, mixed, ended] {
            #expect(DeletionGuard().refusals([ExactText("r"): census]).isEmpty)
        }
    }

    @Test func `snapshots do not make up for releases, and a repository that lists nothing is not trusted`() {
        let releases = ManifestIndex.Census(present: 110, unseen: 8, snapshots: .init(present: 100, unseen: 0))
        #expect(
            DeletionGuard().refusals([ExactText("r"): releases]) == [
                ExactText("r"): "repository r lists 2 of the 10 releases that the backup knows; no deletion is "
                    + "recorded. If this is right, run again with --allow-mass-deletion"
            ]
        )
        let nothing = ManifestIndex.Census(present: 20, unseen: 20, snapshots: .init(present: 20, unseen: 20))
        #expect(
            DeletionGuard().refusals([ExactText("r"): nothing]) == [
                ExactText("r"): "repository r lists none of the 20 versions that the backup knows; no deletion is "
                    + "recorded. If this is right, run again with --allow-mass-deletion"
            ]
        )
    }

    // MARK: In slices

    @Test
    func `half of the rest before each run is held back within the window, and the run after too many events says so`()
        async
    {
        let rehearsal = Rehearsal()
        for number in 0..<40 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        func delete(_ numbers: Range<Int>) {
            for number in numbers { rehearsal.source.delete(version("1.\(number)")) }
            rehearsal.clock.advance(by: .seconds(86_400))
        }
        delete(0..<20)
        #expect(await rehearsal.run().versions.deleted == 20)
        delete(20..<30)
        let refused = await rehearsal.run()
        #expect(refused.outcome == .refused)
        #expect(refused.versions.deleted == 0)
        #expect(
            refused.message
                == "repository releases lists 10 of the 40 versions that the backup knows, with 20 whose deletion was "
                + "recorded in the last 7 days; no deletion is recorded. If this is right, run again with "
                + "--allow-mass-deletion"
        )
        for number in 20..<30 { await rehearsal.protect(version("1.\(number)")) }
        for _ in 1...2 {
            let pending = await rehearsal.run()
            #expect(pending.exit == .refused)
            #expect(pending.versions == versions(listed: 10, inSync: 10, orphaned: 30, pending: 30))
            #expect(
                pending.message
                    == "repository releases: the deletion of 30 of 40 releases was recorded in the last 7 days; their files "
                    + "are kept. If nobody meant to delete them, bring them back with restore --deleted. If this is right, "
                    + "run again with --allow-mass-deletion"
            )
        }
        delete(30..<34)
        rehearsal.clock.advance(by: .seconds(8 * 86_400))
        let later = await rehearsal.run()
        #expect(later.exit == .converged)
        #expect(later.versions.deleted == 4)
    }

    @Test(arguments: [VersionStatus.disposed, .archived])
    func `versions that were withdrawn in the window before they went count as known`(status: VersionStatus) async {
        let rehearsal = Rehearsal()
        for number in 0..<10 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        for number in 0..<8 { rehearsal.source.setStatus(status, of: version("1.\(number)")) }
        #expect(await rehearsal.run().exit == (status == .archived ? .converged : .refused))
        rehearsal.clock.advance(by: .seconds(86_400))
        for number in 0..<8 { rehearsal.source.delete(version("1.\(number)")) }
        let refused = await rehearsal.run()
        #expect(refused.exit == .refused)
        #expect(refused.versions.deleted == 0)
        let words =
            "repository releases lists 2 of the 10 versions that the backup knows; no deletion is recorded. If this is "
            + "right, run again with --allow-mass-deletion"
        #expect(refused.message?.hasPrefix(words) == true, "\(refused.message ?? "")")
        // Those that had been withdrawn before the window are no releases.
        rehearsal.clock.advance(by: .seconds(7 * 86_400))
        let later = await rehearsal.run()
        #expect(later.exit == .converged)
        #expect(later.versions.deleted == 8)
        #expect(later.warnings == [])
    }

    @Test func `withdrawn versions that the source still has are not held against it`() async {
        let rehearsal = Rehearsal()
        for number in 0..<10 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        for number in 0..<8 { rehearsal.source.setStatus(.archived, of: version("1.\(number)")) }
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        for number in 0..<8 { rehearsal.source.hide(version("1.\(number)")) }
        let report = await rehearsal.run()
        #expect(report.exit == .converged)
        #expect(report.versions == versions(listed: 10, inSync: 10))
        #expect(rehearsal.requests["codeartifact.DescribePackageVersion"] == 8)
        // Those that are gone beside them are.
        rehearsal.source.delete(version("1.8"))
        for number in 0..<6 { rehearsal.source.delete(version("1.\(number)")) }
        let refused = await rehearsal.run()
        #expect(refused.exit == .refused)
        let prefix = "repository releases lists 3 of the 10 versions that the backup knows"
        #expect(refused.message?.hasPrefix(prefix) == true)
    }

    @Test func `of 40 releases, half of the rest before each of six runs, 20 are recorded as deleted`() async {
        let rehearsal = Rehearsal()
        for number in 0..<40 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        var (left, recorded) = (40, 0)
        for run in 1...6 {
            for number in (left - left / 2)..<left { rehearsal.source.delete(version("1.\(number)")) }
            left -= left / 2
            rehearsal.clock.advance(by: .seconds(3_600))
            let report = await rehearsal.run()
            recorded += report.versions.deleted
            #expect(report.exit == (run == 1 ? .converged : .refused))
            #expect(report.versions.pending == (run == 1 ? 0 : 20 - left))
        }
        #expect(left == 1)
        #expect(recorded == 20)
    }

    @Test(arguments: [false, true])
    func `the disposal of most releases ends this run and the next ones with 8 until one is told that it is right`(
        byEvents: Bool
    ) async {
        let rehearsal = Rehearsal()
        for number in 0..<4 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(3_600))
        for number in 0..<3 {
            rehearsal.source.setStatus(.disposed, of: version("1.\(number)"))
            if byEvents { await rehearsal.protect(version("1.\(number)")) }
        }
        for _ in 1...2 {
            let report = await rehearsal.run()
            #expect(report.exit == .refused && report.versions.pending == 3)
            let words =
                "repository releases: the deletion or disposal of 3 of 4 releases was recorded in the last 7 days; their "
                + "files are kept. If nobody meant to delete or dispose of them, bring them back with restore --deleted. "
            #expect(report.message?.hasPrefix(words) == true, "\(report.message ?? "")")
            rehearsal.clock.advance(by: .seconds(3_600))
        }
        var allowed = Reconciler.Options()
        allowed.deletionGuard.allowsMassDeletion = true
        #expect(await rehearsal.run(allowed).exit == .converged)
        #expect(await rehearsal.run().exit == .converged)
        rehearsal.clock.advance(by: .seconds(8 * 86_400))
        #expect(await rehearsal.run().exit == .converged)
    }

    /// A backup of four versions, three of which events have recorded as deleted.
    private func threeOfFourDeleted() async -> Rehearsal {
        let rehearsal = Rehearsal()
        for number in 0..<4 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(3_600))
        for number in 0..<3 {
            rehearsal.source.delete(version("1.\(number)"))
            await rehearsal.protect(version("1.\(number)"))
        }
        return rehearsal
    }

    @Test func `an allowance that the store loses fails the run`() async {
        let rehearsal = await threeOfFourDeleted()
        rehearsal.store.watch { store, write in
            if write.key.value.contains("/deletions/") { store.damage(write.key) { _ in nil } }
        }
        var allowed = Reconciler.Options()
        allowed.deletionGuard.allowsMassDeletion = true
        let report = await rehearsal.run(allowed)
        #expect(report.exit != .converged)
        #expect(report.failures.first?.message.contains("does not have it: the store lost it") == true)
    }

    @Test func `thirty deletions by events end the next runs with 8 until one is told that they are right`() async {
        let rehearsal = Rehearsal()
        for number in 0..<40 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(3_600))
        for number in 0..<30 {
            rehearsal.source.delete(version("1.\(number)"))
            let event = await rehearsal.protect(version("1.\(number)"))
            #expect(event.versions.copied == 0 && event.versions.deleted == 1)
        }
        let before = await rehearsal.run()
        #expect(before.exit == .refused && before.versions.pending == 30)
        var allowed = Reconciler.Options()
        allowed.deletionGuard.allowsMassDeletion = true
        #expect(await rehearsal.run(allowed).exit == .converged)
        #expect(
            rehearsal.store.text(at: "acme/deletions/20261122T093612Z.run-3.json") == """
                {
                  "domain" : "acme",
                  "format" : 1,
                  "runID" : "run-3",
                  "scope" : {
                    "exclude" : [

                    ],
                    "packages" : [

                    ],
                    "repositories" : [

                    ]
                  },
                  "shard" : "0/1",
                  "until" : "2026-11-22T09:36:12Z"
                }

                """
        )
        let after = await rehearsal.run()
        #expect(after.exit == .converged && after.versions.pending == 0)
        // It is no word on later ones: of the ten that were left then, six more.
        rehearsal.clock.advance(by: .seconds(3_600))
        for number in 30..<36 {
            rehearsal.source.delete(version("1.\(number)"))
            await rehearsal.protect(version("1.\(number)"))
        }
        let again = await rehearsal.run()
        #expect(again.exit == .refused && again.versions.pending == 6)
        #expect(again.message?.contains("the deletion of 6 of 10 releases") == true)
        // Nothing that is listed as before costs anything more.
        rehearsal.clock.advance(by: .seconds(8 * 86_400))
        #expect(await rehearsal.run().exit == .converged)
        #expect(rehearsal.requests["s3.ListObjectsV2"] == 1 && rehearsal.requests["s3.GetObject"] == nil)
    }

    @Test(arguments: ["future", "domain", "key", "cut", "part", "shard"])
    func `what is no allowance of this part of the domain allows nothing`(kind: String) async throws {
        let rehearsal = await threeOfFourDeleted()
        var options = Reconciler.Options()
        options.deletionGuard.allowsMassDeletion = true
        if kind == "part" { options.selection.include = [try #require(VersionPattern("com.acme:app:1.*"))] }
        if kind == "shard" {
            options.selection.shard = try #require(["0/2", "1/2"].compactMap { Shard($0) }.first { $0.contains(app) })
        }
        await rehearsal.run(options)
        let key = try #require(rehearsal.store.keys.first { $0.contains("/deletions/") })
        var (text, place) = (rehearsal.store.text(at: key), key)
        switch kind {
        case "future":
            text = text.replacing("2026-11-22T09:36:12Z", with: "2026-11-22T10:36:12Z")
            place = key.replacing("20261122T093612Z", with: "20261122T103612Z")
        case "domain": text = text.replacing("acme", with: "other")
        case "key": place = key.replacing("20261122T093612Z", with: "20261122T093613Z")
        case "cut": text = ""
        default: break
        }
        rehearsal.store.damage(ObjectKey(key)) { _ in nil }
        rehearsal.store.place(Array(text.utf8), at: place)
        let report = await rehearsal.run()
        #expect(report.exit == .refused && report.versions.pending == 3)
    }

    @Test func `the run that records the last of too many deletions says so, and not with a confirmation`()
        async
    {
        let rehearsal = Rehearsal()
        for number in 0..<10 { rehearsal.source.publish(version("1.\(number)")) }
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        for number in 0..<4 {
            rehearsal.source.delete(version("1.\(number)"))
            await rehearsal.protect(version("1.\(number)"))
        }
        #expect(await rehearsal.run().warnings == [])
        // Two more, each deleted while it is copied.
        rehearsal.clock.advance(by: .seconds(60))
        for number in 4..<6 { rehearsal.source.put("more.txt", "more", in: version("1.\(number)")) }
        rehearsal.source.conduct.before("maven.GetAsset") { [source = rehearsal.source] call in
            if call == 1 { for number in 4..<6 { source.delete(version("1.\(number)")) } }
        }
        let warned = await rehearsal.run()
        #expect(warned.versions.deleted == 2)
        #expect(warned.exit == .refused && warned.versions.pending == 6)
        #expect(
            warned.message
                == "repository releases: the deletion of 6 of 10 releases was recorded in the last 7 days; their files are "
                + "kept. If nobody meant to delete them, bring them back with restore --deleted. If this is right, run "
                + "again with --allow-mass-deletion"
        )
        var allowed = Reconciler.Options()
        allowed.deletionGuard.allowsMassDeletion = true
        for number in 6..<9 { rehearsal.source.delete(version("1.\(number)")) }
        let confirmed = await rehearsal.run(allowed)
        #expect(confirmed.versions.deleted == 3)
        #expect(confirmed.warnings == [])
    }

    @Test func `a part of a repository is called one`() async throws {
        let rehearsal = Rehearsal()
        for number in 0..<10 { rehearsal.source.publish(version("1.\(number)")) }
        rehearsal.source.publish(version("1.0", of: package("lib")))
        await rehearsal.run()
        rehearsal.clock.advance(by: .seconds(60))
        var options = Reconciler.Options()
        options.selection.include = [try #require(VersionPattern("com.acme:app"))]
        for number in 0..<6 { rehearsal.source.delete(version("1.\(number)")) }
        #expect(
            await rehearsal.run(options).message
                == "the selected part of repository releases lists 4 of the 10 versions that the backup knows; no deletion "
                + "is recorded. If this is right, run again with --allow-mass-deletion"
        )
        for number in 0..<6 { await rehearsal.protect(version("1.\(number)")) }
        #expect(
            await rehearsal.run(options).message
                == "the selected part of repository releases: the deletion of 6 of 10 releases was recorded in the last 7 "
                + "days; their files are kept. If nobody meant to delete them, bring them back with restore --deleted. If "
                + "this is right, run again with --allow-mass-deletion"
        )
    }

    @Test(arguments: [
        (86_400, "day"), (172_800, "2 days"), (3_600, "hour"), (90_000, "25 hours"), (5_400, "90 minutes"),
        (60, "minute"), (1_800, "30 minutes"), (90, "90 seconds"), (1, "second"),
    ])
    func `a window is said in words`(seconds: Int, words: String) {
        let census = [
            ExactText("releases"): ManifestIndex.Census(present: 10, unseen: 1, deleted: 30, deletedSince: 30)
        ]
        var guarding = DeletionGuard()
        guarding.window = .seconds(seconds)
        let refusal = guarding.refusals(census).values.first ?? ""
        #expect(refusal.contains(" recorded in the last \(words); no deletion"), "\(refusal)")
    }

    @Test func `the window may be set, and be none`() {
        let census = [
            ExactText("releases"): ManifestIndex.Census(present: 10, unseen: 1, deleted: 30, deletedSince: 30)
        ]
        #expect(DeletionGuard().refusals(census).count == 1)
        var none = DeletionGuard()
        none.window = .zero
        #expect(none.start(now: 1_000_000) == nil)
        var day = DeletionGuard()
        day.window = .seconds(86_400)
        #expect(day.start(now: 1_000_000) == Timestamp(seconds: 913_600))
        #expect(day.refusals(census).values.first?.contains("recorded in the last day; no deletion") == true)
        day.allowsMassDeletion = true
        #expect(day.refusals(census) == [:])
        #expect(day.excesses(census) == [:])
    }
}
