/// The bytes that an asset's name referred to at one time, and where that is recorded.
package struct AssetSighting: Hashable, Sendable {
    package let asset: Asset
    /// When the manifest that first names these bytes was recorded; nil for unrecorded bytes that the source lists at
    /// present.
    package let recordedAt: Timestamp?
    /// Where the bytes are stored; nil if they aren't.
    package let key: ObjectKey?
    /// The store's version ID of exactly these bytes; nil for a store without versions.
    package let versionID: String?

    /// The asset as a manifest names it.
    package init(_ stored: Manifest.StoredAsset, recordedAt: Timestamp) {
        asset = stored.asset
        self.recordedAt = recordedAt
        key = stored.key
        versionID = stored.versionID
    }

    /// The asset as the source lists it at present.
    package init(listed asset: Asset) {
        self.asset = asset
        recordedAt = nil
        key = nil
        versionID = nil
    }
}

/// A change of bytes under the same coordinates and asset name.
package struct AssetMutation: Hashable, Sendable {
    package let was: AssetSighting
    package let now: AssetSighting

    package var name: String { now.asset.name }

    package init(was: AssetSighting, now: AssetSighting) {
        self.was = was
        self.now = now
    }
}

/// Remembers what was last seen under each asset name of a version, even if the version's newest state lacks the asset.
struct AssetMemory {
    private var last: [ExactText: AssetSighting] = [:]

    /// Takes a sighting, oldest first; returns a mutation if its bytes differ from the previous ones under that name.
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
    /// Whether the size differs, or any hash that both have.
    func hasOtherBytes(than other: Asset) -> Bool {
        size != other.size
            || ChecksumAlgorithm.byWeight.contains { algorithm in
                guard let mine = checksums[algorithm], let theirs = other.checksums[algorithm] else { return false }
                return mine != theirs
            }
    }
}
