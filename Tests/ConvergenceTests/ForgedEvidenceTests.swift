import ReconcileCore
import TestSupport
import Testing

/// What stands beside the records of a signed backup and is forged, and what is accepted of a record that is damaged.
@Suite struct ForgedEvidenceTests {
    private static let identity = RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "acme")
    private let hour: Duration = .seconds(3_600)

    private func seal(_ stage: Rehearsal, _ trust: TestTrust) throws {
        let file = trust.file(Self.identity)
        stage.seal(trust: try trust.trust(file), signer: try trust.signer(file, clock: stage.clock))
    }

    /// Two versions and four checkpoints.
    private func kept(_ trust: TestTrust) async throws -> Rehearsal {
        let stage = Rehearsal()
        try seal(stage, trust)
        stage.source.publish(version("1.0"), ["app-1.0.jar": "jar"])
        stage.source.publish(version("1.1"), ["app-1.1.jar": "jar 1.1"])
        for _ in 1...6 { try await run(stage) }
        #expect(checkpoints(stage).count == 4)
        #expect(await stage.verify(.objects).findings == [])
        return stage
    }

    private func run(_ stage: Rehearsal) async throws {
        #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
        stage.clock.advance(by: hour)
    }

    private func checkpoints(_ stage: Rehearsal) -> [ObjectKey] {
        stage.store.keys.filter { $0.contains("/checkpoints/") }.map { ObjectKey($0) }
    }

    private func bytes(_ stage: Rehearsal, _ key: ObjectKey) throws -> [UInt8] {
        try #require(stage.store.bytes(at: key, versionID: nil))
    }

    private func rows(_ report: VerifyReport) -> [String] {
        report.findings.map { "\($0.kind.rawValue) \($0.key)" }.sorted()
    }

    @Test(arguments: ["unsigned", "an older one", "by another key"])
    func `a forged checkpoint is a fault also once a later one is there`(way: String) async throws {
        let trust = try TestTrust()
        let stage = try await kept(trust)
        let newest = try #require(checkpoints(stage).last)
        let cutoff = Timestamp(seconds: try #require(stage.layout.cutoff(ofCheckpointAt: newest)).seconds + 3_600)
        let forged = stage.layout.checkpointKey(cutoff: cutoff, runID: "forged")
        switch way {
        case "unsigned": stage.store.place(SignedObject(try bytes(stage, newest)).body, at: forged.value)
        case "an older one": stage.store.place(try bytes(stage, newest), at: forged.value)
        default:
            let own = try #require(testSignatures.makeKey())
            let certification = try TestTrust().certification(
                of: own.point,
                "111122223333/eu-west-1/acme",
                from: "2026-11-22T06:00:00Z",
                to: "2026-11-22T18:00:00Z"
            )
            let body = SignedObject(try bytes(stage, newest)).body
            let path = String(forged.value.dropFirst("acme/".count))
            stage.store.place(try trust.sealed(body, at: path, by: own, certification), at: forged.value)
        }
        #expect(rows(await stage.verify(.objects)) == ["unreadableCheckpoint \(forged)"])
        for _ in 1...3 { try await run(stage) }
        #expect(rows(await stage.verify(.objects)) == ["unreadableCheckpoint \(forged)"])
        let accepted = await stage.verify(.objects, accepting: ([forged.value], "a test"), id: "accept")
        #expect(accepted.findings == [])
        #expect(await stage.verify(.objects).findings == [])
        // Not whatever is put there later.
        stage.store.place(Array("{}".utf8), at: forged.value)
        #expect(rows(await stage.verify(.objects)) == ["unreadableCheckpoint \(forged)"])
    }

    @Test func `checkpoints from before a backup was signed are no faults`() async throws {
        let trust = try TestTrust()
        let stage = Rehearsal()
        stage.source.publish(version("1.0"), ["app-1.0.jar": "jar"])
        for _ in 1...5 { try await run(stage) }
        let unsigned = checkpoints(stage)
        #expect(unsigned.count == 3)
        try seal(stage, trust)
        var options = Reconciler.Options()
        options.beginsSigning = true
        #expect(try await stage.reconcileWithCheckpoint(options).exit == .converged)
        #expect(rows(await stage.verify(.objects)).allSatisfy { !$0.contains("/checkpoints/") })
        // One that is later than the first signed one is none of them.
        let cutoff = try #require(checkpoints(stage).last.flatMap(stage.layout.cutoff(ofCheckpointAt:)))
        let forged = stage.layout.checkpointKey(cutoff: cutoff, runID: "zzz")
        stage.store.place(try bytes(stage, unsigned[0]), at: forged.value)
        #expect(rows(await stage.verify(.objects)).contains("unreadableCheckpoint \(forged)"))
    }

    @Test func `of a backup that was signed from its first run on, each checkpoint must be signed`() async throws {
        let stage = try await kept(TestTrust())
        let first = checkpoints(stage)[0]
        let cutoff = Timestamp(seconds: try #require(stage.layout.cutoff(ofCheckpointAt: first)).seconds - 3_600)
        let forged = stage.layout.checkpointKey(cutoff: cutoff, runID: "forged")
        stage.store.place(SignedObject(try bytes(stage, first)).body, at: forged.value)
        #expect(rows(await stage.verify(.objects)) == ["unreadableCheckpoint \(forged)"])
    }

    @Test(arguments: [
        "deletions/20261122T090000Z.run.json", "statements/20261122T090000Z.run/abc.json",
        "statements/20261122T090000Z.run/index.json",
    ])
    func `a forged allowance, and a part of a forged statement, are faults of their own under trust`(path: String)
        async throws
    {
        let stage = try await kept(TestTrust())
        let key = "\(stage.layout.prefix)\(path)"
        stage.store.place(Array(#"{"domain":"acme","format":1}"#.utf8), at: key)
        let report = await stage.verify(.objects)
        #expect(rows(report) == ["unreadableManifest \(key)"] && report.exit == .verificationFailed)
        #expect(report.findings.first?.message.contains("it is not signed") == true)
        #expect(await stage.verify(.objects, accepting: ([key], "a test"), id: "accept").findings == [])
        #expect(await stage.verify(.objects).findings == [])
        // Without a trust file nothing tells a forged one from a true one.
        stage.seal(trust: nil, signer: nil)
        #expect(rows(await stage.verify(.objects)).allSatisfy { !$0.contains(path) })
    }

    @Test func `what takes the place of a checkpoint whose loss was accepted is a fault under trust`() async throws {
        let stage = try await kept(TestTrust())
        let keys = checkpoints(stage)
        let true1 = try bytes(stage, keys[1])
        stage.store.damage(keys[1]) { _ in nil }
        #expect(rows(await stage.verify(.objects)) == ["lostCheckpoint \(keys[1])"])
        let accepted = await stage.verify(.objects, accepting: ([keys[1].value], "a test"), id: "accept")
        #expect(accepted.findings == [])
        #expect(await stage.verify(.objects).findings == [])
        stage.store.place(SignedObject(true1).body, at: keys[1].value)
        #expect(rows(await stage.verify(.objects)) == ["unreadableCheckpoint \(keys[1])"])
    }

    @Test func `the first signed checkpoint is missed where an unsigned one takes its place`() async throws {
        let trust = try TestTrust()
        let stage = Rehearsal()
        stage.source.publish(version("1.0"), ["app-1.0.jar": "jar"])
        for _ in 1...3 { try await run(stage) }
        try seal(stage, trust)
        var options = Reconciler.Options()
        options.beginsSigning = true
        #expect(try await stage.reconcileWithCheckpoint(options).exit == .converged)
        let first = try #require(checkpoints(stage).last)
        for _ in 1...3 { try await run(stage) }
        stage.store.place(SignedObject(try bytes(stage, first)).body, at: first.value)
        #expect(rows(await stage.verify(.objects)).contains("unreadableCheckpoint \(first)"))
    }

    /// A repair that retires the record of 1.0.
    private func repair(_ stage: Rehearsal) throws -> (key: ObjectKey, bytes: [UInt8]) {
        try repair(
            stage,
            of: try #require(
                stage.objectKeys.first { stage.layout.record(at: $0)?.coordinates == version("1.0") }
            )
        )
    }

    private func repair(_ stage: Rehearsal, of record: ObjectKey) throws -> (key: ObjectKey, bytes: [UInt8]) {
        let sum = testHashes.digest(try bytes(stage, record), .sha256)
        let time = stage.backup.now
        let text =
            #"{"domain":"acme","format":1,"recordedAt":"\#(time.extended)","#
            + #""recordedBy":{"door":"repair","version":"test"},"#
            + #""repaired":[{"key":"\#(record)","reason":"forged","sha256":"\#(sum)"}]}"#
        return (ObjectKey("acme/repairs/\(time.basic).verify-0.json"), Array(text.utf8))
    }

    @Test func `a forged repair retires nothing under trust, and is a fault`() async throws {
        let stage = try await kept(TestTrust())
        let forged = try repair(stage)
        stage.store.place(forged.bytes, at: forged.key.value)
        let report = await stage.verify(.objects)
        #expect(rows(report) == ["unreadableManifest \(forged.key)"] && report.retired == nil)
        #expect(
            await stage.verify(.objects, accepting: ([forged.key.value], "a test"), id: "accept").findings == []
        )
        #expect(await stage.verify(.objects).findings == [])
    }

    @Test func `a repair that is none, or has another one's name, is a fault without trust too`() async throws {
        let stage = Rehearsal()
        stage.source.publish(version("1.0"), ["app-1.0.jar": "jar"])
        try await run(stage)
        let sound = stage.store.memory
        let made = try repair(stage)
        for (key, bytes) in [
            (made.key, Array("{}".utf8)), (made.key, []),
            (ObjectKey("acme/repairs/20200101T000000Z.verify-0.json"), made.bytes),
        ] {
            stage.store.place(bytes, at: key.value)
            let report = await stage.verify(.objects)
            #expect(rows(report) == ["unreadableManifest \(key)"] && report.retired == nil, "\(key)")
            stage.store.memory = sound
        }
        // Of a forged one nothing but this shows that it is none: a true one leaves a later record in its place.
        stage.store.place(made.bytes, at: made.key.value)
        let record = try #require(stage.objectKeys.first { stage.layout.record(at: $0)?.coordinates == version("1.0") })
        let report = await stage.verify(.objects, isStrict: false)
        #expect(rows(report) == ["unreadableManifest \(record)"] && report.retired == 1)
        #expect(report.findings.first?.message.contains("no later record replaces it") == true)
        // With its record gone as well, the version had none, and nobody said so.
        stage.store.damage(record) { _ in Array(#"{"x":1}"#.utf8) + [UInt8](repeating: 0x20, count: 200) }
        #expect(rows(await stage.verify(.objects, isStrict: false)) == ["unreadableManifest \(record)"])
        stage.store.memory = sound
        stage.store.place(made.bytes, at: made.key.value)
        stage.clock.advance(by: .seconds(60))
        let repaired = await stage.verify(.objects, repairs: true, isStrict: false)
        #expect(repaired.exit == .converged)
        #expect(await stage.verify(.objects).findings == [])
    }

    @Test func `a forged repair of a package's own record is a fault without trust too`() async throws {
        let stage = Rehearsal()
        stage.source.publish(version("1.0"), ["app-1.0.jar": "jar"])
        stage.source.setControls(OriginControls(publish: .block, upstream: .block), of: app)
        try await run(stage)
        let record = try #require(stage.objectKeys.first { stage.layout.packageRecord(at: $0) != nil })
        let made = try repair(stage, of: record)
        stage.store.place(made.bytes, at: made.key.value)
        #expect(rows(await stage.verify(.objects)) == ["unreadableManifest \(record)"])
        stage.clock.advance(by: .seconds(60))
        #expect(await stage.verify(.objects, repairs: true).exit == .converged)
        #expect(await stage.verify(.objects).findings == [])
    }

    // MARK: What an accepted loss covers

    /// A backup whose record of 1.0 is damaged, which is accepted.
    private func accepted(_ trust: TestTrust?) async throws -> (stage: Rehearsal, record: ObjectKey) {
        let stage = Rehearsal()
        if let trust { try seal(stage, trust) }
        stage.source.publish(version("1.0"), ["app-1.0.jar": "jar"])
        stage.source.publish(version("1.1"), ["app-1.1.jar": "jar 1.1"])
        try await run(stage)
        let record = try #require(
            stage.objectKeys.first { stage.layout.record(at: $0)?.coordinates == version("1.0") }
        )
        stage.store.damage(record) { _ in Array("damaged".utf8) }
        #expect(rows(await stage.verify(.manifests)) == ["unreadableManifest \(record)"])
        #expect(
            await stage.verify(.manifests, accepting: ([record.value], "a test"), id: "accept").exit == .converged
        )
        #expect(await stage.verify(.manifests).findings == [])
        return (stage, record)
    }

    @Test(arguments: [false, true])
    func `a loss of a record is accepted with the bytes that it has, and others are a fault again`(
        isSigned: Bool
    ) async throws {
        let (stage, record) = try await accepted(isSigned ? TestTrust() : nil)
        let loss = SignedObject(try bytes(stage, ObjectKey("acme/losses/accept.json"))).body
        let sum = testHashes.digest(Array("damaged".utf8), .sha256)
        #expect(String(decoding: loss, as: UTF8.self).contains(#""kind":"unreadableManifest","sha256":"\#(sum)"}"#))
        for forged in ["other bytes", ""] {
            stage.store.damage(record) { _ in Array(forged.utf8) }
            #expect(rows(await stage.verify(.manifests)) == ["unreadableManifest \(record)"], "\(forged)")
        }
        // They may be accepted as well; and so stay those from before.
        #expect(await stage.verify(.manifests, accepting: ([record.value], "again"), id: "again").exit == .converged)
        for bytes in ["", "damaged"] {
            stage.store.damage(record) { _ in Array(bytes.utf8) }
            #expect(await stage.verify(.manifests).findings == [], "\(bytes)")
        }
        // A record that is there again and passes is no fault, and one that is gone is none of these bytes.
        stage.store.damage(record) { _ in nil }
        #expect(await stage.verify(.manifests).findings.allSatisfy { $0.kind != .unreadableManifest })
    }

    @Test func `a loss that an earlier release recorded goes on covering whatever is there`() async throws {
        let (stage, record) = try await accepted(nil)
        let key = ObjectKey("acme/losses/accept.json")
        let text = String(decoding: try bytes(stage, key), as: UTF8.self)
        let old = text.replacing(#/,"sha256":"[0-9a-f]{64}"/#, with: "")
        #expect(old != text)
        stage.store.damage(key) { _ in Array(old.utf8) }
        for other in ["damaged", "other bytes"] {
            stage.store.damage(record) { _ in Array(other.utf8) }
            #expect(await stage.verify(.manifests).findings == [])
        }
    }
}
