/// Writes a `.sha1` file for each asset of a version, next to the asset, so that any web server can host the tree and
/// Maven can still verify its downloads.
///
/// The checksum is the source's, for the stored bytes. An asset without a listed SHA-1 gets no file; nor does a
/// maven-metadata.xml, whose checksum files its publisher writes. Safe to call twice.
struct AssetSidecars: Sendable {
    private let store: any ObjectStore
    private let names: Set<ExactText>

    /// - Parameter assets: all assets of the version. An asset that has the name of a checksum file is not overwritten.
    init(store: any ObjectStore, assets: [Asset]) {
        self.store = store
        names = Set(assets.map { ExactText($0.name) })
    }

    /// Makes sure that the checksum file of an asset is stored and correct. Call it right after the asset's bytes are
    /// stored or adopted.
    ///
    /// - Parameters:
    ///   - key: the asset's key.
    ///   - known: the objects that the store listed under the version's keys.
    /// - Returns: the checksum file's key if it was written.
    func write(for asset: Asset, at key: ObjectKey, known: [ObjectKey: StoredObject]) async throws -> ObjectKey? {
        guard asset.name != MavenMetadata.fileName, let sum = asset.checksums.sha1,
            !names.contains(ExactText(ChecksumAlgorithm.sha1.fileName(of: asset.name)))
        else { return nil }
        let sidecar = key.checksumFile(.sha1)
        let bytes = Array(sum.utf8)
        if known[sidecar] == nil, case .stored = try await store.write(bytes, to: sidecar, .createOnly) {
            return sidecar
        }
        // Either correct already, or the checksum of the asset's previous bytes.
        if try await store.holds(bytes, at: sidecar) { return nil }
        _ = try await store.write(bytes, to: sidecar, .overwrite)
        return sidecar
    }
}
