/// An object store that retries failed requests according to its policy.
///
/// Each attempt to write an asset reads its body again: source and store fail and are retried together. If the answer
/// to a create-only write is lost, the retry may find the object that the first attempt created; the result is then
/// `alreadyExists`, and the caller inspects the object like any existing one. Reading a body is not retried here: the
/// pieces already passed on cannot be taken back.
package struct RetryingStore: StoreDecorator {
    package let base: any ObjectStore
    private let policy: RetryPolicy

    package init(_ base: any ObjectStore, policy: RetryPolicy) {
        self.base = base
        self.policy = policy
    }

    package func keepsVersions() async throws -> Bool? {
        try await policy.run { try await base.keepsVersions() }
    }

    package func list(
        prefix: ObjectKey,
        startingAfter start: ObjectKey?,
        after token: PageToken?
    ) async throws -> Page<StoredObject> {
        try await policy.run { try await base.list(prefix: prefix, startingAfter: start, after: token) }
    }

    package func listVersions(prefix: ObjectKey, after token: PageToken?) async throws -> Page<StoredVersion>? {
        try await policy.run { try await base.listVersions(prefix: prefix, after: token) }
    }

    package func folders(under prefix: ObjectKey) async throws -> Page<String> {
        try await policy.run { try await base.folders(under: prefix) }
    }

    package func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject? {
        try await policy.run { try await base.inspect(key, versionID: versionID) }
    }

    package func describe(_ key: ObjectKey, versionID: String?) async throws -> DescribedObject? {
        try await policy.run { try await base.describe(key, versionID: versionID) }
    }

    package func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        try await policy.run { try await base.read(key, limit: limit) }
    }

    package func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool {
        try await policy.run { try await base.holds(bytes, at: key) }
    }

    package func write(
        _ bytes: [UInt8],
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await policy.run { try await base.write(bytes, to: key, condition) }
    }

    package func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await policy.run { try await base.write(body, of: asset, to: key, condition) }
    }
}
