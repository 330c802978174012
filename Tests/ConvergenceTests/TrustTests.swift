import ReconcileCore
import TestSupport
import Testing

/// A backup whose records are signed: what is forged in it is seen, is not restored, and keeps nothing from being recorded.
@Suite struct TrustTests {
    private static let identity = RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "acme")
    private let hour: Duration = .seconds(3_600)

    private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(extended: text)) }

    /// A signed backup of several packages, with a checkpoint and a record of the domain's configuration.
    private func kept(_ trust: TestTrust) async throws -> Rehearsal {
        let stage = Rehearsal.paged(keepsVersions: true)
        try seal(stage, trust)
        stage.source.publish(version("1.0"), ["app-1.0.jar": "jar", "app-1.0.pom": "pom"])
        stage.source.publish(version("1.1"), ["app-1.1.jar": "jar 1.1"])
        stage.source.publish(version("1.0", of: lib), ["lib-1.0.jar": "lib"])
        stage.source.setControls(.ingested, of: lib)
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        stage.clock.advance(by: hour)
        stage.source.setStatus(.archived, of: version("1.1"))
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        stage.clock.advance(by: hour)
        let last = try await stage.reconcileWithCheckpoint()
        #expect(last.exit == .converged && last.checkpoint?.key != nil)
        stage.clock.advance(by: hour)
        return stage
    }

    private func seal(_ stage: Rehearsal, _ trust: TestTrust, signs: Bool = true) throws {
        let file = trust.file(Self.identity)
        stage.seal(
            trust: try trust.trust(file),
            signer: signs ? try trust.signer(file, clock: stage.clock) : nil
        )
    }

    private func records(_ stage: Rehearsal) -> [ObjectKey] {
        stage.objectKeys.filter { stage.layout.record(at: $0) != nil || stage.layout.packageRecord(at: $0) != nil }
    }

    private func checkpoints(_ stage: Rehearsal) -> [ObjectKey] {
        stage.store.keys.filter { $0.contains("/checkpoints/") }.map { ObjectKey($0) }
    }

    private func bytes(_ stage: Rehearsal, _ key: ObjectKey) throws -> [UInt8] {
        try #require(stage.store.bytes(at: key, versionID: nil))
    }

    @Test func `a signed backup is intact, restored and gone on with, with and without the trust file`() async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        #expect(records(stage).count == 5)
        for key in records(stage) + checkpoints(stage) {
            #expect(String(decoding: try bytes(stage, key), as: UTF8.self).contains(#","signature":""#), "\(key)")
        }
        for opens in [true, false] {
            if !opens { stage.seal(trust: nil, signer: nil) }
            #expect(await stage.verify(.bytes).findings == [])
            let restored = stage.restoring()
            #expect(await restored.restore().exit == .converged)
            #expect(await restored.run().versions.copied == 0)
        }
    }

    @Test func `a run reads only what is later than the newest checkpoint`() async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        let checkpoint = try await RunCheckpoint.opened(
            in: stage.backup,
            repositories: [],
            runID: "r",
            startedAt: try time("2026-11-22T11:36:12Z")
        )
        stage.resetCounts()
        let report = await stage.reconciler(evidence: checkpoint.evidence).run(id: "r", in: stage.context())
        #expect(report.exit == .converged)
        #expect(report.versions.inSync == 3)
        // The archived state of 1.1, recorded at 09:36; the checkpoint is of 09:00.
        #expect(stage.requests["s3.GetObject"] == 1)
    }

    /// Ways to put something else under the key of a signed object.
    enum Forgery: CaseIterable {
        case unsigned
        case byAnotherKey
        case ofAnotherDomain
        case rekeyed
        case changed
        case empty
    }

    private func forge(_ way: Forgery, at key: ObjectKey, of stage: Rehearsal, _ trust: TestTrust) throws {
        let stored = try bytes(stage, key)
        let body = SignedObject(stored).body
        let path = String(key.value.dropFirst("acme/".count))
        let own = try #require(testSignatures.makeKey())
        let forged: [UInt8]
        switch way {
        case .unsigned: forged = body
        case .byAnotherKey, .ofAnotherDomain:
            let signer = way == .byAnotherKey ? try TestTrust() : trust
            let identity = way == .byAnotherKey ? "111122223333/eu-west-1/acme" : "111122223333/eu-west-1/other"
            let certification = try signer.certification(
                of: own.point,
                identity,
                from: "2026-11-22T06:00:00Z",
                to: "2026-11-22T18:00:00Z"
            )
            forged = try signer.sealed(body, at: path, by: own, certification)
        case .rekeyed:
            let others = (records(stage) + checkpoints(stage)).filter { $0 != key }
            forged = try bytes(stage, try #require(others.first))
        case .changed:
            forged = Array(String(decoding: stored, as: UTF8.self).replacing(":1", with: ":2").utf8)
            #expect(forged != stored)
        case .empty: forged = []
        }
        stage.store.place(forged, at: key.value)
    }

    @Test(arguments: Forgery.allCases)
    func `every record that was replaced is seen by a verification and not restored`(way: Forgery) async throws {
        let trust = try TestTrust()
        let model = try await kept(trust)
        for key in records(model) + checkpoints(model) {
            let stage = try await kept(trust)
            try forge(way, at: key, of: stage, trust)
            let report = await stage.verify(.objects, isStrict: false)
            #expect(report.exit == .verificationFailed, "\(way) at \(key)")
            #expect(report.findings.contains { $0.key == key.value }, "\(way) at \(key): \(report.findings.map(\.key))")
            // A restore asks nothing of a record that a later one follows.
            guard let record = stage.layout.record(at: key),
                record.coordinates != version("1.1") || record.status == .archived
            else { continue }
            let restored = stage.restoring()
            let ended = await restored.restore()
            #expect(ended.exit == .failures, "\(way) at \(key)")
            #expect(ended.run.failures.contains { $0.kind == "untrusted" }, "\(way) at \(key)")
        }
    }

    @Test func `a forged record keeps no true one from being written`() async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        stage.source.publish(version("2.0"), ["app-2.0.jar": "jar 2.0"])
        // What anybody can put there who knows the version, its revision and its status.
        let current = try #require(stage.source.currentVersions[version("2.0")])
        let forged = ManifestRecord(
            coordinates: version("2.0"),
            recordedAt: try time("2026-11-22T11:00:00Z"),
            revision: current.revision,
            status: .published
        )
        let key = stage.layout.key(of: forged)
        let other = try #require(records(stage).first { stage.layout.record(at: $0) != nil })
        stage.store.place(SignedObject(try bytes(stage, other)).body, at: key.value)
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.versions.copied == 1)
        #expect(report.warnings.contains { $0.contains("does not count as a record: \(key.value)") })
        // It stays out once a checkpoint has counted its key.
        for _ in 0..<3 {
            stage.clock.advance(by: hour)
            let later = try await stage.reconcileWithCheckpoint()
            #expect(later.exit == .converged)
            #expect(later.versions.copied == 0)
            #expect(later.warnings.contains { $0.contains(key.value) })
        }
        #expect(await stage.protect(version("2.0")).versions.inSync == 1)
        let restored = stage.restoring()
        await restored.restore()
        #expect(restored.target.currentVersions[version("2.0")]?.assets.count == 1)
    }

    @Test func `an event takes a forged record for none`() async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        stage.source.publish(version("2.0"), ["app-2.0.jar": "jar 2.0"])
        let current = try #require(stage.source.currentVersions[version("2.0")])
        let forged = ManifestRecord(
            coordinates: version("2.0"),
            recordedAt: try time("2026-11-22T11:00:00Z"),
            revision: current.revision,
            status: .published
        )
        let other = try #require(records(stage).first { stage.layout.record(at: $0) != nil })
        stage.store.place(SignedObject(try bytes(stage, other)).body, at: stage.layout.key(of: forged).value)
        #expect(await stage.protect(version("2.0")).versions.copied == 1)
        #expect(await stage.protect(version("2.0")).versions.inSync == 1)
    }

    @Test func `a deletion carries nothing on that a forged record says`() async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        let forged = try poison(stage)
        stage.source.delete(version("1.0"))
        _ = try await stage.reconcileWithCheckpoint()
        let deleted = try #require(records(stage).first { stage.layout.record(at: $0)?.status == .deleted })
        let record = String(decoding: try bytes(stage, deleted), as: UTF8.self)
        #expect(record.contains(forged.own))
        #expect(!record.contains(forged.sha256))
    }

    /// An unsigned record of 1.0, dated 11:00, that names other bytes; the SHA-256 that it names, and its own.
    private func poison(_ stage: Rehearsal) throws -> (key: ObjectKey, sha256: String, own: String) {
        let key = try #require(records(stage).first { stage.layout.record(at: $0)?.coordinates == version("1.0") })
        let good = try #require(stage.layout.record(at: key))
        let body = String(decoding: SignedObject(try bytes(stage, key)).body, as: UTF8.self)
        let later = ManifestRecord(
            coordinates: good.coordinates,
            recordedAt: try time("2026-11-22T11:00:00Z"),
            revision: good.revision,
            status: good.status
        )
        let hash = try #require(body.firstMatch(of: /"sha256":"([0-9a-f]{64})"/)?.output.1)
        let sha256 = String(repeating: "ab", count: 32)
        let text = body.replacing(hash, with: sha256)
            .replacing(good.recordedAt.extended, with: later.recordedAt.extended)
        stage.store.place(Array(text.utf8), at: stage.layout.key(of: later).value)
        return (stage.layout.key(of: later), sha256, String(hash))
    }

    /// What of a backup says a text, and is signed.
    private func signed(_ stage: Rehearsal, saying text: String) -> [String] {
        stage.store.keys.filter { key in
            let stored = stage.store.bytes(at: ObjectKey(key), versionID: nil) ?? []
            return SignedObject(stored).seal != nil && String(decoding: stored, as: UTF8.self).contains(text)
        }
    }

    @Test func `laundering: an event signs nothing on that a forged record says`() async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        let forged = try poison(stage)
        stage.source.delete(version("1.0"))
        #expect(await stage.protect(version("1.0")).versions.deleted == 1)
        let deleted = try #require(records(stage).first { stage.layout.record(at: $0)?.status == .deleted })
        #expect(String(decoding: try bytes(stage, deleted), as: UTF8.self).contains("app-1.0.jar"))
        #expect(signed(stage, saying: forged.sha256) == [])
    }

    @Test func `laundering: a repair signs nothing that a forged neighbour says`() async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        let own = try #require(records(stage).first { stage.layout.record(at: $0)?.coordinates == version("1.0") })
        let forged = try poison(stage)
        // The domain no longer has it, and the true record is damaged: the forged one is all that there is to copy.
        stage.store.place([], at: own.value)
        stage.source.delete(version("1.0"))
        let report = await stage.verify(.objects, repairs: true)
        #expect(report.exit == .verificationFailed)
        #expect(Set(report.findings.filter { !$0.mended }.map(\.key)).isSuperset(of: [own.value, forged.key.value]))
        #expect(signed(stage, saying: forged.sha256) == [])
    }

    @Test func `laundering: a forged record of a package opens nothing and is signed by nobody`() async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        let record = PackageRecord(
            package: version("1.0").package,
            recordedAt: try time("2026-11-22T11:00:00Z"),
            originControls: OriginControls(publish: .allow, upstream: .allow)
        )
        let key = stage.layout.key(of: record)
        let bytes = record.canonicalBytes(recordedBy: Manifest.Recorder(door: "reconcile", version: "1"))
        stage.store.place(bytes, at: key.value)
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .converged)
        #expect(report.warnings.contains { $0.contains(key.value) })
        _ = await stage.verify(.objects, repairs: true)
        let again = records(stage).filter { stage.layout.packageRecord(at: $0)?.package == record.package && $0 != key }
        #expect(again == [])
        let restored = stage.restoring()
        // Even with --allow-upstream.
        await restored.restore(.opening)
        #expect(restored.target.currentControls.allSatisfy { $0.key != record.package || $0.value?.upstream != .allow })
    }

    @Test func `a backup that was never signed is not gone on with under trust`() async throws {
        let trust = try TestTrust()
        let stage = Rehearsal.paged(keepsVersions: false)
        stage.source.publish(version("1.0"))
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        stage.clock.advance(by: .seconds(7_200))
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        try seal(stage, trust)
        stage.source.publish(version("1.1"))
        let before = stage.store.keys.filter { !$0.contains("/runs/") }
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .refused)
        #expect(report.message?.contains("run once with --begin-signing") == true)
        #expect(stage.store.keys.filter { !$0.contains("/runs/") } == before)
    }

    @Test func `a young backup that is signed goes on beside a record that is not`() async throws {
        let trust = try TestTrust()
        let stage = Rehearsal.paged(keepsVersions: true)
        try seal(stage, trust)
        stage.source.publish(version("1.0"))
        stage.source.publish(version("1.1"))
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        let key = try #require(records(stage).first { stage.layout.record(at: $0)?.coordinates == version("1.0") })
        try forge(.unsigned, at: key, of: stage, trust)
        stage.clock.advance(by: .seconds(60))
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .converged)
        #expect(report.versions.copied == 1)
        #expect(report.warnings.count == 1)
    }

    @Test func `what a young backup was told of signing holds in the next run`() async throws {
        let trust = try TestTrust()
        let stage = Rehearsal.paged(keepsVersions: true)
        stage.source.publish(version("1.0"))
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        stage.clock.advance(by: .seconds(60))
        try seal(stage, trust)
        var options = Reconciler.Options()
        options.beginsSigning = true
        let begun = try await stage.reconcileWithCheckpoint(options)
        #expect(begun.exit == .converged)
        #expect(begun.versions.copied == 1)
        stage.clock.advance(by: .seconds(60))
        let later = try await stage.reconcileWithCheckpoint()
        #expect(later.exit == .converged)
        #expect(later.versions.copied == 0)
        #expect(later.warnings == [])
    }

    @Test func `a backup that has records is signed from the run on that is told to`() async throws {
        let trust = try TestTrust()
        let stage = Rehearsal.paged(keepsVersions: true)
        stage.source.publish(version("1.0"), ["app-1.0.jar": "jar"])
        stage.source.publish(version("1.1"), ["app-1.1.jar": "jar 1.1"])
        stage.source.publish(version("0.9"), ["app-0.9.jar": "gone"])
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        stage.clock.advance(by: .seconds(7_200))
        stage.source.delete(version("0.9"))
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        stage.clock.advance(by: .seconds(7_200))
        try seal(stage, trust)
        var options = Reconciler.Options()
        options.beginsSigning = true
        let begun = try await stage.reconcileWithCheckpoint(options)
        #expect(begun.exit == .converged)
        #expect(begun.versions.copied == 2)
        #expect(stage.requests["maven.GetAsset"] == nil)
        // Later runs read what is later than the checkpoint, and none from before.
        for _ in 0..<3 {
            stage.clock.advance(by: hour)
            let later = try await stage.reconcileWithCheckpoint()
            #expect(later.exit == .converged)
            #expect(later.versions.copied == 0)
        }
        let report = await stage.verify(.objects, isStrict: false)
        #expect(report.exit == .verificationFailed)
        #expect(report.findings.count == 4)
        let names = ["acme/manifests/*"]
        #expect(
            await stage.verify(.objects, isStrict: false, accepting: (names, "from before"), id: "accept").exit
                == .converged
        )
        #expect(await stage.verify(.objects, isStrict: false).exit == .converged)
        let restored = stage.restoring()
        await restored.restore()
        #expect(restored.target.currentVersions.keys.map(\.version).sorted() == ["1.0", "1.1"])
    }

    @Test func `a restore compares the records with the trust file's anchors, and brings back what is there`()
        async throws
    {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        try await stage.record(InMemoryConfiguration())
        stage.clock.advance(by: .seconds(7_200))
        let report = try await stage.reconcileWithCheckpoint()
        let account = try #require(report.checkpoint)
        let anchor = TrustFile.Anchor(cutoff: try time(account.cutoff), digest: account.digest)
        let file = TrustFile(identity: Self.identity, keys: trust.file(Self.identity).keys, anchors: [anchor])
        stage.seal(trust: try trust.trust(file), signer: nil)
        #expect(await stage.restoring().restore().exit == .converged)

        let lost = try #require(
            records(stage).first { stage.layout.record(at: $0)?.coordinates == version("1.0", of: lib) }
        )
        let stored = try bytes(stage, lost)
        stage.store.damage(lost) { _ in nil }
        let restored = stage.restoring(repositories: ["releases"])
        let found = await restored.restore()
        #expect(found.exit == .failures && found.run.failures.map(\.kind) == ["untrusted"])
        let message = try #require(found.run.failures.first?.message)
        #expect(message.contains("the digest of the records up to \(account.cutoff) is "))
        #expect(
            message.contains(
                "and an anchor of the trust file says \(account.digest): records were removed, or slipped in"
            )
        )
        #expect(restored.target.currentVersions[version("1.0")] != nil)

        // A record of the configuration that is gone shows too, where all records are listed: for some repositories only if
        // one of their records may open a package.
        stage.store.place(stored, at: lost.value)
        let key = try #require(stage.objectKeys.first { stage.layout.configuration(at: $0) != nil })
        stage.store.damage(key) { _ in nil }
        #expect(await stage.restoring().restore().exit == .failures)
        var options = Restorer.Options.opening
        options.selection.repositories = ["releases"]
        #expect(await stage.restoring().restore(options).exit == .failures)
        options.allowsUpstream = false
        let closed = await stage.restoring().restore(options)
        #expect(!closed.run.failures.contains { $0.message.contains("an anchor") })
    }

    @Test func `a run compares the records with the trust file's anchors, and goes on with 6 until that is accepted`()
        async throws
    {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        let newest = try await Checkpoints.read(of: stage.backup, repositories: [], at: stage.backup.now).newest
        let digest = try #require(newest).checkpoint.records
        let anchor = TrustFile.Anchor(cutoff: digest.cutoff, digest: digest.digest)
        func anchored() throws {
            let file = trust.file(Self.identity, anchors: [anchor])
            stage.seal(trust: try trust.trust(file), signer: try trust.signer(file, clock: stage.clock))
        }
        try anchored()
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        // Emptied as a whole: nothing else shows that there was more.
        for key in stage.store.keys { stage.store.damage(ObjectKey(key)) { _ in nil } }
        try seal(stage, trust)
        let emptied = stage.store.memory
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        stage.store.memory = emptied
        try anchored()
        let name = "acme/checkpoints/\(digest.cutoff.basic):\(digest.digest)"
        for number in 1...3 {
            let report = try await stage.reconcileWithCheckpoint()
            #expect(report.exit == .verificationFailed, "\(report.message ?? "")")
            #expect(report.checkpoint?.contradictions.map(\.checkpoint) == [name])
            #expect(report.versions.copied == (number == 1 ? 3 : 0))
            stage.clock.advance(by: hour)
        }
        let accepting = (names: ["acme/*"], reason: "a test")
        let anchors = [try #require(CheckpointAnchor("\(digest.cutoff.basic):\(digest.digest)"))]
        let accepted = await stage.verify(.manifests, accepting: accepting, anchors: anchors, id: "accept")
        #expect(accepted.acceptedLosses.contains { $0.key == name }, "\(accepted.findings)")
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
    }

    @Test func `a package is not opened by an earlier record when the newer one is gone, which a checkpoint shows`()
        async throws
    {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        stage.source.setControls(OriginControls(publish: .allow, upstream: .block), of: lib)
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        stage.clock.advance(by: .seconds(7_200))
        #expect(try await stage.reconcileWithCheckpoint().checkpoint?.key != nil)
        let own = records(stage).filter { stage.layout.packageRecord(at: $0)?.package == lib }.sorted()
        #expect(own.count == 2)
        let kept = stage.restoring()
        #expect(await kept.restore(.opening).exit == .converged)
        #expect(kept.target.currentControls[lib]??.upstream == .block)

        stage.store.damage(own[1]) { _ in nil }
        for repositories in [[], ["releases"]] as [[String]] {
            var options = Restorer.Options.opening
            options.selection.repositories = repositories
            options.accepted = ["nothing"]
            let restored = stage.restoring()
            let report = await restored.restore(options)
            #expect(report.exit == .failures)
            #expect(report.run.failures.contains { $0.message.contains("the newest checkpoint, acme/checkpoints/") })
            #expect(restored.target.currentControls[lib]??.upstream == .block)
            #expect(restored.target.currentVersions[version("1.0", of: lib)] != nil)
        }
    }

    @Test func `a configuration is not restored from an earlier record when the newer one is gone`() async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        let domain = InMemoryConfiguration()
        domain.change { $0.policy = #"{"Version":"2012-10-17","Statement":[]}"# }
        try await stage.record(domain)
        stage.clock.advance(by: .seconds(60))
        domain.change { $0.policy = nil }
        try await stage.record(domain)
        stage.clock.advance(by: .seconds(7_200))
        #expect(try await stage.reconcileWithCheckpoint().checkpoint?.key != nil)
        func restored(accepting: Bool = false) async throws -> ConfigurationRestore {
            let target = InMemoryConfiguration()
            var options = ConfigurationRestorer.Options(
                mapping: ConfigurationMapping(
                    to: DomainIdentity(name: "acme", owner: Self.identity.owner),
                    in: Self.identity.region
                ),
                plan: ConfigurationPlan.Options(region: Self.identity.region)
            )
            if accepting, let newest = try await ConfigurationRecords.list(in: stage.backup).newest().found {
                options.accepted = [newest.sha256]
            }
            let restorer = ConfigurationRestorer(
                backup: stage.backup,
                repositories: { try await target.repositories() },
                source: target,
                destination: target,
                options: options,
                width: 4
            )
            return try await restorer.run(stop: StopSignal()) { _ in }
        }
        let whole = try await restored()
        #expect(whole.steps.isEmpty && whole.exit == .converged)
        let newest = try #require(stage.objectKeys.filter { stage.layout.configuration(at: $0) != nil }.max())
        stage.store.damage(newest) { _ in nil }
        let held = try await restored()
        #expect(held.exit == .refused && held.isContradicted && !held.isProved)
        #expect(held.steps.map(\.call.name) == ["PutDomainPermissionsPolicy"] && held.count { $0 == .planned } == 1)
        #expect(held.refusal?.contains("may not be the newest one") == true)
        let accepted = try await restored(accepting: true)
        #expect(accepted.count { $0 == .made } == 1)
    }

    @Test func `evidence of a drill that nobody has signed is a fault under trust, and signed evidence is none`()
        async throws
    {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        let evidence = Array(#"{"format":1}"#.utf8)
        let day = stage.backup.now.day
        _ = try await stage.backup.store.write(
            evidence,
            to: stage.layout.drillKey(drillID: "true", day: day),
            .createOnly
        )
        #expect(await stage.verify(.objects).findings == [])
        let forged = stage.layout.drillKey(drillID: "forged", day: day)
        stage.store.place(evidence, at: forged.value)
        let report = await stage.verify(.objects)
        #expect(report.exit == .verificationFailed)
        #expect(report.findings.map { "\($0.kind.rawValue) \($0.key)" } == ["unreadableManifest \(forged)"])
        #expect(report.findings.first?.message.contains("it is not signed") == true)
        #expect(
            await stage.verify(.objects, accepting: ([forged.value], "from before signing"), id: "accept").exit
                == .converged
        )
        #expect(await stage.verify(.objects).exit == .converged)
        stage.seal(trust: nil, signer: nil)
        stage.store.place(evidence, at: stage.layout.drillKey(drillID: "other", day: day).value)
        #expect(await stage.verify(.objects).findings == [])
    }

    @Test func `what a thief of the key dates back does not count, and what an anchor vouches for does`() async throws {
        let (old, new) = (try TestTrust(), try TestTrust())
        let stage = try await kept(old)
        let noon = try time("2026-11-22T11:36:12Z")
        let digest = try #require(try await Checkpoints.read(of: stage.backup, repositories: [], at: noon).newest)
            .checkpoint.records
        #expect(digest.cutoff.extended == "2026-11-22T09:00:00Z")
        let before = records(stage)
        // The thief records 2.0, which was never published, and 1.0 with other bytes.
        let true10 = try #require(before.first { stage.layout.record(at: $0)?.coordinates == version("1.0") })
        let poison = String(repeating: "cd", count: 32)
        var forged: [ObjectKey] = []
        for (number, moment) in [("2.0", "2026-11-22T09:40:00Z"), ("1.0", "2026-11-22T09:45:00Z")] {
            let record = try #require(stage.layout.record(at: true10))
            let later = ManifestRecord(
                coordinates: version(number),
                recordedAt: try time(moment),
                revision: record.revision,
                status: record.status
            )
            let body = String(decoding: SignedObject(try bytes(stage, true10)).body, as: UTF8.self)
            let hash = try #require(body.firstMatch(of: /"sha256":"([0-9a-f]{64})"/)?.output.1)
            let text = body.replacing(record.recordedAt.extended, with: moment).replacing(hash, with: poison)
                .replacing("\"version\":\"1.0\"", with: "\"version\":\"\(number)\"")
                .replacing("/1.0/", with: "/\(number)/")
            let own = try #require(testSignatures.makeKey())
            let certification = try old.certification(
                of: own.point,
                Self.identity.description,
                from: "2026-11-22T09:30:00Z",
                to: "2026-11-22T12:00:00Z"
            )
            let key = stage.layout.key(of: later)
            let path = String(key.value.dropFirst("acme/".count))
            stage.store.place(try old.sealed(Array(text.utf8), at: path, by: own, certification), at: key.value)
            forged.append(key)
        }
        let file = TrustFile(
            identity: Self.identity,
            keys: [
                TrustFile.Key(point: old.key.point, from: nil, until: nil, stolen: try time("2026-11-22T10:00:00Z")),
                TrustFile.Key(point: new.key.point, from: try time("2026-11-22T10:00:00Z"), until: nil),
            ],
            anchors: [TrustFile.Anchor(cutoff: digest.cutoff, digest: digest.digest)]
        )
        stage.seal(trust: try new.trust(file), signer: try new.signer(file, clock: stage.clock))
        let report = try await stage.reconcileWithCheckpoint()
        #expect(report.exit == .converged, "\(report.message ?? "")")
        // That 1.1 is archived was recorded after the anchor, so it is recorded again.
        #expect(report.versions.copied == 1)
        #expect(report.versions.inSync == 2)
        let archived = before.filter { stage.layout.record(at: $0)?.status == .archived }
        let found = await stage.verify(.objects, isStrict: false)
        #expect(found.exit == .verificationFailed)
        #expect(Set(found.findings.map(\.key)) == Set((forged + archived).map(\.value)))
        let restored = stage.restoring()
        let ended = await restored.restore()
        #expect(ended.exit == .failures)
        #expect(restored.target.currentVersions.keys.map(\.version).sorted() == ["1.0", "1.0", "1.1"])
        #expect(restored.target.currentVersions[version("1.0")]?.assets.count == 2)
    }

    @Test func `a rehearsed repair under trust finds what the repair mends, and writes nothing`() async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        let key = try #require(records(stage).first { stage.layout.record(at: $0)?.coordinates == version("1.0") })
        try forge(.unsigned, at: key, of: stage, trust)
        let before = stage.store.contents
        let rehearsed = await stage.verify(.objects, repairs: true, rehearses: true)
        #expect(stage.store.contents == before)
        let repaired = await stage.verify(.objects, repairs: true)
        #expect(rehearsed.findings == repaired.findings)
        #expect(repaired.findings.contains { $0.key == key.value && $0.mended })
    }

    @Test func `a repair under trust records a state anew and retires the forged record, which stays`() async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        let key = try #require(records(stage).first { stage.layout.record(at: $0)?.coordinates == version("1.0") })
        stage.clock.advance(by: .seconds(86_400))
        let fresh = try trust.signer(trust.file(Self.identity), clock: stage.clock)
        stage.seal(trust: try trust.trust(trust.file(Self.identity)), signer: fresh)
        try forge(.unsigned, at: key, of: stage, trust)
        let forged = try bytes(stage, key)
        let report = await stage.verify(.objects, repairs: true)
        #expect(report.exit == .converged, "\(report.findings)")
        #expect(report.findings.contains { $0.key == key.value && $0.mended })
        #expect(report.retired == 1)
        #expect(try bytes(stage, key) == forged)
        let again = records(stage).filter { stage.layout.record(at: $0)?.coordinates == version("1.0") }
        #expect(again.count == 2)
        let count = records(stage).count
        #expect(await stage.verify(.objects, repairs: true).exit == .converged)
        #expect(records(stage).count == count)
        #expect(await stage.verify(.objects).exit == .converged)
        let restored = stage.restoring()
        await restored.restore()
        #expect(restored.target.currentVersions[version("1.0")]?.assets.count == 2)
        // Other bytes under the key are a fault again.
        stage.store.place(forged + [32], at: key.value)
        #expect(await Set(stage.verify(.objects).findings.map(\.key)) == [key.value])
        stage.store.place(forged, at: key.value)
        #expect(await stage.verify(.objects).exit == .converged)
        // What nobody has signed retires nothing.
        let repair = try #require(stage.store.keys.first { $0.contains("/repairs/") })
        stage.store.place(SignedObject(try bytes(stage, ObjectKey(repair))).body, at: repair)
        #expect(await Set(stage.verify(.objects).findings.map(\.key)) == [key.value, repair])
    }
}
