/// A store that wraps another one and by default forwards every call to it.
package protocol StoreDecorator: ObjectStore {
    var base: any ObjectStore { get }
}

extension StoreDecorator {
    package var location: String { base.location }
    package var operations: StoreOperations { base.operations }
    package var keepsWrites: Bool { base.keepsWrites }
    package var listsInByteOrder: Bool { base.listsInByteOrder }

    package func keepsVersions() async throws -> Bool? { try await base.keepsVersions() }

    package func list(
        prefix: ObjectKey,
        startingAfter start: ObjectKey?,
        after token: PageToken?
    ) async throws -> Page<StoredObject> {
        try await base.list(prefix: prefix, startingAfter: start, after: token)
    }

    package func listVersions(prefix: ObjectKey, after token: PageToken?) async throws -> Page<StoredVersion>? {
        try await base.listVersions(prefix: prefix, after: token)
    }

    package func unfinished() async throws -> [StoredObject] { try await base.unfinished() }

    package func folders(under prefix: ObjectKey) async throws -> Page<String> {
        try await base.folders(under: prefix)
    }

    package func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject? {
        try await base.inspect(key, versionID: versionID)
    }

    package func describe(_ key: ObjectKey, versionID: String?) async throws -> DescribedObject? {
        try await base.describe(key, versionID: versionID)
    }

    package func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        base.body(at: key, versionID: versionID, range: range)
    }

    package func body(
        of asset: Asset,
        at key: ObjectKey,
        versionID: String?,
        range: Range<Int64>?
    ) -> any AssetBody {
        base.body(of: asset, at: key, versionID: versionID, range: range)
    }

    package func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        try await base.read(key, limit: limit)
    }

    package func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await base.write(body, of: asset, to: key, condition)
    }
}
