/// Writes the `.sha1` file of each asset of one version beside it, so that the tree can be hosted by any web server and
/// Maven still checks what it fetches.
///
/// The sum is the source's, of the bytes that are stored; an asset without a listed SHA-1 gets no file, nor does a
/// maven-metadata.xml, whose own checksum files its publisher writes. Calling it twice is harmless.
struct AssetSidecars: Sendable {
    private let store: any ObjectStore
    private let names: Set<ExactText>

    /// - Parameter assets: all of the version. One that has a checksum file's name is an asset, and stands.
    init(store: any ObjectStore, assets: [Asset]) {
        self.store = store
        names = Set(assets.map { ExactText($0.name) })
    }

    /// Sees to it that the file of an asset holds its sum. Due right after the asset's bytes are stored or adopted.
    ///
    /// - Parameters:
    ///   - key: the asset's.
    ///   - known: what the store holds under the version's keys, as it listed them.
    /// - Returns: the file's key, if it was written.
    func write(for asset: Asset, at key: ObjectKey, known: [ObjectKey: StoredObject]) async throws -> ObjectKey? {
        guard asset.name != MavenMetadata.fileName, let sum = asset.checksums.sha1,
            !names.contains(ExactText(ChecksumAlgorithm.sha1.fileName(of: asset.name)))
        else { return nil }
        let sidecar = key.checksumFile(.sha1)
        let bytes = Array(sum.utf8)
        if known[sidecar] == nil, case .stored = try await store.write(bytes, to: sidecar, .createOnly) {
            return sidecar
        }
        // Right already, or the sum of bytes that the asset held before.
        if try await store.holds(bytes, at: sidecar) { return nil }
        _ = try await store.write(bytes, to: sidecar, .overwrite)
        return sidecar
    }
}
