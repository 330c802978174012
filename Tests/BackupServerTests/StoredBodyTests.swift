import ReconcileCore
import Synchronization
import TestSupport
import Testing

@testable import BackupServer

/// How an asset's bytes leave the store: whole, or visibly not.
@Suite struct StoredBodyTests {
    /// What became of sending a body.
    private struct Sent {
        var hasStarted = false
        var bytes: [UInt8] = []
        var failure: RemoteFailure.Kind?
    }

    private let content = Array("0123456789".utf8)

    private func stored(
        size: Int64 = 10,
        sha256: String? = nil,
        versionID: String? = nil
    ) -> Manifest.StoredAsset {
        var checksums = BackupFixture.checksums(of: content)
        if let sha256 { checksums.sha256 = sha256 }
        return Manifest.StoredAsset(
            asset: Asset(name: "a.jar", size: size, checksums: checksums),
            key: ObjectKey("a.jar"),
            versionID: versionID
        )
    }

    private func send(
        _ stored: Manifest.StoredAsset? = nil,
        _ range: Range<Int64>? = nil,
        from store: PiecewiseStore,
        clock: ManualClock = ManualClock(),
        proofs: ProvedVersions? = nil
    ) async throws -> Sent {
        let stored = stored ?? self.stored()
        let sent = Mutex(Sent())
        let body = StoredBody(
            store: store,
            stored: stored,
            range: range ?? 0..<stored.asset.size,
            clock: clock,
            proofs: proofs ?? Self.nothingProved(of: store)
        )
        do {
            try await body.send {
                sent.withLock { $0.hasStarted = true }
            } _: { piece in
                sent.withLock { $0.bytes += piece }
            }
        } catch let failure as RemoteFailure {
            sent.withLock { $0.failure = failure.kind }
        }
        return sent.withLock { $0 }
    }

    private static func nothingProved(of store: PiecewiseStore) -> ProvedVersions {
        ProvedVersions(of: store, clock: ManualClock(), limit: 1 << 20)
    }

    @Test(arguments: [1, 3, 10, 100])
    func `the bytes come in order, whatever the pieces`(size: Int) async throws {
        let sent = try await send(from: PiecewiseStore(content, pieceSize: size))
        #expect(sent.bytes == content)
        #expect(sent.failure == nil)
        let part = try await send(nil, 2..<7, from: PiecewiseStore(content, pieceSize: size))
        #expect(part.bytes == Array("23456".utf8))
    }

    @Test func `an empty asset asks the store nothing`() async throws {
        let store = PiecewiseStore([], pieceSize: 1)
        let sent = try await send(stored(size: 0, sha256: BackupFixture.checksums(of: []).sha256), from: store)
        #expect(sent.hasStarted)
        #expect(sent.bytes == [] && sent.failure == nil)
        #expect(store.ranges.isEmpty)
    }

    @Test func `wrong bytes are never complete, and small ones never begin`() async throws {
        let wrong = Array("012345678X".utf8)
        let large = try await send(from: PiecewiseStore(wrong, pieceSize: 4))
        #expect(large.failure == .corrupt)
        #expect(large.bytes == Array("01234567".utf8))
        let small = try await send(from: PiecewiseStore(wrong, pieceSize: 10))
        #expect(small.failure == .corrupt)
        #expect(!small.hasStarted)
    }

    @Test(arguments: [9, 11])
    func `an object of another size is corrupt`(count: Int) async throws {
        let bytes = Array(repeating: UInt8(ascii: "0"), count: count)
        let sent = try await send(from: PiecewiseStore(bytes, pieceSize: 4))
        #expect(sent.failure == .corrupt)
        #expect(sent.bytes.count < 10)
    }

    @Test func `a reading that breaks off is taken up where it was`() async throws {
        let clock = ManualClock()
        let store = PiecewiseStore(content, pieceSize: 3, breaks: [4, 4, 2])
        let sent = try await send(from: store, clock: clock)
        #expect(sent.bytes == content)
        #expect(sent.failure == nil)
        #expect(store.ranges == [0..<10, 3..<10, 6..<10, 6..<10])
        #expect(clock.slept.count == 3)
    }

    @Test func `a store that breaks off again and again is given up`() async throws {
        let sent = try await send(from: PiecewiseStore(content, pieceSize: 3, breaks: [4, 0, 0, 0]))
        #expect(sent.failure == .unavailable)
        #expect(sent.bytes == [])
        #expect(!sent.hasStarted)
    }

    // MARK: What was proved before

    @Test func `the bytes of a version are hashed once, those of a store without versions each time`() async throws {
        for versionID in ["v1", nil] {
            let store = PiecewiseStore(content, pieceSize: 3)
            let proofs = Self.nothingProved(of: store)
            let stored = stored(versionID: versionID)
            let first = try await send(stored, from: store, proofs: proofs)
            #expect(first.bytes == content)
            #expect(proofs.known(stored) == (versionID == nil ? nil : true))
            store.replace(Array("0123456780".utf8))
            let second = try await send(stored, from: store, proofs: proofs)
            #expect(second.failure == (versionID == nil ? .corrupt : nil))
            // Their number is still looked at.
            store.replace(Array("012345678".utf8))
            let third = try await send(stored, from: store, proofs: proofs)
            #expect(third.failure == .corrupt)
        }
    }

    @Test func `wrong bytes and a part of them prove nothing`() async throws {
        let store = PiecewiseStore(Array("012345678X".utf8), pieceSize: 3)
        let proofs = Self.nothingProved(of: store)
        let stored = stored(versionID: "v1")
        #expect(try await send(stored, from: store, proofs: proofs).failure == .corrupt)
        #expect(try await send(stored, 2..<5, from: store, proofs: proofs).failure == nil)
        #expect(proofs.known(stored) == nil)
    }

    @Test func `the newest bytes of a copy, whose versions have other ids, are hashed each time`() async throws {
        let store = PiecewiseStore(content, pieceSize: 3, lacksVersions: true)
        let proofs = Self.nothingProved(of: store)
        let stored = stored(versionID: "v1")
        for _ in 0..<2 {
            let sent = try await send(stored, from: store, proofs: proofs)
            #expect(sent.bytes == content && sent.failure == nil)
            #expect(proofs.known(stored) == false)
        }
        // One attempt to read the version, the first time.
        #expect(store.ranges.count == 3)
        store.replace(Array("012345678X".utf8))
        #expect(try await send(stored, from: store, proofs: proofs).failure == .corrupt)
    }

    @Test func `a version that was proved and is gone is the newest bytes, hashed`() async throws {
        let store = PiecewiseStore(content, pieceSize: 3, lacksVersions: true)
        let proofs = Self.nothingProved(of: store)
        let stored = stored(versionID: "v1")
        proofs.note(stored, isProved: true)
        #expect(try await send(stored, from: store, proofs: proofs).bytes == content)
        store.replace(Array("012345678X".utf8))
        proofs.note(stored, isProved: true)
        #expect(try await send(stored, from: store, proofs: proofs).failure == .corrupt)
    }

    @Test func `a client that goes away ends the reading`() async throws {
        struct Gone: Error {}
        let store = PiecewiseStore(content, pieceSize: 1)
        let body = StoredBody(
            store: store,
            stored: stored(),
            range: 0..<10,
            clock: ManualClock(),
            proofs: Self.nothingProved(of: store)
        )
        await #expect(throws: Gone.self) {
            try await body.send(start: {}, { piece in if piece == [UInt8(ascii: "3")] { throw Gone() } })
        }
        #expect(store.piecesRead == 5)
        #expect(store.ranges.count == 1)
    }
}

/// A store of one object that hands out its bytes in pieces, and breaks off where it is told.
private final class PiecewiseStore: ObjectStore {
    private struct State {
        var bytes: [UInt8]
        var breaks: [Int64]
        var ranges: [Range<Int64>] = []
        var piecesRead = 0
    }

    let location = "memory://pieces"
    let operations = TestOperations.store
    let keepsWrites = true
    private let pieceSize: Int
    private let lacksVersions: Bool
    private let state: Mutex<State>

    /// - Parameters:
    ///   - breaks: after how many bytes each reading in turn breaks off; the later ones do not.
    ///   - lacksVersions: whether only the newest bytes are there, whatever version is asked for.
    init(_ bytes: [UInt8], pieceSize: Int, breaks: [Int64] = [], lacksVersions: Bool = false) {
        self.pieceSize = pieceSize
        self.lacksVersions = lacksVersions
        state = Mutex(State(bytes: bytes, breaks: breaks))
    }

    private var bytes: [UInt8] { state.withLock { $0.bytes } }

    func replace(_ bytes: [UInt8]) { state.withLock { $0.bytes = bytes } }

    /// Of the readings so far.
    var ranges: [Range<Int64>] { state.withLock { $0.ranges } }
    var piecesRead: Int { state.withLock { $0.piecesRead } }

    private struct Body: AssetBody {
        let store: PiecewiseStore
        let range: Range<Int64>?
        var isAbsent = false

        func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
            let bytes = store.bytes
            let range = range ?? 0..<Int64(bytes.count)
            let end = store.state.withLock { state in
                state.ranges.append(range)
                return state.breaks.isEmpty ? nil : range.lowerBound + state.breaks.removeFirst()
            }
            if isAbsent {
                throw RemoteFailure(.absent, operation: .work("read"), target: "a.jar", message: "no such version")
            }
            var offset = range.lowerBound
            while offset < range.upperBound {
                let next = min(offset + Int64(store.pieceSize), range.upperBound)
                if let end, next > end {
                    throw RemoteFailure(
                        .unavailable,
                        operation: .work("read"),
                        target: "a.jar",
                        message: "told to break off"
                    )
                }
                store.state.withLock { $0.piecesRead += 1 }
                try await receive(Array(bytes[Int(offset)..<Int(next)]))
                offset = next
            }
        }
    }

    func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        Body(store: self, range: range)
    }

    func body(
        of asset: Asset,
        at key: ObjectKey,
        versionID: String?,
        range: Range<Int64>?
    ) -> any AssetBody {
        Body(store: self, range: range, isAbsent: lacksVersions && versionID != nil && asset.checksums.sha256 == nil)
    }

    func keepsVersions() async throws -> Bool? { false }

    let listsInByteOrder = false

    func list(prefix: ObjectKey, startingAfter: ObjectKey?, after: PageToken?) async throws -> Page<StoredObject> {
        Page([])
    }

    func folders(under prefix: ObjectKey) async throws -> Page<String> { Page([]) }

    func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool { bytes == self.bytes }

    func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject? { nil }

    func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? { bytes }

    func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome {
        .alreadyExists
    }

    func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        .alreadyExists
    }
}
