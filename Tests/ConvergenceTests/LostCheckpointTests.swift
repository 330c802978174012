import ReconcileCore
import TestSupport
import Testing

/// Records that are removed together with checkpoints: the reports of earlier runs name both.
@Suite struct LostCheckpointTests {
    private let hour: Duration = .seconds(3_600)

    /// A backup with four checkpoints an hour apart, and a version that was recorded between the last two cutoffs.
    private func kept(keepsVersions: Bool = false) async throws -> Rehearsal {
        let stage = await Rehearsal.filled(keepsVersions: keepsVersions)
        stage.clock.advance(by: .seconds(7_200))
        for number in 1...4 {
            if number == 2 { stage.source.publish(version("7.0"), ["app.jar": "seven"]) }
            let report = try await stage.reconcileWithCheckpoint()
            #expect(report.exit == .converged && report.checkpoint?.key != nil)
            stage.clock.advance(by: hour)
        }
        #expect(checkpoints(stage).count == 4)
        return stage
    }

    private func checkpoints(_ stage: Rehearsal) -> [ObjectKey] {
        stage.store.keys.filter { $0.contains("/checkpoints/") }.map { ObjectKey($0) }
    }

    private func records(_ stage: Rehearsal, of version: VersionCoordinates) -> [ObjectKey] {
        stage.objectKeys.filter { stage.layout.record(at: $0)?.coordinates == version }
    }

    private func remove(_ keys: [ObjectKey], from stage: Rehearsal) {
        for key in keys { stage.store.damage(key) { _ in nil } }
    }

    private func kinds(_ report: VerifyReport) -> Set<String> {
        Set(report.findings.map { "\($0.kind.rawValue) \($0.key)" })
    }

    private func listsAndGets(_ stage: Rehearsal) -> [Int] {
        ["s3.ListObjectsV2", "s3.GetObject"].map { stage.store.conduct.counts[$0] ?? 0 }
    }

    @Test(arguments: [false, true])
    func `a record that is removed with all checkpoints ends each run with 6 until that is accepted`(
        keepsVersions: Bool
    ) async throws {
        let stage = try await kept(keepsVersions: keepsVersions)
        let removed = checkpoints(stage)
        let last = try #require(removed.last)
        remove(records(stage, of: version("1.0", of: otherApp)) + removed, from: stage)
        for number in 1...3 {
            let report = try await stage.reconcileWithCheckpoint()
            #expect(report.exit == .verificationFailed && report.outcome == .contradicted)
            // What the domain has is protected again at once.
            #expect(report.versions.copied == (number == 1 ? 1 : 0))
            #expect(report.checkpoint?.contradictions.map(\.checkpoint) == [last.value])
            #expect(report.message?.contains("verify --accept-loss '\(last)' --reason TEXT") == true)
            stage.clock.advance(by: hour)
        }
        let found = kinds(await stage.verify(.manifests))
        for key in removed { #expect(found.contains("lostCheckpoint \(key)"), "\(key)") }
        #expect(found.contains("contradictedCheckpoint \(last)"))
        let accepted = await stage.verify(.manifests, accepting: (["acme/checkpoints/*"], "a test"), id: "accept")
        #expect(accepted.findings.allSatisfy { !$0.key.contains("/checkpoints/") })
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .converged && report.checkpoint?.contradictions == [])
    }

    @Test func `a record that is removed with the newest checkpoint ends the next run with 6`() async throws {
        let stage = try await kept()
        let removed = try #require(checkpoints(stage).last)
        remove(records(stage, of: version("7.0")) + [removed], from: stage)
        // As late as the removed one would have been before it.
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .verificationFailed)
        let contradiction = try #require(report.checkpoint?.contradictions.first)
        #expect(contradiction.checkpoint == removed.value)
        let then = try #require(report.checkpoint).records
        #expect(
            contradiction.message.contains(
                "(its checkpoint \(removed) is missing or damaged): "
            )
        )
        #expect(contradiction.message.hasSuffix(": \(then + 1) then, and \(then) now"), "\(contradiction.message)")
        let found = kinds(await stage.verify(.manifests))
        #expect(found.isSuperset(of: ["lostCheckpoint \(removed)", "contradictedCheckpoint \(removed)"]))
    }

    @Test func `copies of the report of a checkpoint that is left do not hide those that are gone`() async throws {
        let stage = try await kept()
        let left = try #require(checkpoints(stage).dropLast().last)
        let removed = try #require(checkpoints(stage).last)
        remove(records(stage, of: version("7.0")) + [removed], from: stage)
        let reports = stage.store.keys.filter { $0.contains("/runs/") }
        let copied = try #require(
            reports.compactMap { stage.store.bytes(at: ObjectKey($0), versionID: nil) }
                .first { String(decoding: $0, as: UTF8.self).contains(#""key" : "\#(left)""#) }
        )
        for number in 0..<20 {
            let key = "acme/runs/\(stage.backup.now.day)/\(stage.backup.now.basic)-copy\(number).json"
            stage.store.place(copied, at: key)
        }
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .verificationFailed)
        #expect(report.checkpoint?.contradictions.map(\.checkpoint) == [removed.value])
    }

    @Test func `after more than a day without runs, each run reads the newest report`() async throws {
        let stage = try await kept()
        stage.clock.advance(by: .seconds(62 * 3_600))
        let first = try await stage.reconcileWithCheckpoint()
        #expect(first.exit == .converged)
        for _ in 1...8 {
            stage.clock.advance(by: hour)
            stage.source.publish(version("8.\(checkpoints(stage).count)"), ["app.jar": "eight"])
            #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        }
        let removed = Array(checkpoints(stage).suffix(8))
        remove(records(stage, of: version("8.6")) + removed, from: stage)
        stage.clock.advance(by: hour)
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .verificationFailed)
        #expect(report.checkpoint?.contradictions.map(\.checkpoint) == removed.suffix(1).map(\.value))
    }

    @Test func `what is removed after a contradiction was accepted is a contradiction again`() async throws {
        let stage = try await kept()
        let newest = try #require(checkpoints(stage).last)
        remove(records(stage, of: version("7.0")), from: stage)
        _ = await stage.verify(.manifests, accepting: (["acme/checkpoints/*"], "a test"), id: "accept")
        #expect(!kinds(await stage.verify(.manifests)).contains("contradictedCheckpoint \(newest)"))
        remove(records(stage, of: version("1.0", of: otherApp)), from: stage)
        #expect(kinds(await stage.verify(.manifests)).contains("contradictedCheckpoint \(newest)"))
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .verificationFailed)
    }

    private func putJunk(_ names: [String], in stage: Rehearsal) {
        for name in names { stage.store.place(Array("{}".utf8), at: "acme/\(name)") }
    }

    @Test func `junk in front of the newest checkpoint hides no loss`() async throws {
        let stage = try await kept()
        let newest = try #require(checkpoints(stage).last)
        remove(records(stage, of: version("1.0", of: otherApp)), from: stage)
        let cutoff = try #require(stage.layout.cutoff(ofCheckpointAt: newest))
        let later = Timestamp(seconds: cutoff.seconds + 1)
        putJunk((0..<70).map { "checkpoints/\(later.day)/\(later.basic).junk-\($0).json" }, in: stage)
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .verificationFailed)
        #expect(report.checkpoint?.contradictions.map(\.checkpoint) == [newest.value])
        #expect(report.warnings.contains("67 more checkpoints cannot be read, or are of the future; run verify"))
    }

    @Test func `a thousand objects in front of the newest checkpoint end a run with 6, which writes none`() async throws
    {
        let stage = try await kept()
        let before = checkpoints(stage)
        let later = Timestamp(seconds: stage.backup.now.seconds - 3_600)
        let junk = (0..<1_000).map { "checkpoints/\(later.day)/\(later.basic).junk-\($0).json" }
        putJunk(junk, in: stage)
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .verificationFailed && report.checkpoint == nil)
        #expect(report.message?.contains("a thousand others are in front of the newest checkpoint") == true)
        #expect(Set(checkpoints(stage)).subtracting(junk.map { ObjectKey("acme/\($0)") }) == Set(before))
    }

    @Test(arguments: ["2099-01-", ""])
    func `junk reports hide no record that is removed with all checkpoints`(month: String) async throws {
        let stage = try await kept()
        remove(records(stage, of: version("1.0", of: otherApp)) + checkpoints(stage), from: stage)
        let day = stage.backup.now.day
        putJunk(
            (10..<76).map { number in
                month.isEmpty
                    ? "runs/\(day)/\(stage.backup.now.basic)-junk\(number).json"
                    : "runs/\(month)\(number % 19 + 10)/20990101T000000Z-junk\(number).json"
            },
            in: stage
        )
        #expect(kinds(await stage.verify(.manifests)).contains { $0.hasPrefix("contradictedCheckpoint ") })
        #expect(try await stage.reconcileWithCheckpoint().exit == .verificationFailed)
    }

    @Test func `a checkpoint after which a later one counts fewer records is a fault`() async throws {
        let stage = try await kept()
        let removed = records(stage, of: version("7.0"))
        let newest = try #require(checkpoints(stage).last)
        // Whoever forges the newest checkpoint and the newest report leaves those before.
        let texts = try stage.store.keys.filter { $0.contains("/runs/") || $0 == newest.value }.map { key in
            (key, try #require(stage.store.bytes(at: ObjectKey(key), versionID: nil)))
        }
        remove(removed, from: stage)
        remove(texts.map { ObjectKey($0.0) }, from: stage)
        let forged = try await stage.reconcileWithCheckpoint()
        #expect(forged.exit == .converged && forged.checkpoint?.key != nil)
        for (key, bytes) in texts { stage.store.place(bytes, at: key) }
        let found = kinds(await stage.verify(.manifests))
        #expect(found.contains("contradictedCheckpoint \(newest)"), "\(found)")
    }

    @Test func `a record that is removed with all checkpoints but the first ends the next run with 6`() async throws {
        let stage = try await kept()
        let later = Array(checkpoints(stage).dropFirst())
        remove(records(stage, of: version("7.0")) + later, from: stage)
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .verificationFailed)
        #expect(report.checkpoint?.contradictions.map(\.checkpoint) == later.last.map { ["\($0)"] })
    }

    @Test func `a backup of which the reports alone are left is not begun anew in silence`() async throws {
        let stage = try await kept()
        let last = try #require(checkpoints(stage).last)
        remove(stage.store.keys.filter { !$0.contains("/runs/") }.map { ObjectKey($0) }, from: stage)
        for _ in 0..<3 {
            let report = try await stage.reconcileWithCheckpoint()
            #expect(report.exit == .verificationFailed)
            #expect(report.checkpoint?.contradictions.map(\.checkpoint) == [last.value])
            stage.clock.advance(by: hour)
        }
        #expect(kinds(await stage.verify(.manifests)).contains("contradictedCheckpoint \(last)"))
    }

    @Test func `a forged report makes a run end with 6 until that is accepted, and names checkpoints alone`()
        async throws
    {
        let stage = try await kept()
        remove(checkpoints(stage), from: stage)
        let newest = try #require(stage.store.keys.last { $0.contains("/runs/") })
        let text = stage.store.text(at: newest)
        let digest = try #require(text.firstMatch(of: #/"digest" : "([0-9a-f]{64})"/#)?.1)
        let key = String(try #require(text.firstMatch(of: #/"key" : "([^"]*)"/#)?.1))
        func place(_ name: String, naming other: String) {
            let forged = text.replacing(digest, with: String(repeating: "ab", count: 32)).replacing(key, with: other)
            stage.store.place(Array(forged.utf8), at: "acme/runs/2026-11-22/\(name).json")
        }
        let forged = key.replacing(".run-", with: ".forged-")
        #expect(forged != key)
        place("y", naming: forged)
        // Another name than a checkpoint's is none.
        place("z", naming: "acme/manifests/maven/x")
        for _ in 1...2 {
            let report = try await stage.reconcileWithCheckpoint()
            #expect(report.exit == .verificationFailed)
            #expect(report.checkpoint?.contradictions.map(\.checkpoint) == [forged])
            stage.clock.advance(by: hour)
        }
        let names = ["acme/checkpoints/*", "acme/runs/*"]
        #expect(await stage.verify(.manifests, accepting: (names, "forged"), id: "accept").findings == [])
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        #expect(await stage.verify(.manifests).findings == [])
    }

    @Test func `checkpoints that are gone while all records are there are a warning of a run, and faults`() async throws
    {
        let stage = try await kept()
        let removed = checkpoints(stage)
        remove(removed, from: stage)
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .converged && report.checkpoint?.contradictions == [])
        let warning = try #require(report.warnings.first)
        #expect(
            warning.hasPrefix("the checkpoint \(removed[3]), which an earlier run reported, is missing or damaged; ")
        )
        // The reports of two days name each.
        #expect(kinds(await stage.verify(.manifests)) == Set(removed.map { "lostCheckpoint \($0)" }))
        let accepted = await stage.verify(.manifests, accepting: (["acme/checkpoints/*"], "a test"), id: "accept")
        #expect(accepted.findings == [])
        #expect(await stage.verify(.manifests).findings == [])
    }

    @Test func `a checkpoint in the middle that is removed is missed`() async throws {
        let stage = try await kept()
        let keys = checkpoints(stage)
        remove([keys[0]], from: stage)
        #expect(kinds(await stage.verify(.manifests)) == ["lostCheckpoint \(keys[0])"])
        // A rule may expire one after a year.
        stage.clock.advance(by: .seconds(366 * 86_400))
        #expect(kinds(await stage.verify(.manifests)) == [])
    }

    @Test func `a checkpoint that was replaced is accepted with the bytes that it has`() async throws {
        let stage = try await kept()
        let keys = checkpoints(stage)
        stage.store.damage(keys[1]) { $0 + Array(" ".utf8) }
        #expect(kinds(await stage.verify(.manifests)) == ["lostCheckpoint \(keys[1])"])
        let accepted = await stage.verify(.manifests, accepting: (["\(keys[1])"], "a test"), id: "accept")
        #expect(accepted.findings == [])
        #expect(await stage.verify(.manifests).findings == [])
        stage.store.damage(keys[1]) { $0 + Array(" ".utf8) }
        #expect(kinds(await stage.verify(.manifests)) == ["lostCheckpoint \(keys[1])"])
        remove([keys[1]], from: stage)
        #expect(await stage.verify(.manifests).findings == [])
        // What is put in the place of one whose loss was accepted, and is none, is a fault of its own.
        stage.store.place(Array("{}".utf8), at: keys[1].value)
        #expect(kinds(await stage.verify(.manifests)) == ["unreadableCheckpoint \(keys[1])"])
    }

    @Test func `reports are read only where there is no checkpoint or a later one seems to be missing`() async throws {
        let first = Rehearsal()
        first.source.publish(version("1.0"))
        _ = try await first.reconcileWithCheckpoint(storing: false)
        let without = Rehearsal()
        without.source.publish(version("1.0"))
        _ = await without.run()
        // This month's checkpoints, all, the reports, and the records of the configuration.
        #expect(listsAndGets(first)[0] == listsAndGets(without)[0] + 4)
        #expect(listsAndGets(first)[1] == listsAndGets(without)[1])

        let stage = Rehearsal()
        stage.source.publish(version("1.0"))
        for _ in 1...4 {
            #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
            stage.clock.advance(by: hour)
        }
        #expect(checkpoints(stage).count == 2)
        _ = try await stage.reconcileWithCheckpoint(storing: false)
        let usual = listsAndGets(stage)
        #expect(usual == [3, 1])
        // A run was left out: the newest report names a checkpoint that is there.
        stage.clock.advance(by: .seconds(7_200))
        _ = try await stage.reconcileWithCheckpoint(storing: false)
        // None of the day's four names a later one.
        #expect(listsAndGets(stage) == [usual[0] + 1, usual[1] + 4])
        // Without any, both lists of checkpoints are empty; a report is read, and the checkpoint that it names is asked for.
        remove(checkpoints(stage), from: stage)
        _ = try await stage.reconcileWithCheckpoint(storing: false)
        #expect(listsAndGets(stage) == [usual[0] + 2, usual[1] + 1])
    }

    @Test(arguments: [
        ("the number of records", #""records" : "#, #""records" : 1"#),
        ("another run", #""runID" : "run"#, #""runID" : "ran"#),
        ("a repository", #""recordsByRepository" : {"#, #""recordsByRepository" : { "x" : 1,"#),
        ("no JSON", "{", "["),
    ])
    func `an older checkpoint that does not say what it should is a fault`(
        name: String,
        old: String,
        new: String
    ) async throws {
        let stage = try await kept()
        let keys = checkpoints(stage)
        stage.store.damage(keys[0]) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let changed = text.replacing(old, with: new, maxReplacements: 1)
            #expect(changed != text, "\(name)")
            return Array(changed.utf8)
        }
        #expect(kinds(await stage.verify(.manifests)) == ["unreadableCheckpoint \(keys[0])"])
        // One that none names.
        remove([keys[1]], from: stage)
        let found = kinds(await stage.verify(.manifests))
        #expect(found == ["unreadableCheckpoint \(keys[0])", "lostCheckpoint \(keys[1])"])
    }

    @Test func `a checkpoint under another one's name, and one of the future, are faults`() async throws {
        let stage = try await kept()
        let bytes = try #require(stage.store.bytes(at: checkpoints(stage)[0], versionID: nil))
        let future = ObjectKey("acme/checkpoints/2099-01-01/20990101T000000Z.run.json")
        let other = ObjectKey("acme/checkpoints/2026-11-22/20261122T093000Z.run.json")
        for key in [future, other] { stage.store.place(bytes, at: key.value) }
        #expect(kinds(await stage.verify(.manifests)) == Set([future, other].map { "unreadableCheckpoint \($0)" }))
        let accepted = await stage.verify(.manifests, accepting: (["\(future)", "\(other)"], "a test"), id: "accept")
        #expect(accepted.findings == [])
        #expect(await stage.verify(.manifests).findings == [])
    }

    @Test func `reports that may not be read keep no run from comparing what it can, and it says so`() async throws {
        let stage = try await kept()
        stage.clock.advance(by: .seconds(5 * 3_600))
        let hiding = HidingStore(stage.store, hiding: [stage.layout.reportsPrefix])
        let report = try await stage.runWithCheckpoint(in: hiding).report
        #expect(report.warnings.contains { $0.hasPrefix("the reports of earlier runs could not be read") })
        #expect(!report.warnings.contains { $0.contains("nothing was compared") })
        #expect(report.checkpoint?.contradictions == [] && report.checkpoint?.previous != nil)
    }
}
