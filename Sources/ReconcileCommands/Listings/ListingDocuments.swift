import ReconcileApp
import ReconcileCore

/// The backup that a listing is from.
package struct ListingPlace: Hashable, Sendable {
    package let domain: String
    /// The store's location.
    package let backup: String

    package init(domain: String, backup: String) {
        self.domain = domain
        self.backup = backup
    }
}

/// A row of a document, encoded as one JSON object together with the coordinates of its version.
package struct PlacedRow<Row: Encodable>: Encodable {
    let version: VersionCoordinates
    let row: Row

    private enum CodingKeys: String, CodingKey {
        case repository, namespace, package, version
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version.package.repository, forKey: .repository)
        try container.encode(version.package.namespace, forKey: .namespace)
        try container.encode(version.package.name, forKey: .package)
        try container.encode(version.version, forKey: .version)
        try row.encode(to: encoder)
    }
}

/// One asset in a document.
package struct AssetRow: Encodable {
    let asset: String
    let size: Int64
    let sha256: OrNull<String>
    let key: OrNull<String>
    let versionID: OrNull<String>
    /// When the asset was recorded; null if the domain lists it but it is not recorded.
    let recordedAt: OrNull<String>

    init(_ sighting: AssetSighting) {
        asset = sighting.asset.name
        size = sighting.asset.size
        sha256 = OrNull(sighting.asset.checksums.sha256)
        key = OrNull(sighting.key?.value)
        versionID = OrNull(sighting.versionID)
        recordedAt = OrNull(sighting.recordedAt?.extended)
    }
}

extension AssetSighting {
    /// The time, size, SHA-256 and object version, on short lines because hashes are long.
    var lines: [String] {
        let time = recordedAt?.extended ?? "now, not recorded"
        return ["\(time)  \(Quantity.bytes(asset.size))", asset.checksums.sha256 ?? "no SHA-256 is known"]
            + (versionID.map { ["VersionId \($0)"] } ?? [])
    }
}

extension AssetMutation {
    /// Describes both sets of bytes; goes below a line that names the asset.
    func lines(indent: String) -> [String] {
        [("was  ", was), ("now  ", now)].flatMap { word, sighting in
            sighting.lines.enumerated().map { "\(indent)\($0.offset == 0 ? word : "     ")\($0.element)" }
        }
    }
}
