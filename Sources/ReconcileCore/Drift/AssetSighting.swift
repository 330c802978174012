/// The bytes that an asset's name stood for at one time, and where that is recorded.
package struct AssetSighting: Hashable, Sendable {
    package let asset: Asset
    /// When the manifest was made that first names these bytes; nil for what the source lists now and nobody recorded.
    package let recordedAt: Timestamp?
    /// Where they are stored; nil for what is not.
    package let key: ObjectKey?
    /// The store's id of exactly these bytes; nil on a store without versions.
    package let versionID: String?

    /// As a manifest names it.
    package init(_ stored: Manifest.StoredAsset, recordedAt: Timestamp) {
        asset = stored.asset
        self.recordedAt = recordedAt
        key = stored.key
        versionID = stored.versionID
    }

    /// As the source lists it now.
    package init(listed asset: Asset) {
        self.asset = asset
        recordedAt = nil
        key = nil
        versionID = nil
    }
}

/// Other bytes under the same coordinates and asset name.
package struct AssetMutation: Hashable, Sendable {
    package let was: AssetSighting
    package let now: AssetSighting

    package var name: String { now.asset.name }

    package init(was: AssetSighting, now: AssetSighting) {
        self.was = was
        self.now = now
    }
}

/// What was last seen under each asset name of one version, whether or not its newest state still has the asset.
struct AssetMemory {
    private var last: [ExactText: AssetSighting] = [:]

    /// Takes in a sighting, the oldest first; says where it has other bytes than the one before under its name.
    mutating func see(_ sighting: AssetSighting) -> AssetMutation? {
        let name = ExactText(sighting.asset.name)
        guard let was = last[name] else {
            last[name] = sighting
            return nil
        }
        guard sighting.asset.hasOtherBytes(than: was.asset) else { return nil }
        last[name] = sighting
        return AssetMutation(was: was, now: sighting)
    }
}

extension Asset {
    /// Whether the size, or any hash that both have, differs.
    func hasOtherBytes(than other: Asset) -> Bool {
        size != other.size
            || ChecksumAlgorithm.byWeight.contains { algorithm in
                guard let mine = checksums[algorithm], let theirs = other.checksums[algorithm] else { return false }
                return mine != theirs
            }
    }
}
