/// An object store that sends a failed request again, as its policy says.
///
/// Writing an asset reads its body again on each attempt: source and store fail and are retried as a pair. A
/// create-only write whose answer was lost may meet its own object when it is retried; that reads as `alreadyExists`,
/// and the object is inspected like any other that was there. A body that is read is not retried here: what was passed
/// on of it cannot be taken back.
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
