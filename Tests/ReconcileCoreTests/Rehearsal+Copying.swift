import ReconcileCore
import TestSupport

/// Copying one version, and what a copy leaves behind.
extension Rehearsal {
    func copier(
        keepsVersions: Bool = false,
        writesSidecars: Bool = false,
        adoption: AssetCopier.Adoption = .sha256
    ) -> VersionCopier {
        var options = VersionCopier.Options()
        options.adoption = adoption
        options.writesSidecars = writesSidecars
        return VersionCopier(
            source: source,
            backup: backup,
            places: TransferPlaces(limit: 1),
            recorder: Manifest.Recorder(door: "reconcile", version: "test"),
            keepsVersions: keepsVersions,
            options: options
        )
    }

    /// Copies a version in its present state, with what the store lists under its package.
    func copy(
        _ coordinates: VersionCoordinates = version("1.0"),
        keepsVersions: Bool = false,
        writesSidecars: Bool = false,
        adoption: AssetCopier.Adoption = .sha256,
        newestRecord: Timestamp? = nil,
        status: VersionStatus? = nil,
        knows: Bool = true,
        publishesMetadata: Bool = false
    ) async throws -> CopyOutcome {
        let description = try await source.describe(coordinates)
        let listed = ListedVersion(
            version: coordinates.version,
            revision: description?.revision,
            status: status ?? description?.status ?? .deleted,
            origin: description?.properties.origin ?? .unknown
        )
        var known: [ObjectKey: StoredObject] = [:]
        if knows {
            try await store.forEachObject(under: layout.packagePrefix(coordinates.package)) { known[$0.key] = $0 }
        }
        resetCounts()
        return await copier(keepsVersions: keepsVersions, writesSidecars: writesSidecars, adoption: adoption).copy(
            coordinates,
            listed: listed,
            newestRecord: newestRecord,
            in: round(of: coordinates, contents: known, publishesMetadata: publishesMetadata)
        )
    }

    /// The round of a version; one that publishes no metadata is not the last of its package.
    func round(
        of coordinates: VersionCoordinates,
        contents: [ObjectKey: StoredObject] = [:],
        publishesMetadata: Bool = false
    ) -> PackageRound {
        let name = coordinates.isSnapshot ? "another-SNAPSHOT" : "another"
        let other = VersionCoordinates(package: coordinates.package, version: name)
        return PackageRound(of: publishesMetadata ? [coordinates] : [coordinates, other], contents: contents)
    }

    /// The manifests of a version, oldest first.
    func manifests(of coordinates: VersionCoordinates = version("1.0")) throws -> [Manifest] {
        let prefix = layout.manifestsPrefix(of: coordinates).value
        let contents = store.contents
        return try store.keys.filter { $0.utf8.starts(with: prefix.utf8) }.map { key in
            guard let record = layout.record(at: ObjectKey(key)) else { throw CancellationError() }
            return try backup.reader.manifest(contents[key] ?? [], of: record)
        }
    }

    /// The last segments of what was written, in order.
    var writtenNames: [String] {
        store.writes.map { String($0.key.value.split(separator: "/").last ?? "") }
    }

    /// Every object that was written over though it is no derived metadata.
    var rewritten: [ObjectKey] {
        store.writes.filter { $0.replaced && !$0.key.value.contains("/maven-metadata.xml") }.map(\.key)
    }
}

/// Failures by kind, of a copy that must have failed.
func kinds(_ outcome: CopyOutcome) -> [RemoteFailure.Kind] {
    guard case .failed(let failures) = outcome else { return [] }
    return failures.failures.map(\.kind)
}

func summary(_ outcome: CopyOutcome) -> CopySummary? {
    guard case .committed(let summary) = outcome else { return nil }
    return summary
}
