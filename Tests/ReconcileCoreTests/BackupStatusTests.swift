import ReconcileCore
import TestSupport
import Testing

/// What the reports that are stored say of a backup, and which of them an ID means.
@Suite struct BackupStatusTests {
    private func store(_ report: RunReport, in rehearsal: Rehearsal) async throws {
        let start = time(report.startedAt)
        try await report.store(in: rehearsal.store, layout: rehearsal.layout, startedAt: start)
    }

    /// A run whose report is stored, with an ID as the command line makes it.
    @discardableResult
    private func run(
        _ rehearsal: Rehearsal,
        _ options: Reconciler.Options = Reconciler.Options(),
        _ change: (inout RunReport) -> Void = { _ in }
    ) async throws -> RunReport {
        rehearsal.clock.advance(by: .seconds(60))
        var report = await rehearsal.run(options)
        report.runID = "\(time(report.startedAt).basic)-x"
        change(&report)
        try await store(report, in: rehearsal)
        return report
    }

    /// Accepts the loss of an object, as an operator does by hand.
    private func accept(_ rehearsal: Rehearsal, _ key: String) async throws {
        var options = Verifier.Options()
        let recorder = Manifest.Recorder(door: "verify", version: "test")
        options.acceptance = Verifier.Acceptance(names: [key], reason: "a test", recorder: recorder)
        let context = RunContext<VerifyProgress>(clock: rehearsal.clock, ledger: RequestLedger())
        let accepted = await Verifier(of: rehearsal.backup, options: options).run(id: "accept", in: context)
        #expect(accepted.acceptedLosses.map(\.key) == [key])
    }

    private func status(_ rehearsal: Rehearsal) async throws -> BackupStatus {
        try await BackupStatus.read(from: rehearsal.backup, stop: StopSignal())
    }

    @Test func `records that are gone since the last run counted them are not protected`() async throws {
        let rehearsal = Rehearsal()
        for number in 0..<3 { rehearsal.source.publish(version("1.\(number)")) }
        try await run(rehearsal)
        #expect(try await status(rehearsal).isProtected)
        let prefix = rehearsal.layout.manifestsPrefix(of: version("1.1")).value
        for key in rehearsal.store.keys where key.hasPrefix(prefix) {
            rehearsal.store.damage(ObjectKey(key)) { _ in nil }
        }
        let state = try await status(rehearsal)
        #expect(!state.isProtected && state.lost == 1 && state.versions == 2 && state.unprotected.count == 1)
        #expect(
            state.unprotected.first?.message
                == "only 2 of the 3 versions that were counted earlier (acme/runs/2026-11-22/20261122T083712Z-x.json) are "
                + "recorded; the other records are gone, and verify says what to do"
        )
        #expect(state.unprotected.first?.runID == "20261122T083712Z-x")
        try await run(rehearsal)
        #expect(try await status(rehearsal).isProtected)
    }

    @Test(arguments: [Array("{}".utf8), []])
    func `the newest run's report cannot be read, so what it says is unknown`(bytes: [UInt8]) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        try await run(rehearsal)
        try await run(rehearsal)
        #expect(try await status(rehearsal).isProtected)
        let newest = try #require(rehearsal.store.keys.filter { $0.contains("/runs/") }.max())
        rehearsal.store.damage(ObjectKey(newest)) { _ in bytes }
        let state = try await status(rehearsal)
        #expect(!state.isProtected && state.protected == 1)
        let message = try #require(state.unprotected.first?.message)
        #expect(
            message.hasPrefix("a report could not be read, so what it says is unknown: ") && message.contains(newest)
        )
        let verified = await Verifier(of: rehearsal.backup, options: Verifier.Options())
            .run(id: "verify", in: RunContext(clock: rehearsal.clock, ledger: RequestLedger()))
        #expect(verified.findings.map { "\($0.kind.rawValue) \($0.key)" } == ["unreadableManifest \(newest)"])
        #expect(verified.exit == .verificationFailed)
        try await run(rehearsal)
        #expect(try await status(rehearsal).isProtected)
    }

    @Test(arguments: [200, 0], [false, true])
    func `a version whose newest record was accepted as lost is not protected until it is put right`(
        size: Int,
        hasEarlier: Bool
    ) async throws {
        let rehearsal = Rehearsal()
        for number in 0..<3 { rehearsal.source.publish(version("1.\(number)")) }
        try await run(rehearsal)
        if hasEarlier {
            rehearsal.source.setStatus(.unlisted, of: version("1.1"))
            try await run(rehearsal)
        }
        let prefix = rehearsal.layout.manifestsPrefix(of: version("1.1")).value
        let key = ObjectKey(try #require(rehearsal.store.keys.filter { $0.hasPrefix(prefix) }.max()))
        let true11 = try #require(rehearsal.store.bytes(at: key, versionID: nil))
        rehearsal.store.damage(key) { _ in Array(repeating: 0x20, count: size) }
        try await accept(rehearsal, key.value)
        let lost = try await status(rehearsal)
        #expect(lost.acceptedAsLost == [version("1.1")])
        #expect(lost.versions == 3 && lost.protected == 2 && lost.lost == 0 && lost.isProtected)
        rehearsal.store.damage(key) { _ in true11 }
        let again = try await status(rehearsal)
        #expect(again.acceptedAsLost == [] && again.protected == 3)
    }

    @Test(arguments: [0, 400])
    func `what is recorded for a time to come is named, and nothing is known to be protected`(size: Int) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"))
        try await run(rehearsal)
        #expect(try await status(rehearsal).isProtected)
        let key = "acme/manifests/maven/releases/com.acme/app/1.0/99991231T235959Z.cg.Deleted.json"
        rehearsal.store.place(Array(repeating: 0x20, count: size), at: key)
        let state = try await status(rehearsal)
        #expect(!state.isProtected && state.unprotected.map(\.kind) == ["untrusted"] && state.protected == 1)
        #expect(
            state.unprotected.first?.message
                == "1 object does not count as a record: \(key) (its time is in the future). Run verify"
        )
    }

    @Test(arguments: [1, 3])
    func `records that were emptied are named, and are not protected`(count: Int) async throws {
        let rehearsal = Rehearsal()
        for number in 0..<3 { rehearsal.source.publish(version("1.\(number)")) }
        try await run(rehearsal)
        let records = rehearsal.store.keys.filter { $0.contains("/manifests/") }
        for key in records.prefix(count) { rehearsal.store.damage(ObjectKey(key)) { _ in [] } }
        let state = try await status(rehearsal)
        #expect(!state.isProtected && state.unprotected.map(\.kind) == ["untrusted"])
        let subject = count == 1 ? "1 object does not count as a record" : "3 objects do not count as records"
        let message = try #require(state.unprotected.first?.message)
        #expect(message.hasPrefix("\(subject): \(records[0]) (it has too few bytes to be one)"), "\(message)")
    }

    @Test(arguments: [VersionStatus.deleted, .unlisted])
    func `what is missing of a version is asked for until it is deleted`(status ended: VersionStatus) async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "a"])
        rehearsal.source.publish(version("1.1"))
        rehearsal.store.watch { store, write in
            if write.key.value.hasSuffix("/a.jar") { store.damage(write.key) { _ in nil } }
        }
        #expect(try await run(rehearsal).exit == .failures)
        #expect(try await status(rehearsal).unprotected.map(\.place) == [Place(app, version: "1.0")])
        rehearsal.store.watch { _, _ in }
        rehearsal.source.setStatus(ended, of: version("1.0"))
        if ended == .deleted { try await accept(rehearsal, "acme/maven/releases/com/acme/app/1.0/a.jar") }
        try await run(rehearsal)
        let state = try await status(rehearsal)
        #expect(state.deleted == (ended == .deleted ? 1 : 0))
        #expect(state.unprotected == [])
    }

    @Test func `a version of which the store lost a file is unprotected until it is recorded whole`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "a"])
        rehearsal.source.publish(version("1.1"))
        rehearsal.store.watch { store, write in
            if write.key.value.hasSuffix("/a.jar") { store.damage(write.key) { _ in nil } }
        }
        let report = try await run(rehearsal)
        #expect(report.exit == .failures)
        // Its record, which says so, is later than the run's start.
        let state = try await status(rehearsal)
        #expect(!state.isProtected && state.protected == 1 && state.versions == 2)
        #expect(state.unprotected.map(\.place) == [Place(app, version: "1.0")])
        rehearsal.store.watch { _, _ in }
        try await run(rehearsal)
        #expect(try await status(rehearsal).isProtected)
    }

    @Test func `archived records are said by runs, and are no protection`() async throws {
        let rehearsal = Rehearsal()
        for number in 0..<3 { rehearsal.source.publish(version("1.\(number)")) }
        try await run(rehearsal)
        let records = rehearsal.store.keys.filter { $0.contains("/manifests/") }
        for key in records.dropFirst() { rehearsal.store.archive(ObjectKey(key)) }
        let words = "2 records are archived, such as \(records[1])"
        let report = try await run(rehearsal)
        #expect(report.exit == .converged)
        #expect(
            report.warnings.count { $0.hasPrefix(words) && $0.contains("charged by size") } == 1,
            "\(report.warnings)"
        )
        #expect(rehearsal.requests["s3.ListObjectsV2"] == 1)
        let state = try await status(rehearsal)
        #expect(!state.isProtected && state.unprotected.map(\.kind) == ["archived"])
        #expect(state.unprotected.first?.message.hasPrefix(words) == true)
        for key in records { rehearsal.store.archive(ObjectKey(key), false) }
        #expect(try await run(rehearsal).warnings == [])
        #expect(try await status(rehearsal).isProtected)
    }

    @Test func `a verification of another part does not clear the faults of the one before`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "abc"])
        try await run(rehearsal)
        func verified(_ id: String, _ options: Verifier.Options, _ outcome: VerifyReport.Outcome) async throws {
            rehearsal.clock.advance(by: .seconds(60))
            let start = rehearsal.clockNow
            var report = VerifyReport(
                runID: "\(start.basic)-\(id)",
                domain: rehearsal.layout.domain,
                options: options,
                startedAt: start
            )
            report.outcome = outcome
            if outcome == .faulty { report.faults["missing"] = 1 }
            try await report.record(in: rehearsal.backup)
        }
        var narrow = Verifier.Options()
        narrow.selection.include = [try #require(VersionPattern("com.acme:lib"))]
        try await verified("a", Verifier.Options(), .faulty)
        #expect(try await !status(rehearsal).isProtected)
        for id in ["b", "c"] { try await verified(id, narrow, .sound) }
        let found = try await status(rehearsal)
        #expect(!found.isProtected && found.unprotected.isEmpty)
        #expect(found.verifications.newest?.runID.hasSuffix("-c") == true)
        #expect(found.verifications.faulty?.runID.hasSuffix("-a") == true)
        try await verified("d", Verifier.Options(), .sound)
        #expect(try await status(rehearsal).isProtected)
    }

    @Test func `a failed version is unprotected with its reason, until it is recorded`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "abc"])
        rehearsal.source.publish(version("2.0"), ["a.jar": "abc", "b.jar": "abc"])
        for name in ["a.jar", "b.jar"] { rehearsal.source.setFault(.wrongHash, on: name, in: version("2.0")) }
        let failed = try await run(rehearsal)
        let first = try await status(rehearsal)
        #expect(!first.isProtected && first.unprotectedVersions == 1 && first.unnamed == 0)
        #expect(first.versions == 1 && first.protected == 1)
        let one = try #require(first.unprotected.first)
        #expect(first.unprotected.count == 1 && one.place.version == "2.0" && one.place.asset == nil)
        #expect(one.kind == "corrupt" && one.message == failed.failures.first?.message && !one.isStale)
        #expect(one.runID == failed.runID)

        // By an event, whose report is not stored.
        for name in ["a.jar", "b.jar"] { rehearsal.source.setFault(nil, on: name, in: version("2.0")) }
        rehearsal.clock.advance(by: .seconds(60))
        await rehearsal.run()
        let second = try await status(rehearsal)
        #expect(second.isProtected && second.unprotected.isEmpty && second.versions == 2)
        #expect(second.newestRecord == rehearsal.clockNow)
    }

    @Test func `what is put under the name of a later record protects no version that a run could not`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "abc"])
        rehearsal.source.publish(version("2.0"), ["a.jar": "abc"])
        rehearsal.source.setFault(.wrongHash, on: "a.jar", in: version("2.0"))
        try await run(rehearsal)
        #expect(try await status(rehearsal).unprotectedVersions == 1)
        rehearsal.clock.advance(by: .seconds(60))
        let forged = ManifestRecord(
            coordinates: version("2.0"),
            recordedAt: rehearsal.clockNow,
            revision: rehearsal.source.currentVersions[version("2.0")]?.revision,
            status: .published
        )
        let junk = Array(repeating: UInt8(ascii: " "), count: 200)
        rehearsal.store.place(junk, at: rehearsal.layout.key(of: forged).value)
        let found = try await status(rehearsal)
        #expect(found.unprotectedVersions == 1 && !found.isProtected)
        #expect(found.unprotected.first?.place.version == "2.0" && found.protected == 1)
    }

    @Test func `as of a moment, later records and reports do not count, and the walk shows the others`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "abc"])
        let first = try await run(rehearsal)
        let moment = rehearsal.clockNow
        rehearsal.source.publish(version("2.0"), ["a.jar": "abc"])
        rehearsal.source.publish(version("1.0", of: package("lib")), ["a.jar": "abc"])
        let second = try await run(rehearsal)
        var (before, after) = (BackupContents.Census(), BackupContents.Census())
        let then = try await BackupStatus.read(from: rehearsal.backup, asOf: moment, stop: StopSignal()) {
            before.add($0)
        }
        #expect(then.runs.map(\.runID) == [first.runID] && then.versions == 1)
        #expect(before.contents.packages.map(\.versions) == [1])
        let now = try await BackupStatus.read(from: rehearsal.backup, stop: StopSignal()) { after.add($0) }
        #expect(now.runs.map(\.runID) == [second.runID] && now.versions == 3)
        #expect(after.contents.packages.map(\.versions).reduce(0, +) == 3 && after.contents.packages.count == 2)
    }

    @Test func `a record of the second in which the failed run began does not protect`() async throws {
        let rehearsal = Rehearsal(keepsVersions: true)
        rehearsal.source.publish(version("1.0"), ["a.jar": "abc"])
        await rehearsal.run()
        rehearsal.source.put("a.jar", "other", in: version("1.0"))
        rehearsal.source.setFault(.wrongHash, on: "a.jar", in: version("1.0"))
        let report = await rehearsal.run()
        #expect(report.versions.failed == 1)
        try await store(report, in: rehearsal)
        let found = try await status(rehearsal)
        #expect(!found.isProtected && found.unprotected.map(\.isStale) == [true] && found.protected == 0)
    }

    @Test func `a green run of a part hides no failure of the whole, a later whole run does`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "abc"])
        rehearsal.source.publish(version("2.0", of: package("lib")), ["a.jar": "abc"])
        rehearsal.source.setFault(.wrongHash, on: "a.jar", in: version("1.0"))
        try await run(rehearsal)
        var part = Reconciler.Options()
        part.selection.include = [try #require(VersionPattern("com.acme:lib"))]
        let narrow = try await run(rehearsal, part)
        let after = try await status(rehearsal)
        #expect(after.runs.count == 2 && after.runs.first?.runID == narrow.runID)
        #expect(after.unprotected.map(\.place.version) == ["1.0"])
        rehearsal.source.delete(version("1.0"))
        try await run(rehearsal)
        let last = try await status(rehearsal)
        #expect(last.runs.count == 1 && last.isProtected)
    }

    @Test func `a run that had a wrong name to look for says nothing of the domain`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "abc"])
        let whole = try await run(rehearsal)
        var misspelt = Reconciler.Options()
        misspelt.selection.include = [try #require(VersionPattern("com.acme:typo"))]
        let package = try await run(rehearsal, misspelt)
        #expect(package.outcome == .failed && package.selectsNothing == true)
        misspelt.selection = Selection()
        misspelt.selection.repositories = ["nope"]
        let repository = try await run(rehearsal, misspelt)
        #expect(repository.outcome == .failed && repository.selectsNothing == true)
        let found = try await status(rehearsal)
        #expect(found.isProtected && found.runs.map(\.runID) == [whole.runID])
        #expect(found.misdirected?.runID == repository.runID)
        try await run(rehearsal)
        #expect(try await status(rehearsal).misdirected == nil)
    }

    @Test func `a repository or a package that was backed up is no wrong name when it is gone`() async throws {
        let rehearsal = Rehearsal()
        let gone = PackageCoordinates(repository: "old", namespace: "com.acme", name: "lib")
        rehearsal.source.publish(version("1.0"), ["a.jar": "abc"])
        try await run(rehearsal)
        rehearsal.store.place(
            [1],
            at: rehearsal.layout.manifestsPrefix(of: version("1.0", of: gone)).value
                + "20260101T000000Z.x.Published.json"
        )
        var narrow = Reconciler.Options()
        narrow.selection.repositories = ["old"]
        let report = try await run(rehearsal, narrow)
        #expect(report.outcome == .failed && report.selectsNothing == nil)
        #expect(try await !status(rehearsal).isProtected)
    }

    @Test func `every shard of the newest division counts`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "abc"])
        try await run(rehearsal)
        for (index, failed) in [(0, 1), (1, 0)] {
            try await run(rehearsal) { report in
                report.shard = "\(index)/2"
                if failed > 0 {
                    report.outcome = .deadline
                    report.versions.missing = 3
                }
            }
        }
        let found = try await status(rehearsal)
        #expect(found.runs.map(\.shard) == ["1/2", "0/2"])
        #expect(found.unnamed == 3 && found.unfinished.count == 1 && !found.isProtected)
        let last = try #require(found.lastRun)
        #expect(last.shards == 2 && last.missingShards == [])
        #expect(last.report.outcome == .deadline && last.report.versions.missing == 3)
    }

    @Test func `a shard of the newest run that left no report is said, and one that was tried again is not`()
        async throws
    {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "abc"])
        func shard(_ name: String, _ outcome: RunReport.Outcome = .converged) async throws {
            try await run(rehearsal) { report in
                report.shard = name
                report.outcome = outcome
                // Each run here counts them all, and a shard its own.
                report.recorded = nil
            }
        }
        for name in ["0/3", "1/3", "2/3"] { try await shard(name) }
        #expect(try await status(rehearsal).isProtected)
        rehearsal.clock.advance(by: .seconds(86_400))
        for name in ["2/3", "0/3"] { try await shard(name) }
        let second = try await status(rehearsal)
        #expect(second.lastRun?.missingShards == ["1/3"] && !second.isProtected)
        rehearsal.clock.advance(by: .seconds(86_400))
        for name in ["1/3", "2/3"] { try await shard(name) }
        try await shard("0/3", .failed)
        try await shard("0/3")
        let third = try await status(rehearsal)
        #expect(third.lastRun?.missingShards == [] && third.lastRun?.report.outcome == .converged && third.isProtected)
    }

    @Test func `records without a report are not known to be protected, and nothing at all is absent`() async throws {
        let rehearsal = Rehearsal()
        let none = await #expect(throws: RemoteFailure.self) { _ = try await status(rehearsal) }
        #expect(none?.kind == .absent)
        rehearsal.source.publish(version("1.0"))
        await rehearsal.run()
        let found = try await status(rehearsal)
        #expect(found.runs.isEmpty && found.versions == 1 && !found.isProtected)
        let key = "\(rehearsal.layout.reportsPrefix)2026-11-22/20261122T083612Z-y.json"
        rehearsal.store.place([1, 2], at: key)
        rehearsal.store.place([], at: rehearsal.layout.probeKey(in: rehearsal.layout.reportsPrefix).value)
        #expect(try await status(rehearsal).failures.map(\.kind) == [.malformed])
    }

    @Test func `an ID is the whole, a beginning that only one has, or latest`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.clock.advance(by: .seconds(86_400))
        for (id, start) in [
            ("20261122T083612Z-aa", "2026-11-22T08:36:12Z"), ("20261122T083612Z-ab", "2026-11-22T08:36:12Z"),
            ("20261123T083612Z-aa", "2026-11-23T08:36:12Z"),
            // Of a machine whose clock was a year ahead.
            ("20271123T083612Z-aa", "2027-11-23T08:36:12Z"),
        ] {
            try await store(
                RunReport(runID: id, domain: "acme", shard: .whole, startedAt: time(start)),
                in: rehearsal
            )
        }
        let entries = try await StoredReports(of: rehearsal.backup).entries(stop: StopSignal())
        let ids = ["20261123T083612Z-aa", "20261122T083612Z-ab", "20261122T083612Z-aa", "20271123T083612Z-aa"]
        #expect(entries.map(\.runID) == ids)
        #expect(try StoredReports.entry("latest", of: entries) == entries[0])
        #expect(try StoredReports.entry("20261123", of: entries) == entries[0])
        #expect(try StoredReports.entry("20261122T083612Z-ab", of: entries) == entries[1])
        let several = #expect(throws: UnknownReport.self) { _ = try StoredReports.entry("20261122", of: entries) }
        #expect(several?.isAmbiguous == true && several?.description.contains("20261122T083612Z-ab, ") == true)
        let typo = #expect(throws: UnknownReport.self) {
            _ = try StoredReports.entry("20261124T083612Z-aa", of: entries)
        }
        #expect(typo?.isAmbiguous == false && typo?.description.contains("nearest: 2026112") == true)
        let content = try await StoredReports(of: rehearsal.backup).read(entries[0])
        guard case .run(let report) = content else {
            Issue.record("\(content)")
            return
        }
        #expect(report.runID == "20261123T083612Z-aa")
    }
}

extension Rehearsal {
    fileprivate var clockNow: Timestamp { Timestamp(secondsSince1970: clock.secondsSince1970()) }
}
