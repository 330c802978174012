import ReconcileCore
import Synchronization

/// A store whose bodies come in small pieces, and in which they fail as they are told.
final class TroubledStore: ObjectStore {
    enum Trouble: Sendable {
        case none
        /// Unavailable before this byte, each time.
        case failsAt(Int)
        case isAbsent
        /// Nothing more comes after this byte, until the task is cancelled.
        case hangsAt(Int)
        /// The last byte is another.
        case flips
        /// A listing of objects does not come, until the task is cancelled.
        case listsNothing
    }

    private struct State {
        var trouble = Trouble.none
        var sentBytes = 0
    }

    /// One element for each reading that is over, however it ended.
    let ends: AsyncStream<Void>
    private let ended: AsyncStream<Void>.Continuation
    private let base: any ObjectStore
    private let state = Mutex(State())

    init(_ base: any ObjectStore) {
        self.base = base
        (ends, ended) = AsyncStream.makeStream()
    }

    func set(_ trouble: Trouble) {
        state.withLock { $0.trouble = trouble }
    }

    /// Bytes that were passed on, of all readings.
    var sentBytes: Int { state.withLock { $0.sentBytes } }

    private struct Body: AssetBody {
        let store: TroubledStore
        let key: ObjectKey
        let range: Range<Int64>?

        func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
            defer { store.ended.yield() }
            let trouble = store.state.withLock { $0.trouble }
            if case .isAbsent = trouble { throw failure(.absent) }
            guard var bytes = try await store.base.read(key, limit: .max) else { throw failure(.absent) }
            if case .flips = trouble { bytes[bytes.count - 1] ^= 1 }
            if let range { bytes = Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]) }
            var offset = 0
            while offset < bytes.count {
                if case .failsAt(let limit) = trouble, offset >= limit { throw failure(.unavailable) }
                if case .hangsAt(let limit) = trouble, offset >= limit { try await Task.sleep(for: .seconds(600)) }
                let end = min(offset + (64 << 10), bytes.count)
                try await receive(Array(bytes[offset..<end]))
                store.state.withLock { $0.sentBytes += end - offset }
                offset = end
            }
        }

        private func failure(_ kind: RemoteFailure.Kind) -> RemoteFailure {
            RemoteFailure(kind, operation: .work("read"), target: key.value, message: "told to fail")
        }
    }

    func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        Body(store: self, key: key, range: range)
    }

    var location: String { base.location }
    var operations: StoreOperations { base.operations }
    var keepsWrites: Bool { base.keepsWrites }

    func keepsVersions() async throws -> Bool? { try await base.keepsVersions() }

    var listsInByteOrder: Bool { base.listsInByteOrder }

    func list(
        prefix: ObjectKey,
        startingAfter start: ObjectKey?,
        after token: PageToken?
    ) async throws -> Page<StoredObject> {
        if case .listsNothing = state.withLock({ $0.trouble }) { try await Task.sleep(for: .seconds(600)) }
        return try await base.list(prefix: prefix, startingAfter: start, after: token)
    }

    func folders(under prefix: ObjectKey) async throws -> Page<String> { try await base.folders(under: prefix) }

    func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool { try await base.holds(bytes, at: key) }

    func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject? {
        try await base.inspect(key, versionID: versionID)
    }

    func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? { try await base.read(key, limit: limit) }

    func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome {
        try await base.write(bytes, to: key, condition)
    }

    func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await base.write(body, of: asset, to: key, condition)
    }
}
