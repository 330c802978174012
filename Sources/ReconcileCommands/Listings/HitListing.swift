import ReconcileApp
package import ReconcileCore

/// The output of `reconcile find`: a table if it fits, otherwise files listed below their versions.
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
        return table.width <= width ? table.lines(width: width) : linesByVersion(width)
    }

    /// Lists the files by version. Hashes may be copied, so they are never broken, however narrow the terminal is.
    private func linesByVersion(_ width: Int) -> [String] {
        var lines: [String] = []
        var last: ManifestRecord?
        for hit in hits {
            if hit.record != last {
                let time = hit.record.recordedAt.extended
                let words = "\(hit.record.coordinates), recorded \(time)"
                lines += DisplayWidth.lines(of: words, width: width)
            }
            last = hit.record
            let asset = hit.stored.asset
            lines += DisplayWidth.lines(of: "\(asset.name)  \(Quantity.bytes(asset.size))", width: width - 2)
                .map { "  \($0)" }
            lines.append("    \(asset.checksums.sha256 ?? "SHA-256 not known")")
        }
        return lines
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
