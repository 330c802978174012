/// Brings the bytes of one version's assets into a backup, or finds them there: what a copy and a repair share.
package struct AssetCopier: Sendable {
    let source: any PackageSource
    let store: any ObjectStore
    let layout: BackupLayout
    /// The store's answer; nil to ask where it matters, which for a version that is new it does not.
    let keepsVersions: Bool?
    var adoption = Adoption.sha256

    /// What proves that an object that is in the store already has the right bytes.
    package enum Adoption: String, CaseIterable, Sendable {
        /// One request for each; a reading of the object if the store keeps no SHA-256 of it.
        case sha256
        /// The ETag that the listing shows, if it is the listed MD5; MD5 collisions are easy to make. In a store that keeps
        /// versions it is the SHA-256 all the same.
        case etag
    }

    /// Where an asset is stored, and what it took.
    struct Stored {
        let place: Manifest.StoredAsset
        var moved = false
        /// Whether nothing but its ETag says that the bytes are right.
        var isByETag = false
    }

    /// Whether a failure concerns what is derived anyway: a listed maven-metadata.xml.
    ///
    /// The Maven endpoint generates documents of that name, so it may hand out none, or another than was published.
    /// That must not keep the version from being protected.
    static func mayBeLeftOut(_ asset: Asset, _ failure: RemoteFailure) -> Bool {
        asset.name == MavenMetadata.fileName && [.absent, .corrupt].contains(failure.kind)
    }

    /// Every asset of a version with its revision; nil when two pages show two revisions.
    ///
    /// What no manifest may name is a `malformed` failure before a byte is moved. An asset that is listed twice alike is
    /// listed once.
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

    /// Has an asset's bytes stored.
    ///
    /// - Parameters:
    ///   - known: what the store holds under the version's keys, as it listed them.
    ///   - note: called for each reading of the bytes.
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
            // Where versions are kept, only an inspection gives the id of these bytes, and others may follow under the
            // key.
            if adoption == .etag, object.size == asset.size, object.etag == asset.checksums.md5, object.etag != nil,
                try await mayFollow() == false
            {
                return Stored(place: place(nil), isByETag: true)
            }
        } else {
            // Nothing is requested yet: the store asks for the bytes, over `AssetBody.shortcut` if it speaks HTTP too
            // (`AssetUpload`).
            let body = NotedBody(source.body(of: asset, in: version), note: note)
            if case .stored(let versionID) = try await store.write(body, of: asset, to: key, .createOnly) {
                return Stored(place: place(versionID), moved: true)
            }
        }
        // Something is there, listed or not: a second writer's, an earlier run's, or other bytes.
        if let object = try await store.inspect(key) {
            if object.size == asset.size, object.sha256 == asset.checksums.sha256 {
                return Stored(place: place(object.versionID))
            }
            if asset.name != MavenMetadata.fileName, case let mayFollow = try await mayFollow(), mayFollow != true {
                let message =
                    "\(key) already holds other bytes (SHA-256 \(object.sha256), the source lists "
                    + "\(asset.checksums.sha256 ?? "none")) and \(store.location) "
                    + (mayFollow == false ? "keeps no versions" : "does not say whether it keeps versions")
                    + "; they are left as they are. Turn on versioning to keep both"
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

    /// Throws where an asset has the name and the directory of a checksum file that another package's document has: the
    /// package `a.b:c` lies where version `c` of `a:b` does. A request only for an asset of such a name.
    private func requireNoDocument(of asset: Asset, in version: VersionCoordinates) async throws {
        guard ChecksumAlgorithm.ofDocuments.contains(where: { $0.fileName(of: MavenMetadata.fileName) == asset.name })
        else { return }
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

    /// Whether other bytes may follow under a key and leave those before them; nil if that is not known yet.
    private func mayFollow() async throws -> Bool? {
        if let keepsVersions { keepsVersions } else { try await store.keepsVersions() }
    }
}
