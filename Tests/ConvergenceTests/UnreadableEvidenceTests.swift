import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// Records and checkpoints whose bytes do not come, come without an end, or name more than this program writes.
@Suite struct UnreadableEvidenceTests {
    private let hour: Duration = .seconds(3_600)

    /// Two versions, with the keys of their records, and four checkpoints.
    private func kept() async throws -> (stage: Rehearsal, records: [ObjectKey], checkpoints: [ObjectKey]) {
        let stage = Rehearsal()
        stage.source.publish(version("1.0"), ["app-1.0.jar": "jar"])
        stage.source.publish(version("1.1"), ["app-1.1.jar": "jar 1.1"])
        for _ in 1...6 {
            #expect(try await stage.reconcileWithCheckpoint().exit == .converged)
            stage.clock.advance(by: hour)
        }
        let records = stage.objectKeys.filter { stage.layout.record(at: $0) != nil }.sorted()
        let checkpoints = stage.store.keys.filter { $0.contains("/checkpoints/") }.map { ObjectKey($0) }.sorted()
        #expect(records.count == 2 && checkpoints.count == 4)
        return (stage, records, checkpoints)
    }

    private func rows(_ report: VerifyReport) -> [String] {
        report.findings.map { "\($0.kind.rawValue) \($0.key)" }.sorted()
    }

    // MARK: Accepted losses

    @Test(arguments: [RemoteFailure.Kind.unavailable, .denied])
    func `the loss of a record that alone cannot be read is accepted, and so are others with it`(
        kind: RemoteFailure.Kind
    ) async throws {
        let (stage, records, _) = try await kept()
        stage.store.damage(records[1]) { _ in Array("damaged".utf8) }
        let store = BadBlockStore(base: stage.store, bad: [records[0]], kind: kind)
        #expect(rows(await stage.verify(.manifests, in: store)) == records.map { "unreadableManifest \($0)" })
        let names = records.map(\.value)
        let accepted = await stage.verify(.manifests, accepting: (names, "a test"), id: "accept", in: store)
        #expect(accepted.exit == .converged && accepted.failureKind == nil)
        let loss = stage.store.text(at: "acme/losses/accept.json")
        let sum = testHashes.digest(Array("damaged".utf8), .sha256)
        #expect(loss.contains(#"{"key":"\#(records[0])","kind":"unreadableManifest"}"#), "\(loss)")
        #expect(loss.contains(#"{"key":"\#(records[1])","kind":"unreadableManifest","sha256":"\#(sum)"}"#), "\(loss)")
        #expect(await stage.verify(.manifests, in: store).findings == [])
    }

    @Test(arguments: [RemoteFailure.Kind.unavailable, .denied])
    func `a record that was accepted and cannot be read later stays so, unless it was stored since`(
        kind: RemoteFailure.Kind
    ) async throws {
        let (stage, records, _) = try await kept()
        let record = records[0]
        stage.store.damage(record) { _ in Array("damaged".utf8) }
        let accepted = await stage.verify(.manifests, accepting: ([record.value], "a test"), id: "accept")
        #expect(accepted.exit == .converged)
        stage.clock.advance(by: hour)
        let store = BadBlockStore(base: stage.store, bad: [record], kind: kind)
        let later = await stage.verify(.manifests, in: store)
        #expect(later.exit == .converged && later.findings == [])
        stage.store.place(Array("other bytes".utf8), at: record.value)
        #expect(rows(await stage.verify(.manifests, in: store)) == ["unreadableManifest \(record)"])
    }

    @Test func `of an object without an end under an accepted key, no more is read than a record has`() async throws {
        let (stage, records, _) = try await kept()
        let record = records[0]
        stage.store.damage(record) { _ in Array("damaged".utf8) }
        let accepted = await stage.verify(.manifests, accepting: ([record.value], "a test"), id: "accept")
        #expect(accepted.exit == .converged)
        let store = EndlessStore(base: stage.store, endless: record)
        let found = await stage.verify(.manifests, in: store)
        #expect(rows(found) == ["unreadableManifest \(record)"])
        // In pieces of a mebibyte: one more than a manifest has.
        #expect(store.given.withLock { $0 } == 9 << 20)
        // It is accepted like any other bytes.
        let again = await stage.verify(.manifests, accepting: ([record.value], "again"), id: "again", in: store)
        #expect(again.exit == .converged)
        #expect(await stage.verify(.manifests, in: store).findings == [])
    }

    // MARK: Reports of runs

    private func mentions(_ key: ObjectKey, _ report: VerifyReport) -> Bool {
        report.warnings?.contains { $0.contains(key.value) } == true
    }

    @Test(arguments: ["{}", "", "cut"])
    func `a report that cannot be read is a fault until it is accepted, put back, or other bytes come`(
        text: String
    ) async throws {
        let (stage, _, _) = try await kept()
        let key = ObjectKey(try #require(stage.store.keys.filter { $0.contains("/runs/") }.min()))
        let bytes = try #require(stage.store.bytes(at: key, versionID: nil))
        stage.store.damage(key) { text == "cut" ? Array($0.dropLast(2)) : Array(text.utf8) }
        let found = await stage.verify(.manifests)
        #expect(found.exit == .verificationFailed && rows(found) == ["unreadableManifest \(key)"])
        #expect(!mentions(key, found) && found.isOfReports)
        #expect(found.findings.first?.message.contains("nothing was compared with what it counted") == true)
        var second = Selection()
        second.shard = try #require(Shard("1/2"))
        let other = await stage.verify(.manifests, of: second)
        #expect(other.findings == [] && mentions(key, other))
        let accepted = await stage.verify(.manifests, accepting: ([key.value], "a test"), id: "accept")
        #expect(accepted.exit == .converged && accepted.accepted == 1)
        let later = await stage.verify(.manifests)
        #expect(later.exit == .converged && later.findings == [] && !mentions(key, later))
        #expect(await !mentions(key, stage.verify(.manifests, of: second)))
        stage.store.place(Array("other bytes".utf8), at: key.value)
        #expect(rows(await stage.verify(.manifests)) == ["unreadableManifest \(key)"])
        stage.store.place(bytes, at: key.value)
        #expect(await stage.verify(.manifests).exit == .converged)
    }

    @Test(arguments: [RemoteFailure.Kind.unavailable, .denied])
    func `a report that alone is not given is a fault, and everything else is verified`(
        kind: RemoteFailure.Kind
    ) async throws {
        let (stage, records, _) = try await kept()
        let key = ObjectKey(try #require(stage.store.keys.filter { $0.contains("/runs/") }.max()))
        stage.store.damage(records[1]) { _ in Array("damaged".utf8) }
        let report = await stage.verify(.manifests, in: BadBlockStore(base: stage.store, bad: [key], kind: kind))
        #expect(rows(report) == ["unreadableManifest \(records[1])", "unreadableManifest \(key)"])
        #expect(report.failureKind == nil && !report.isOfReports)
    }

    @Test func `reports that are all refused are one fault, which names what was refused`() async throws {
        let (stage, _, _) = try await kept()
        let keys = stage.store.keys.filter { $0.contains("/runs/") }.sorted().map { ObjectKey($0) }
        let store = BadBlockStore(base: stage.store, bad: keys, kind: .denied)
        let report = await stage.verify(.manifests, in: store)
        #expect(keys.count == 6 && rows(report) == ["unreadableObject acme/runs/"])
        let message = try #require(report.findings.first?.message)
        #expect(message.contains("a bad block") && message.hasSuffix("Grant access, then verify again"), "\(message)")
    }

    // MARK: Checkpoints

    @Test(arguments: [RemoteFailure.Kind.unavailable, .denied])
    func `a checkpoint that alone cannot be read is a fault, and the others are compared`(
        kind: RemoteFailure.Kind
    ) async throws {
        let (stage, _, checkpoints) = try await kept()
        let older = BadBlockStore(base: stage.store, bad: [checkpoints[0]], kind: kind)
        let report = await stage.verify(.manifests, in: older)
        #expect(rows(report) == ["unreadableCheckpoint \(checkpoints[0])"] && report.failureKind == nil)
        let newest = BadBlockStore(base: stage.store, bad: [checkpoints[3]], kind: kind)
        let other = await stage.verify(.manifests, in: newest)
        #expect(rows(other) == ["unreadableCheckpoint \(checkpoints[3])"] && other.failureKind == nil)
        #expect(other.checkpoint?.compared.map(\.source).contains(checkpoints[2].value) == true)
    }

    @Test(arguments: [(2, 0), (2_000, 0), (1, 1_001)])
    func `a checkpoint that names more than a run does is none`(parents: Int, contradicted: Int) async throws {
        let (stage, _, checkpoints) = try await kept()
        try await forge(checkpoints[3], in: stage, parents: parents, contradicted: contradicted)
        #expect(rows(await stage.verify(.manifests)) == ["unreadableCheckpoint \(checkpoints[3])"])
    }

    @Test func `a checkpoint that names as much as a run may is one`() async throws {
        let (stage, _, checkpoints) = try await kept()
        try await forge(checkpoints[3], in: stage, parents: 1, contradicted: 1_000)
        let report = await stage.verify(.manifests)
        #expect(report.faults["unreadableCheckpoint"] == 0 && report.faults["contradictedCheckpoint"] == 1_000)
    }

    private func forge(_ key: ObjectKey, in stage: Rehearsal, parents: Int, contradicted: Int) async throws {
        let sound = try #require(try await Checkpoints.read(key, of: stage.backup)).checkpoint
        let parent = try #require(sound.parents.first)
        let forged = Checkpoint(
            domain: sound.domain,
            runID: sound.runID,
            startedAt: sound.startedAt,
            repositories: sound.repositories,
            records: sound.records,
            parents: Array(repeating: parent, count: parents),
            contradicts: (0..<contradicted).map { "acme/checkpoints/\($0)" }
        )
        stage.store.place(try forged.document(), at: key.value)
    }
}

/// A store that lists objects and does not give their bytes, as a disk with a bad block or a refused key does.
private struct BadBlockStore: StoreDecorator {
    let base: any ObjectStore
    let bad: [ObjectKey]
    let kind: RemoteFailure.Kind

    private func failure(at key: ObjectKey) -> RemoteFailure {
        RemoteFailure(kind, operation: base.operations.read, target: key.value, message: "a bad block")
    }

    func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        if bad.contains(key) { throw failure(at: key) }
        return try await base.read(key, limit: limit)
    }

    func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool { try await base.holds(bytes, at: key) }

    func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome {
        try await base.write(bytes, to: key, condition)
    }

    func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        bad.contains(key)
            ? UnreadableBody(failure: failure(at: key)) : base.body(at: key, versionID: versionID, range: range)
    }
}

private struct UnreadableBody: AssetBody {
    let failure: RemoteFailure

    func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws { throw failure }
}

/// A store in which one object has no end.
private final class EndlessStore: StoreDecorator {
    let base: any ObjectStore
    private let endless: ObjectKey
    /// Bytes of it that were given.
    let given = Mutex(0)

    init(base: any ObjectStore, endless: ObjectKey) {
        self.base = base
        self.endless = endless
    }

    func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        guard key == endless else { return try await base.read(key, limit: limit) }
        throw RemoteFailure(
            .invalid,
            operation: base.operations.read,
            target: key.value,
            message: "more than \(limit) bytes"
        )
    }

    func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool { try await base.holds(bytes, at: key) }

    func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome {
        try await base.write(bytes, to: key, condition)
    }

    func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        key == endless ? EndlessBody(store: self) : base.body(at: key, versionID: versionID, range: range)
    }

    private struct EndlessBody: AssetBody {
        let store: EndlessStore

        func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
            let piece = [UInt8](repeating: 7, count: 1 << 20)
            while true {
                store.given.withLock { $0 += piece.count }
                try await receive(piece)
            }
        }
    }
}
