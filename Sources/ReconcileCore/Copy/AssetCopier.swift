/// Stores the bytes of a version's assets in a backup, or finds them there; shared by copies and repairs.
package struct AssetCopier: Sendable {
    let source: any PackageSource
    let store: any ObjectStore
    let layout: BackupLayout
    /// The store's answer; nil to ask only if it matters, which it doesn't for a new version.
    let keepsVersions: Bool?
    var adoption = Adoption.sha256

    /// What proves that an existing object has the right bytes.
    package enum Adoption: String, CaseIterable, Sendable {
        /// The SHA-256: one request for each object; reads the object if the store keeps no SHA-256 for it.
        case sha256
        /// The ETag in the listing, if it equals the listed MD5; MD5 collisions are easy to create. In a store that
        /// keeps versions, the SHA-256 is used anyway.
        case etag
    }

    /// Where an asset is stored, and how it got there.
    struct Stored {
        let place: Manifest.StoredAsset
        var moved = false
        /// Whether the bytes are verified only by their ETag.
        var isByETag = false
    }

    /// Whether a failure concerns a file that is generated anyway: a listed maven-metadata.xml.
    ///
    /// The Maven endpoint generates documents with that name, so it may return none or a different one than was
    /// published. That must not prevent the version from being backed up.
    static func mayBeLeftOut(_ asset: Asset, _ failure: RemoteFailure) -> Bool {
        asset.name == MavenMetadata.fileName && [.absent, .corrupt].contains(failure.kind)
    }

    /// Every asset of a version with its revision; nil if two pages show different revisions.
    ///
    /// An asset that no manifest may name is a `malformed` failure, before any bytes are moved. Duplicate rows with
    /// equal values are merged.
    func listAssets(of version: VersionCoordinates) async throws -> (assets: [Asset], revision: String?)? {
        guard let shown = try await source.assetsOfOneRevision(of: version) else { return nil }
        let operation = source.operations.listAssets
        func malformed(_ message: String) -> RemoteFailure {
            RemoteFailure(.malformed, operation: operation, target: "\(version)", message: message)
        }
        var known: [ExactText: Asset] = [:]
        var distinct: [Asset] = []
        for asset in shown.assets {
            guard asset.checksums.sha256 != nil else {
                throw malformed("the source lists no SHA-256 for \(asset.name), so its bytes could not be proved")
            }
            if let refusal = RecordRefusal.ofListed(asset) {
                throw malformed("the source lists an impossible asset: \(refusal)")
            }
            if let other = known.updateValue(asset, forKey: ExactText(asset.name)) {
                guard other == asset else {
                    throw malformed("the source lists \(asset.name) twice, with different values")
                }
            } else {
                distinct.append(asset)
            }
        }
        return (distinct, shown.revision)
    }

    /// Makes sure that an asset's bytes are stored.
    ///
    /// - Parameters:
    ///   - known: the objects that the store listed under the version's keys.
    ///   - note: called whenever reading the bytes begins or ends.
    func store(
        _ asset: Asset,
        of version: VersionCoordinates,
        known: [ObjectKey: StoredObject],
        note: @escaping @Sendable (NotedBody.Moment) -> Void = { _ in }
    ) async throws -> Stored {
        let key = layout.key(of: asset.name, in: version)
        try await requireNoDocument(of: asset, in: version)
        func place(_ versionID: String?) -> Manifest.StoredAsset {
            Manifest.StoredAsset(asset: asset, key: key, versionID: versionID)
        }
        if let object = known[key] {
            // If the store keeps versions, only an inspection returns the version ID of these bytes, and other bytes
            // may be stored under the key later.
            if adoption == .etag, object.size == asset.size, object.etag == asset.checksums.md5, object.etag != nil,
                try await mayFollow() == false
            {
                return Stored(place: place(nil), isByETag: true)
            }
        } else {
            // Nothing is requested yet. The store requests the bytes itself, through `AssetBody.shortcut` if it uses
            // HTTP too (`AssetUpload`).
            let body = NotedBody(source.body(of: asset, in: version), note: note)
            if case .stored(let versionID) = try await store.write(body, of: asset, to: key, .createOnly) {
                return Stored(place: place(versionID), moved: true)
            }
        }
        // There is an object, listed or not: a concurrent writer's, an earlier run's, or one with other bytes.
        if let object = try await store.inspect(key) {
            if object.size == asset.size, object.sha256 == asset.checksums.sha256 {
                return Stored(place: place(object.versionID))
            }
            if asset.name != MavenMetadata.fileName, case let mayFollow = try await mayFollow(), mayFollow != true {
                let message =
                    "\(key) already holds other bytes (SHA-256 \(object.sha256), the source lists "
                    + "\(asset.checksums.sha256 ?? "none")) and \(store.location) "
                    + (mayFollow == false ? "keeps no versions" : "does not say whether it keeps versions")
                    + "; they are left as they are. A bucket with versioning keeps both"
                    + (store.operations.versioningAdvice.map { ": \($0)" } ?? "")
                throw RemoteFailure(.conflict, operation: .copy, target: "\(version) \(asset.name)", message: message)
            }
        }
        let body = NotedBody(source.body(of: asset, in: version), note: note)
        guard case .stored(let versionID) = try await store.write(body, of: asset, to: key, .overwrite) else {
            throw RemoteFailure(
                .conflict,
                operation: .copy,
                target: "\(version) \(asset.name)",
                message: "\(store.location) refused to overwrite \(key)"
            )
        }
        return Stored(place: place(versionID), moved: true)
    }

    /// Throws if the asset has the key of a checksum file of another package's document: the package `a.b:c` has the
    /// same folder as version `c` of `a:b`. Costs a request only for an asset with such a name.
    private func requireNoDocument(of asset: Asset, in version: VersionCoordinates) async throws {
        guard MavenMetadata.isDocumentFile(asset.name), asset.name != MavenMetadata.fileName else { return }
        let group = version.package.namespace + "." + version.package.name
        let other = PackageCoordinates(repository: version.package.repository, namespace: group, name: version.version)
        let files = ChecksumAlgorithm.ofDocuments.map(layout.metadataKey(of: other).checksumFile)
        guard files.contains(layout.key(of: asset.name, in: version)),
            try await !store.list(prefix: layout.manifestsPrefix(of: other), after: nil).elements.isEmpty
        else { return }
        throw RemoteFailure(
            .conflict,
            operation: .copy,
            target: "\(version) \(asset.name)",
            message: "its key in the backup is that of a checksum file of the \(MavenMetadata.fileName) of \(other); "
                + "only one of them can be kept"
        )
    }

    /// Whether other bytes may be stored under the same key without losing the present ones; nil if unknown so far.
    private func mayFollow() async throws -> Bool? {
        if let keepsVersions { keepsVersions } else { try await store.keepsVersions() }
    }
}
