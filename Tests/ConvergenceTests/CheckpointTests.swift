import ReconcileCore
import TestSupport
import Testing

/// Checkpoints over the life of a backup: what they show, and what only a digest kept elsewhere shows.
@Suite struct CheckpointTests {
    private let hour: Duration = .seconds(3_600)

    /// A backup of several packages whose records are older than an hour, with a checkpoint of them.
    private func kept(keepsVersions: Bool = false) async throws -> Rehearsal {
        let stage = await Rehearsal.filled(keepsVersions: keepsVersions)
        stage.clock.advance(by: .seconds(7_200))
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.checkpoint?.key != nil && report.exit == .converged)
        return stage
    }

    private func recordKeys(_ stage: Rehearsal) -> [ObjectKey] {
        stage.objectKeys.filter { stage.layout.record(at: $0) != nil || stage.layout.packageRecord(at: $0) != nil }
    }

    private func checkpointKeys(_ stage: Rehearsal) -> [ObjectKey] {
        stage.store.keys.filter { $0.contains("/checkpoints/") }.map { ObjectKey($0) }
    }

    private func contradicted(_ report: VerifyReport) -> [String] {
        report.findings.filter { $0.kind == .contradictedCheckpoint }.map(\.key)
    }

    @Test(arguments: [false, true])
    func `a last record that another one has taken the place of is seen from a digest kept elsewhere alone`(
        keepsVersions: Bool
    ) async throws {
        let stage = try await kept(keepsVersions: keepsVersions)
        let before = try #require(await stage.verify(.objects).contents)
        #expect(before.cutoff == "2026-11-22T09:00:00Z" && before.records == recordKeys(stage).count)
        let anchor = try #require(CheckpointAnchor("\(before.cutoff):\(before.digest)"))
        // Whatever is recorded later changes nothing.
        stage.clock.advance(by: .seconds(7_200))
        stage.source.publish(version("7.7"))
        _ = try await stage.reconcileWithCheckpoint()
        #expect(await stage.verify(.objects, contents: [anchor]).outcome == .sound)
        // No later one of its version names it.
        let key = try #require(
            recordKeys(stage).last { stage.layout.record(at: $0)?.coordinates.package == otherApp }
        )
        let bytes = try #require(stage.store.bytes(at: key, versionID: nil))
        let text = String(decoding: bytes, as: UTF8.self)
        // Canonical still, and of the same version.
        let forged = text.replacing(#""version":"test""#, with: #""version":"tesT""#)
        #expect(forged != text)
        stage.store.place(Array(forged.utf8), at: key.value)
        // A store that keeps versions shows it by itself.
        let replaced: [BackupFault.Kind] = keepsVersions ? [.rewrittenRecord] : []
        #expect(await stage.verify(.bytes).findings.map(\.kind) == replaced)
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        let after = await stage.verify(.objects, contents: [anchor])
        #expect(after.exit == .verificationFailed)
        #expect(Set(after.findings.map(\.kind)) == Set([.contradictedRecord] + replaced))
        let found = after.findings.first { $0.kind == .contradictedRecord }
        #expect(found?.message.contains("--contents says \(before.digest)") == true)
    }

    private func configurationKeys(_ stage: Rehearsal) -> [ObjectKey] {
        stage.objectKeys.filter { stage.layout.configuration(at: $0) != nil }.sorted()
    }

    /// Two records of the domain's configuration, from the time of the packages' records.
    private func keptConfiguration() async throws -> Rehearsal {
        let stage = await Rehearsal.filled(keepsVersions: false)
        let domain = InMemoryConfiguration()
        try await stage.record(domain)
        domain.change { $0.policy = #"{"Statement":[]}"# }
        try await stage.record(domain)
        stage.clock.advance(by: .seconds(7_200))
        #expect(try await stage.reconcileWithCheckpoint().checkpoint?.key != nil)
        return stage
    }

    @Test(arguments: [0, 1])
    func `a record of the configuration that is removed is seen by a run and by a verification`(number: Int)
        async throws
    {
        let stage = try await keptConfiguration()
        let keys = configurationKeys(stage)
        #expect(keys.count == 2)
        #expect(await stage.verify(.objects).findings == [])
        let checkpoint = try #require(checkpointKeys(stage).first)
        stage.store.damage(keys[number]) { _ in nil }
        stage.clock.advance(by: hour)
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .verificationFailed)
        let message = try #require(report.checkpoint?.contradictions.first?.message)
        #expect(message.contains("(the domain's configuration: 2 then, 1 now); they differ in 1 of 256 groups"))
        #expect(contradicted(await stage.verify(.objects)).contains(checkpoint.value))
    }

    @Test func `a record of the configuration that is slipped in under an earlier time is seen`() async throws {
        let stage = try await keptConfiguration()
        let bytes = try #require(stage.store.bytes(at: configurationKeys(stage)[0], versionID: nil))
        let name = ConfigurationRecords.Name(
            recordedAt: try #require(Timestamp(extended: "2026-11-22T08:50:00Z")),
            sha256: testHashes.digest(bytes, .sha256)
        )
        stage.store.place(bytes, at: stage.layout.configurationKey(name).value)
        #expect(contradicted(await stage.verify(.objects)) == checkpointKeys(stage).map(\.value))
        stage.clock.advance(by: hour)
        #expect(try await stage.reconcileWithCheckpoint().exit == .verificationFailed)
    }

    @Test func `a checkpoint and a digest from before records of the configuration were covered stay right`()
        async throws
    {
        let stage = try await keptConfiguration()
        let digester = RecordDigester(
            cutoffs: [try #require(Timestamp(extended: "2026-11-22T09:00:00Z"))],
            of: stage.backup
        )
        digester.add(
            recordKeys(stage).sorted().map { key in
                let time = stage.layout.record(at: key)?.recordedAt ?? stage.layout.packageRecord(at: key)?.recordedAt
                return (key, time ?? stage.backup.now)
            },
            from: 0
        )
        digester.finish()
        let narrow = try #require(digester.digests?.first)
        // The checkpoint as a release wrote it that did not know those records.
        let key = try #require(checkpointKeys(stage).first)
        let whole = try #require(try await Checkpoints.read(key, of: stage.backup)).checkpoint
        let old = Checkpoint(
            domain: whole.domain,
            runID: whole.runID,
            startedAt: whole.startedAt,
            repositories: [],
            records: narrow,
            parents: [],
            contradicts: []
        )
        let text = String(decoding: try old.document(), as: UTF8.self)
        #expect(!text.contains("configurationRecords") && whole.records.configurations == 2)
        stage.store.damage(key) { _ in Array(text.utf8) }
        for digest in [narrow.digest, whole.records.digest] {
            let anchor = try #require(CheckpointAnchor("2026-11-22T09:00:00Z:\(digest)"))
            #expect(await stage.verify(.objects, anchors: [anchor]).findings == [])
        }
        // The next one covers them, and is compared as what it is.
        stage.clock.advance(by: hour)
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .converged)
        let written = ObjectKey(try #require(report.checkpoint?.key))
        let next = try #require(try await Checkpoints.read(written, of: stage.backup))
        #expect(next.checkpoint.records.configurations == 2 && next.checkpoint.parents.map(\.key) == [key.value])
        #expect(await stage.verify(.objects).findings == [])
        // Of one that did not cover them nothing is asked of them.
        stage.store.damage(ObjectKey(next.key.value)) { _ in nil }
        for report in stage.store.keys.filter({ $0.contains("/runs/") }) {
            stage.store.damage(ObjectKey(report)) { _ in nil }
        }
        stage.store.damage(configurationKeys(stage)[0]) { _ in nil }
        #expect(contradicted(await stage.verify(.objects)) == [])
    }

    @Test(arguments: [(70, false), (71, true)])
    func `a restore warns if nobody has digested the records for three days`(hours: Int, warns: Bool) async throws {
        let stage = try await kept().restoring()
        stage.clock.advance(by: .seconds(3_600 * hours))
        let report = await stage.restore()
        #expect(report.run.versions.copied > 0)
        let warnings = report.run.warnings.filter { $0.hasPrefix("the newest checkpoint is of 2026-11-22T09:00:00Z: ") }
        #expect(warnings.count == (warns ? 1 : 0))
    }

    @Test(arguments: [2, 12, 8_328])
    func `a machine whose clock is ahead leaves no cutoff that later records contradict`(hours: Int) async throws {
        let stage = try await kept()
        for number in 0..<3 {
            stage.clock.advance(by: hour)
            stage.source.publish(version("7.\(number)"))
            let ahead = number == 0 ? Double(hours * 3_600) : 0
            #expect(try await stage.reconcileWithCheckpoint(machineAhead: ahead).exit == .converged)
            #expect(await stage.verify(.objects).findings == [])
        }
        stage.clock.advance(by: .seconds(86_400))
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        #expect(await stage.verify(.objects).findings == [])
    }

    @Test func `a run writes a checkpoint once an hour, and finds the one before`() async throws {
        let stage = try await kept()
        let first = try #require(checkpointKeys(stage).first)
        // The same hour: there is nothing new to say.
        stage.clock.advance(by: .seconds(60))
        let again = try await stage.reconcileWithCheckpoint()
        #expect(again.checkpoint?.previous == first.value && again.checkpoint?.key == nil)
        #expect(checkpointKeys(stage) == [first])
        stage.clock.advance(by: hour)
        let next = try await stage.reconcileWithCheckpoint()
        #expect(next.checkpoint?.previous == first.value && next.exit == .converged)
        #expect(next.checkpoint?.digest == again.checkpoint?.digest)
        #expect(checkpointKeys(stage) == [first, ObjectKey(try #require(next.checkpoint?.key))])
        let verified = await stage.verify(.objects)
        #expect(verified.outcome == .sound)
        // The newest checkpoint, and the newest report.
        #expect(verified.checkpoint?.compared.map(\.isEqual) == [true, true])
    }

    @Test func `a witness keeps each checkpoint, also one that it missed, and never another`() async throws {
        let stage = try await kept()
        let first = try #require(checkpointKeys(stage).first)
        let witness = InMemoryStore()
        // Nothing new to say: the witness was not there when the first was written.
        stage.clock.advance(by: .seconds(60))
        _ = try await stage.reconcileWithCheckpoint(witness: witness)
        #expect(witness.contents[first.value] == stage.store.contents[first.value])
        stage.clock.advance(by: hour)
        let next = try #require(try await stage.reconcileWithCheckpoint(witness: witness).checkpoint?.key)
        #expect(witness.contents.keys.sorted() == [first.value, next].sorted())
        // Who empties the backup's own folder has not emptied the witness.
        for key in checkpointKeys(stage) { stage.store.damage(key) { _ in nil } }
        #expect(witness.contents.count == 2)
        // What is there already is not written over.
        witness.place(Array("forged".utf8), at: next)
        stage.clock.advance(by: .seconds(60))
        let failure = await #expect(throws: RemoteFailure.self) {
            let again = StandingCheckpoint(key: ObjectKey(next), bytes: Array("true".utf8))
            try await again.store(in: witness)
        }
        #expect(failure?.kind == .conflict)
        #expect(witness.contents[next] == Array("forged".utf8))
    }

    @Test func `a checkpoint that the witness loses is named`() async throws {
        let stage = try await kept()
        stage.clock.advance(by: hour)
        let lossy = UnfaithfulStore(InMemoryStore()) { _ in .stored(versionID: nil) }
        let failure = await #expect(throws: RemoteFailure.self) {
            try await stage.reconcileWithCheckpoint(witness: lossy)
        }
        #expect(failure?.kind == .absent)
        #expect(failure?.message.contains("does not have it: the store lost it. Run again") == true)
    }

    @Test func `a run with nothing to do takes two lists, one GET and one PUT for it`() async throws {
        let stage = try await kept()
        stage.clock.advance(by: hour)
        let bare = await stage.run()
        let requests = stage.store.conduct.counts
        stage.clock.advance(by: hour)
        _ = try await stage.reconcileWithCheckpoint(storing: false)
        let more = stage.store.conduct.counts.merging(requests) { $0 - $1 }.filter { $0.value != 0 }
        #expect(bare.exit == .converged)
        // The other list is of the records of the configuration, which a run that records it has listed already.
        #expect(more == ["s3.ListObjectsV2": 2, "s3.GetObject": 1, "s3.PutObject": 1])
    }

    @Test(arguments: [false, true])
    func `each record that is removed is seen by a run and by a verification`(keepsVersions: Bool) async throws {
        let stage = try await kept(keepsVersions: keepsVersions)
        let checkpoint = try #require(checkpointKeys(stage).first).value
        let memory = stage.store.memory
        let keys = recordKeys(stage)
        #expect(keys.count > 10)
        for key in keys {
            stage.store.damage(key) { _ in nil }
            #expect(contradicted(await stage.verify(.manifests)) == [checkpoint], "\(key)")
            let report = try await stage.reconcileWithCheckpoint()
            #expect(report.outcome == .contradicted && report.exit == .verificationFailed, "\(key)")
            #expect(report.checkpoint?.contradictions.map(\.checkpoint) == [checkpoint])
            #expect(report.message?.contains("1 of \(keys.count) records up to") == true, "\(report.message ?? "")")
            // Each later run says so too, though its own records agree with the newest checkpoint.
            stage.clock.advance(by: hour)
            #expect(try await stage.reconcileWithCheckpoint().exit == .verificationFailed, "\(key)")
            stage.store.memory = memory
        }
    }

    @Test func `a record that is slipped in under an earlier time is seen`() async throws {
        let stage = try await kept()
        let checkpoint = try #require(checkpointKeys(stage).first).value
        let memory = stage.store.memory
        for key in recordKeys(stage) {
            guard let record = stage.layout.record(at: key) else { continue }
            let earlier = ManifestRecord(
                coordinates: record.coordinates,
                recordedAt: Timestamp(seconds: record.recordedAt.seconds - 1),
                revision: record.revision,
                status: record.status
            )
            stage.store.place(Array("{}".utf8), at: stage.layout.key(of: earlier).value)
            let report = try await stage.reconcileWithCheckpoint()
            #expect(report.checkpoint?.contradictions.map(\.checkpoint) == [checkpoint], "\(key)")
            #expect(report.message?.contains("1 records up to") == true, "\(report.message ?? "")")
            stage.store.memory = memory
        }
    }

    @Test func `an accepted contradiction is none any more, and the next checkpoint goes on`() async throws {
        let stage = try await kept()
        let checkpoint = try #require(checkpointKeys(stage).first).value
        // An older record of a version that has a later one, which misses it too.
        let key = try #require(
            recordKeys(stage).first { stage.layout.record(at: $0)?.coordinates == version("1.1") }
        )
        stage.store.damage(key) { _ in nil }
        #expect(try await stage.reconcileWithCheckpoint().exit == .verificationFailed)
        let names = [checkpoint, key.value]
        let accepted = await stage.verify(.objects, accepting: (names, "expired by mistake"), id: "accept")
        #expect(accepted.findings == [])
        #expect(accepted.acceptedLosses.contains { $0.kind == .contradictedCheckpoint && $0.key == checkpoint })
        stage.clock.advance(by: hour)
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .converged && report.checkpoint?.contradictions == [])
        #expect(await stage.verify(.objects).findings == [])
        stage.clock.advance(by: hour)
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
    }

    @Test func `what is removed with its checkpoints is seen from a digest kept elsewhere alone`() async throws {
        let stage = try await kept()
        let report = try #require(stage.store.keys.last { $0.contains("/runs/") })
        let account = try #require(await stage.verify(.objects).checkpoint)
        let anchor = try #require(CheckpointAnchor("\(account.cutoff):\(account.digest)"))
        #expect(contradicted(await stage.verify(.objects, anchors: [anchor])) == [])

        // With the objects, so that nothing else misses them.
        for key in stage.objectKeys where key.value.contains("/lib/") { stage.store.damage(key) { _ in nil } }
        for key in checkpointKeys(stage) { stage.store.damage(key) { _ in nil } }
        // The run's report still names the checkpoint and its digest.
        let kinds = await stage.verify(.manifests).findings.map(\.kind.rawValue).sorted()
        #expect(kinds == ["contradictedCheckpoint", "lostCheckpoint", "lostVersions"])
        for key in stage.store.keys where key.contains("/runs/") { stage.store.damage(ObjectKey(key)) { _ in nil } }
        #expect(!stage.store.keys.contains(report))
        #expect(await stage.verify(.manifests).outcome == .sound)
        let seen = await stage.verify(.manifests, anchors: [anchor])
        #expect(seen.exit == .verificationFailed && contradicted(seen).count == 1)
    }

    @Test func `what is removed after the newest cutoff is seen by reports, and else from a later anchor alone`()
        async throws
    {
        let trust = try TestTrust()
        let file = trust.file(SignedModel.identity)
        let stage = Rehearsal()
        stage.seal(trust: try trust.trust(file), signer: try trust.signer(file, clock: stage.clock))
        stage.source.publish(version("1.0"), ["app.jar": "jar"])
        for _ in 1...3 {
            #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
            stage.clock.advance(by: hour)
        }
        #expect(checkpointKeys(stage).last?.value.hasPrefix("acme/checkpoints/2026-11-22/20261122T090000Z.") == true)
        let before = stage.store.contents

        // Recorded at 11:36: what is seen of it later is its run's report, as long as that is there.
        stage.source.publish(version("7.0"), ["app.jar": "seven"])
        let run = try await stage.reconcileWithCheckpoint(storing: false)
        #expect(run.exit == .converged && run.versions.copied == 1)
        #expect(run.checkpoint?.cutoff == "2026-11-22T10:00:00Z")
        let startedAt = try #require(Timestamp(extended: "2026-11-22T11:36:12Z"))
        let signed = stage.store.contents
        try await run.store(in: stage.store, layout: stage.layout, startedAt: startedAt)
        let report = try #require(stage.store.keys.last { $0.contains("/runs/") })

        stage.clock.advance(by: .seconds(7_200))
        let account = try #require(await stage.verify(.objects).checkpoint)
        #expect(account.cutoff == "2026-11-22T12:00:00Z")
        let anchor = try #require(CheckpointAnchor("\(account.cutoff):\(account.digest)"))
        #expect(await stage.verify(.objects, anchors: [anchor]).findings == [])

        // The record with its file, and the document as it was; checkpoints and reports stay.
        for key in stage.objectKeys {
            let bytes = before[key.value]
            if bytes != signed[key.value] { stage.store.damage(key) { _ in bytes } }
        }
        #expect(!stage.store.keys.contains { $0.contains("/7.0/") })
        let seen = await stage.verify(.objects)
        #expect(seen.findings.map { "\($0.kind.rawValue) \($0.key)" } == ["lostVersions acme/manifests/maven/"])
        #expect(seen.findings.first?.message.hasPrefix("only 1 of the 2 versions ") == true)
        #expect(seen.findings.first?.message.contains(report) == true)
        #expect(seen.exit == .verificationFailed)
        // No run compares what it lists with the counts of reports.
        stage.source.delete(version("7.0"))
        let next = try await stage.reconcileWithCheckpoint(storing: false)
        #expect(next.exit == .converged && next.checkpoint?.contradictions == [])

        stage.store.damage(ObjectKey(report)) { _ in nil }
        #expect(await stage.verify(.objects).findings == [])
        let contradicted = await stage.verify(.objects, anchors: [anchor])
        #expect(
            contradicted.findings.map { "\($0.kind.rawValue) \($0.key)" }
                == ["contradictedCheckpoint acme/checkpoints/\(anchor)"]
        )
        #expect(contradicted.exit == .verificationFailed)
    }

    @Test func `a checkpoint that is no checkpoint, or of the future, hides nothing`() async throws {
        let stage = try await kept()
        let real = try #require(checkpointKeys(stage).first)
        let text = try #require(stage.store.bytes(at: real, versionID: nil))
        let junk = ObjectKey("acme/checkpoints/2026-11-22/20261122T093000Z.x.json")
        stage.store.place(Array("junk".utf8), at: junk.value)
        let future = stage.layout.checkpointKey(cutoff: Timestamp(seconds: 4_000_000_000), runID: "x")
        stage.store.place(text, at: future.value)
        for key in recordKeys(stage).prefix(1) { stage.store.damage(key) { _ in nil } }
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.checkpoint?.contradictions.map(\.checkpoint) == [real.value])
        #expect(report.warnings.contains { $0.contains(junk.value) })
        let found = await stage.verify(.manifests).findings.filter { $0.kind == .unreadableCheckpoint }.map(\.key)
        #expect(found == [junk.value, future.value])
    }

    @Test func `a thousand checkpoints of days to come keep none of the true ones from being compared`() async throws {
        let stage = try await kept()
        let real = try #require(checkpointKeys(stage).first)
        for number in 0..<1_000 {
            let cutoff = Timestamp(seconds: 4_000_000_000 + Int64(number) * 3_600)
            stage.store.place(Array("{}".utf8), at: stage.layout.checkpointKey(cutoff: cutoff, runID: "x").value)
        }
        stage.store.damage(try #require(recordKeys(stage).first)) { _ in nil }
        let report = await stage.verify(.manifests)
        #expect(contradicted(report) == [real.value] && report.faults["unreadableCheckpoint"] == 1_000)
    }

    @Test func `keys of no record of the configuration, and of one of the future, are faults`() async throws {
        let stage = try await keptConfiguration()
        let folder = stage.layout.configurationsPrefix.value
        let future = "\(folder)20990101T000000Z.0123456789abcdef.json"
        for key in ["\(folder)x.json", future] { stage.store.place(Array("{}".utf8), at: key) }
        let found = await stage.verify(.objects)
        #expect(
            found.findings.map { "\($0.kind.rawValue) \($0.key)" }.sorted()
                == ["misplacedManifest \(folder)x.json", "unreadableManifest \(future)"]
        )
        let accepted = await stage.verify(.objects, accepting: (["\(folder)*"], "a test"), id: "accept")
        #expect(accepted.findings == [])
        #expect(await stage.verify(.objects).findings == [])
    }

    @Test func `a checkpoint that replaces the one before is seen`() async throws {
        let stage = try await kept()
        let first = try #require(checkpointKeys(stage).first)
        stage.clock.advance(by: hour)
        _ = try await stage.reconcileWithCheckpoint()
        let bytes = try #require(stage.store.bytes(at: first, versionID: nil))
        let text = String(decoding: bytes, as: UTF8.self)
        stage.store.place(Array(text.replacing("\"runID\"", with: "\"runID\" ").utf8), at: first.value)
        let report = await stage.verify(.manifests)
        #expect(report.findings.map { "\($0.kind.rawValue) \($0.key)" } == ["lostCheckpoint \(first)"])
    }

    @Test func `a checkpoint that cannot be read or written keeps nothing from being protected`() async throws {
        let stage = try await kept()
        let first = checkpointKeys(stage)
        stage.clock.advance(by: hour)
        stage.source.publish(version("7.0"), ["app.jar": "seven"])
        stage.store.conduct.fail("s3.ListObjectsV2", calls: 1...1, with: .denied)
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .failures && report.versions.copied == 1 && report.checkpoint == nil)
        #expect(report.message?.hasPrefix("the newest checkpoint could not be read, so the records were ") == true)
        #expect(report.failures.map(\.kind) == ["denied"])
        #expect(report.warnings.contains { $0.hasPrefix("the newest checkpoint could not be read") })
        #expect(checkpointKeys(stage) == first)
        stage.source.publish(version("7.1"), ["app.jar": "seven"])
        stage.store.conduct.fail("s3.ListObjectsV2", calls: 1...1, with: .unavailable)
        let later = try await stage.reconcileWithCheckpoint()
        #expect(later.exit == .converged && later.versions.copied == 1 && later.failures == [])
        #expect(later.warnings.contains { $0.hasPrefix("the newest checkpoint could not be read") })
        #expect(checkpointKeys(stage) == first)

        stage.source.publish(version("8.0"), ["app.jar": "eight"])
        stage.store.conduct.before("s3.PutObject") { [store = stage.store] _ in
            guard store.keys.contains(where: { $0.contains("/8.0/") && $0.contains("/manifests/") }) else { return }
            throw RemoteFailure(.unavailable, operation: .run, target: "x", message: "no")
        }
        await #expect(throws: RemoteFailure.self) { try await stage.reconcileWithCheckpoint() }
        #expect(stage.store.keys.contains { $0.contains("/manifests/") && $0.contains("/8.0/") })
        #expect(checkpointKeys(stage) == first)
    }

    @Test func `shards, repositories and the whole agree, each with its own`() async throws {
        let stage = await Rehearsal.filled(keepsVersions: false)
        stage.clock.advance(by: .seconds(7_200))
        var digests: Set<String> = []
        for index in 0..<3 {
            var options = Reconciler.Options()
            options.selection.shard = try #require(Shard("\(index)/3"))
            let report = try await stage.reconcileWithCheckpoint(options)
            digests.insert(try #require(report.checkpoint?.digest))
        }
        #expect(digests.count == 1)
        var options = Reconciler.Options()
        options.selection.repositories = ["releases"]
        let narrow = try await stage.reconcileWithCheckpoint(options)
        #expect(narrow.checkpoint?.previous == nil && narrow.checkpoint.map { digests.contains($0.digest) } == false)
        #expect(await stage.verify(.manifests).outcome == .sound)
        #expect(await stage.verify(.manifests, of: options.selection).outcome == .sound)
    }

    @Test func `the newest checkpoint may be required to be young`() async throws {
        let stage = try await kept()
        stage.clock.advance(by: .seconds(86_400))
        #expect(await stage.verify(.manifests, checkpointAge: .required(.seconds(172_800))).outcome == .sound)
        let old = await stage.verify(.manifests, checkpointAge: .required(.seconds(86_400)))
        #expect(old.findings.map(\.kind) == [.staleCheckpoint] && old.exit == .verificationFailed)
        let none = await Rehearsal.filled(keepsVersions: false)
        #expect(await none.verify(.manifests).outcome == .sound)
        #expect(await none.verify(.manifests, checkpointAge: .required(.seconds(86_400))).exit == .verificationFailed)
    }

    @Test func `a checkpoint of more than three days ago is a warning, which can be switched off`() async throws {
        let stage = try await kept(keepsVersions: true)
        stage.clock.advance(by: .seconds(2 * 86_400))
        #expect(await stage.verify(.manifests).warnings == nil)
        stage.clock.advance(by: .seconds(2 * 86_400))
        let frozen = await stage.verify(.manifests)
        #expect(frozen.outcome == .sound)
        #expect(frozen.warnings?.first?.hasPrefix("the newest checkpoint is of 2026-") == true)
        #expect(await stage.verify(.manifests, checkpointAge: .any).warnings == nil)
        // Where runs go by repository, their checkpoints show that they go on.
        var options = Reconciler.Options()
        options.selection.repositories = ["releases"]
        #expect(try await stage.reconcileWithCheckpoint(options).exit == .converged)
        #expect(await stage.verify(.manifests).warnings == nil)
        // One that never had any is told nothing.
        let none = await Rehearsal.filled(keepsVersions: true)
        #expect(await none.verify(.manifests).warnings == nil)
    }
}
