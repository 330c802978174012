import ReconcileApp
package import ReconcileCore

/// What `reconcile find` prints: a line for each file, so that other programs can take it apart.
package struct HitListing: Listing {
    private let hits: [BackupReview.Hit]
    private let place: ListingPlace

    package init(_ hits: [BackupReview.Hit], of place: ListingPlace) {
        self.hits = hits
        self.place = place
    }

    // MARK: For a person

    package func lines(width: Int) -> [String] {
        let table = TextTable(
            [
                .init("VERSION"), .init("FILE"), .init("SIZE", isNumber: true), .init("RECORDED"), .init("SHA-256"),
            ],
            rows: hits.map { hit in
                let asset = hit.stored.asset
                return [
                    ["\(hit.record.coordinates)"], [asset.name], [Quantity.bytes(asset.size)],
                    [hit.record.recordedAt.extended], [asset.checksums.sha256 ?? "not known"],
                ]
            }
        )
        // A file is one line however long that is.
        return table.lines(width: .max)
    }

    // MARK: For a program

    package struct Document: Encodable {
        let format = 1
        let domain: String
        let backup: String
        let files: [PlacedRow<Row>]
    }

    package struct Row: Encodable {
        let asset: String
        let size: Int64
        let sha256: OrNull<String>
        let sha1: OrNull<String>
        let md5: OrNull<String>
        let status: String
        let recordedAt: String
        let key: String
        let versionID: OrNull<String>
    }

    package var document: Document {
        Document(
            domain: place.domain,
            backup: place.backup,
            files: hits.map { hit in
                let (asset, sums) = (hit.stored.asset, hit.stored.asset.checksums)
                return PlacedRow(
                    version: hit.record.coordinates,
                    row: Row(
                        asset: asset.name,
                        size: asset.size,
                        sha256: OrNull(sums.sha256),
                        sha1: OrNull(sums.sha1),
                        md5: OrNull(sums.md5),
                        status: hit.record.status.rawValue,
                        recordedAt: hit.record.recordedAt.extended,
                        key: hit.stored.key.value,
                        versionID: OrNull(hit.stored.versionID)
                    )
                )
            }
        )
    }
}
