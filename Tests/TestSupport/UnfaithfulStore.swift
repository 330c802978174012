package import ReconcileCore

/// A store that answers some writes without performing them, or lists objects that it does not return.
package struct UnfaithfulStore: ObjectStore {
    private let base: any ObjectStore
    private let lacks: @Sendable (ObjectKey) -> Bool
    private let answer: @Sendable (ObjectKey) -> WriteOutcome?

    /// - Parameters:
    ///   - answer: the answer to a write that is not performed; nil to perform it.
    ///   - lacks: what is listed only: read, it is not there.
    package init(
        _ base: any ObjectStore,
        answer: @escaping @Sendable (ObjectKey) -> WriteOutcome? = { _ in nil },
        lacking lacks: @escaping @Sendable (ObjectKey) -> Bool = { _ in false }
    ) {
        self.base = base
        self.lacks = lacks
        self.answer = answer
    }

    package var location: String { base.location }
    package var operations: StoreOperations { base.operations }
    package var keepsWrites: Bool { base.keepsWrites }

    package func keepsVersions() async throws -> Bool? { try await base.keepsVersions() }

    package var listsInByteOrder: Bool { base.listsInByteOrder }

    package func list(
        prefix: ObjectKey,
        startingAfter start: ObjectKey?,
        after token: PageToken?
    ) async throws -> Page<StoredObject> {
        try await base.list(prefix: prefix, startingAfter: start, after: token)
    }

    package func folders(under prefix: ObjectKey) async throws -> Page<String> {
        try await base.folders(under: prefix)
    }

    package func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject? {
        lacks(key) ? nil : try await base.inspect(key, versionID: versionID)
    }

    package func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        lacks(key) ? AbsentBody(target: key.value) : base.body(at: key, versionID: versionID, range: range)
    }

    package func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        lacks(key) ? nil : try await base.read(key, limit: limit)
    }

    package func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool {
        try await base.holds(bytes, at: key)
    }

    package func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome {
        if let outcome = answer(key) { return outcome }
        return try await base.write(bytes, to: key, condition)
    }

    package func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        if let outcome = answer(key) { return outcome }
        return try await base.write(body, of: asset, to: key, condition)
    }
}

private struct AbsentBody: AssetBody {
    let target: String

    func read(_ receive: ([UInt8]) async throws -> Void) async throws {
        throw RemoteFailure(.absent, operation: TestOperations.store.read, target: target, message: "there is none")
    }
}
