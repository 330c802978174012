import AWSServices
import DirectoryAdapter
import HTTPTransfer
import ReconcileCore
import TestSupport
import Testing

/// What a thief of the signing key may have made while he had it, and uses when he has it no more.
@Suite(.serialized, .enabled(if: Programs.areReal, "RECONCILE_TESTS=unit leaves out real servers"), .seaweedFS)
struct HoardedCertificateTests {
    /// A certificate, and what becomes of a record that is signed under it.
    struct Row: Sendable {
        let name: String
        /// What it names, given what the thief saw, and what is the newest when it is used.
        let names: @Sendable (_ then: RunCertificate.Seen, _ now: RunCertificate.Seen) -> RunCertificate.Seen?
        /// What the refusal says; nil where the record counts.
        let refusal: String?
    }

    static let rows: [Row] = [
        Row(
            name: "made in advance, naming what was the newest checkpoint then",
            names: { then, _ in then },
            refusal: "it was made in advance, or kept"
        ),
        Row(
            name: "made in advance, naming none",
            names: { _, _ in nil },
            refusal: "names none, although there was one"
        ),
        Row(
            name: "made in advance, naming a checkpoint that nobody wrote",
            names: { _, now in RunCertificate.Seen(cutoff: now.cutoff, sha256: String(repeating: "ab", count: 32)) },
            refusal: "that is gone, or does not pass itself"
        ),
        Row(name: "made when it says", names: { _, now in now }, refusal: nil),
    ]

    @Test func `hoarded certificates, in a directory`() async throws {
        try await withScratchDirectory { scratch in
            for (number, row) in Self.rows.enumerated() {
                let folder = "\(scratch)/\(number)"
                let store = try DirectoryStore(directory: folder, create: true, ledger: RequestLedger())
                try await prove(row, try SignedStage(store))
            }
        }
    }

    @Test func `hoarded certificates, in a bucket that keeps versions`() async throws {
        let seaweed = try #require(SeaweedFS.current)
        try await HTTPClient.withClient { client in
            for (number, row) in Self.rows.enumerated() {
                let bucket = seaweed.versionedBucket
                let store = try S3Store(seaweed, bucket: bucket, prefix: "hoarded/\(number)", client: client)
                try await prove(row, try SignedStage(store))
            }
        }
    }

    @Test(arguments: [0, 1, 2])
    func `a run signs nothing on that a record under a hoarded certificate says`(number: Int) async throws {
        let stage = try SignedStage(InMemoryStore())
        let (then, now) = try await kept(stage)
        let forged = try await stage.forge(naming: Self.rows[number].names(then, now), poisons: true)
        stage.source.delete(stage.version("1.0"))
        stage.clock.advance(by: .seconds(60))
        let ran = try await stage.run()
        #expect(ran.exit == .converged && ran.versions.deleted == 1, "\(ran.message ?? "") \(ran.failures)")
        let deleted = try await stage.texts().filter { $0.value.contains(#""status":"Deleted""#) }
        #expect(deleted.count == 1 && deleted.allSatisfy { $0.value.contains(stage.sha256(of: "jar 0")) })
        let poison = String(repeating: "cd", count: 32)
        #expect(try await stage.texts().filter { $0.value.contains(poison) }.map(\.key) == [forged])
    }

    /// A run each day for eight days; the newest checkpoint of the third day, and that of now.
    private func kept(_ stage: SignedStage) async throws -> (then: RunCertificate.Seen, now: RunCertificate.Seen) {
        var then: RunCertificate.Seen?
        for day in 0..<8 {
            stage.source.publish(stage.version("1.\(day)"), ["app-1.\(day).jar": "jar \(day)"])
            #expect(try await stage.run().exit == .converged, "day \(day)")
            if day == 2 { then = try await stage.newestCheckpoint() }
            stage.clock.advance(by: .seconds(86_400))
        }
        return (try #require(then), try await stage.newestCheckpoint())
    }

    private func prove(_ row: Row, _ stage: SignedStage) async throws {
        let (then, now) = try await kept(stage)
        let key = try await stage.forge(naming: row.names(then, now), poisons: row.refusal != nil)
        let verified = try await stage.verify()
        let faults = verified.findings.filter { $0.key == key.value }
        #expect(faults.isEmpty == (row.refusal == nil), "\(row.name): \(verified.findings)")
        if let refusal = row.refusal {
            #expect(faults.contains { $0.message.contains(refusal) }, "\(row.name): \(faults)")
            #expect(verified.exit == .verificationFailed)
        }
        // The documents are those of the records that count.
        let others = verified.findings.filter { $0.key != key.value && !$0.key.hasPrefix(stage.document) }
        #expect(others.isEmpty, "\(row.name): \(others)")
        let (restored, lacking) = try await stage.restore()
        #expect(restored.failures.contains { $0.kind == "untrusted" } == (row.refusal != nil), "\(row.name)")
        #expect(lacking == [], "\(row.name): \(restored.failures)")
    }
}

/// A backup that is signed day after day, until today.
struct SignedStage: Sendable {
    let store: any ObjectStore
    let layout = BackupLayout(domain: "acme")
    let source = InMemorySource(pageSize: 100, assetPageSize: 100, ledger: RequestLedger())
    /// Begins eight days ago.
    let clock: ManualClock
    private let trust: TestTrust
    private let file: TrustFile
    private let signer: RecordSigner

    init(_ store: any ObjectStore) throws {
        self.store = store
        let today = SystemClock().secondsSince1970()
        clock = ManualClock(at: Timestamp(secondsSince1970: today - 8 * 86_400 + 300).extended)
        trust = try TestTrust()
        file = trust.file(RunCertificate.Identity(owner: "111122223333", region: "eu-west-1", domain: "acme"))
        signer = try trust.signer(file, clock: clock)
    }

    func version(_ text: String) -> VersionCoordinates { AttackStage.version(text) }

    var document: String { layout.metadataKey(in: DocumentFolder(of: AttackStage.app)).value }

    private func backup(judging: Bool) throws -> Backup {
        let proves = try trust.trust(file)
        let bare = Backup(store: store, layout: layout, hashes: testHashes, clock: clock)
        let history = CertificateHistory(of: bare, under: proves)
        let review = judging ? history.review : nil
        let sealed = SealedStore(store, root: layout.prefix, trust: proves, signer: signer, reviewing: review)
        return Backup(
            store: sealed,
            layout: layout,
            hashes: testHashes,
            clock: clock,
            trust: proves,
            signer: signer,
            carryReview: judging ? nil : history.review
        )
    }

    /// Every manifest's text without its seal.
    func texts() async throws -> [ObjectKey: String] {
        var keys: [ObjectKey] = []
        try await store.forEachObject(under: layout.manifestsPrefix) { keys.append($0.key) }
        var texts: [ObjectKey: String] = [:]
        for key in keys {
            let stored = try #require(try await store.read(key, limit: 1 << 20))
            texts[key] = String(decoding: SignedObject(stored).body, as: UTF8.self)
        }
        return texts
    }

    func sha256(of text: String) -> String { testHashes.digest(Array(text.utf8), .sha256) }

    private func context<Event>() -> RunContext<Event> { RunContext(clock: clock, ledger: RequestLedger()) }

    func run() async throws -> RunReport {
        let backup = try backup(judging: false)
        let id = "run-\(backup.now.basic)"
        let checkpoint = try await RunCheckpoint.opened(in: backup, repositories: [], runID: id, startedAt: backup.now)
        let reconciler = Reconciler(
            source: source,
            backup: backup,
            options: Reconciler.Options(),
            recorder: Manifest.Recorder(door: "reconcile", version: "test"),
            evidence: checkpoint.evidence
        )
        var report = await reconciler.run(id: id, in: context())
        try await checkpoint.conclude(&report)
        return report
    }

    /// Stores the evidence of a drill, signed as a drill stores it or as it is.
    func store(_ evidence: String, asDrill id: String, signed: Bool) async throws -> ObjectKey {
        let backup = try backup(judging: false)
        let key = layout.drillKey(drillID: id, day: backup.now.day)
        _ = try await (signed ? backup.store : store).write(Array(evidence.utf8), to: key, .overwrite)
        return key
    }

    func newestCheckpoint() async throws -> RunCertificate.Seen {
        let backup = try backup(judging: false)
        return try #require(try await Checkpoints.read(of: backup, repositories: [], at: backup.now).newest?.seen)
    }

    /// Puts a record of 1.0 as of now, under a certificate of the domain's key.
    ///
    /// - Parameter poisons: whether it names other bytes than were published.
    func forge(naming seen: RunCertificate.Seen?, poisons: Bool) async throws -> ObjectKey {
        var keys: [ObjectKey] = []
        try await store.forEachObject(under: layout.manifestsPrefix(of: version("1.0"))) { keys.append($0.key) }
        let record = try #require(keys.compactMap(layout.record).first)
        let stored = try #require(try await store.read(layout.key(of: record), limit: 1 << 20))
        let now = Timestamp(secondsSince1970: clock.secondsSince1970())
        let later = ManifestRecord(
            coordinates: record.coordinates,
            recordedAt: Timestamp(seconds: now.seconds - 60),
            revision: record.revision,
            status: record.status
        )
        var text = String(decoding: SignedObject(stored).body, as: UTF8.self)
            .replacing(record.recordedAt.extended, with: later.recordedAt.extended)
        let hash = try #require(text.firstMatch(of: /"sha256":"([0-9a-f]{64})"/)?.output.1)
        let (first, sum) = (
            layout.key(of: record).value.dropFirst("acme/".count), testHashes.digest(SignedObject(stored).body, .sha256)
        )
        text = text.replacing(#""previous":null"#, with: #""previous":{"key":"\#(first)","sha256":"\#(sum)"}"#)
        if poisons { text = text.replacing(hash, with: String(repeating: "cd", count: 32)) }
        let own = try #require(testSignatures.makeKey())
        let certification = try trust.certification(
            of: own.point,
            file.identity.description,
            from: Timestamp(seconds: now.seconds - 3_600).extended,
            to: Timestamp(seconds: now.seconds + 3_600).extended,
            naming: seen
        )
        let key = layout.key(of: later)
        let path = String(key.value.dropFirst("acme/".count))
        let bytes = try trust.sealed(Array(text.utf8), at: path, by: own, certification)
        _ = try await store.write(bytes, to: key, .createOnly)
        return key
    }

    func verify() async throws -> VerifyReport {
        var options = Verifier.Options()
        options.settling = .zero
        return await Verifier(of: try backup(judging: true), options: options).run(id: "verify", in: context())
    }

    /// Restores into an empty domain; also gives the versions that are not there then as they were published.
    func restore() async throws -> (report: RunReport, lacking: Set<String>) {
        let target = InMemorySource(pageSize: 100, assetPageSize: 100, ledger: RequestLedger())
        target.addRepository("releases")
        let restorer = Restorer(
            backup: try backup(judging: true),
            domain: target,
            destination: InMemoryDestination(target, documentsPublish: true),
            options: Restorer.Options()
        )
        let report = await restorer.run(id: "restore", in: context()).run
        let lacking = source.currentVersions.filter { target.currentVersions[$0]?.assets != $1.assets }
        return (report, Set(lacking.keys.map(\.version)))
    }
}
