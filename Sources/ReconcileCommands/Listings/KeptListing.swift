package import ReconcileApp
package import ReconcileCore

/// The output of `reconcile show`: the versions in the backup, and where their assets are.
package struct KeptListing: Listing {
    private let kept: [BackupReview.KeptVersion]
    private let place: ListingPlace
    private let listsAssets: Bool
    private let fetch: FetchCommand
    private let moved: Set<ObjectKey>

    /// - Parameters:
    ///   - kept: the versions, grouped by package.
    ///   - listsAssets: whether to list each asset with its location instead of only their number.
    ///   - moved: assets whose recorded S3 version belongs to another bucket.
    package init(
        _ kept: [BackupReview.KeptVersion],
        of place: ListingPlace,
        listsAssets: Bool,
        from backup: BackupLocation,
        moved: Set<ObjectKey> = []
    ) {
        self.moved = moved
        self.kept = kept
        self.place = place
        self.listsAssets = listsAssets
        fetch = FetchCommand(from: backup)
    }

    // MARK: For a person

    package func lines(width: Int) -> [String] {
        listsAssets ? kept.flatMap(details) : packages.flatMap { [header($0)] + table($0, width) + [""] }.dropLast()
    }

    /// The versions, grouped by package.
    private var packages: [[BackupReview.KeptVersion]] {
        var packages: [[BackupReview.KeptVersion]] = []
        var last: [ExactText] = []
        for version in kept {
            let package = Array(version.history.coordinates.exact.dropLast())
            if package != last || packages.isEmpty { packages.append([]) }
            packages[packages.count - 1].append(version)
            last = package
        }
        return packages
    }

    private func header(_ versions: [BackupReview.KeptVersion]) -> String {
        let package = versions[0].history.coordinates.package
        return "\(package): \(Quantity.count(versions.count, "version"))"
    }

    private func table(_ versions: [BackupReview.KeptVersion], _ width: Int) -> [String] {
        let rows = versions.map { kept -> [TextTable.Cell] in
            let records = kept.history.records
            let assets = (try? kept.manifest.get())?.assets
            let last = records.count > 1 ? [kept.record.recordedAt.extended] : []
            return [
                [kept.history.coordinates.version], [kept.record.status.rawValue],
                [Self.short(kept.record.revision)], [assets.map { "\($0.count)" } ?? "?"],
                [assets.map { Quantity.bytes(Self.bytes($0)) } ?? "?"], [records[0].recordedAt.extended] + last,
            ]
        }
        return TextTable(
            [
                .init("VERSION"), .init("STATUS"), .init("REVISION"), .init("ASSETS", isNumber: true),
                .init("SIZE", isNumber: true), .init("RECORDED FIRST, LAST"),
            ],
            rows: rows
        ).lines(width: width, indent: 2)
    }

    private func details(_ kept: BackupReview.KeptVersion) -> [String] {
        let (records, newest) = (kept.history.records, kept.record)
        var lines = [
            "\(kept.history.coordinates)  \(newest.status.rawValue)",
            "  revision  \(newest.revision ?? "none")",
            "  recorded  \(records[0].recordedAt.extended)"
                + (records.count > 1 ? ", last \(newest.recordedAt.extended), \(records.count) records" : ""),
        ]
        if case .success = kept.manifest {
            lines += kept.failures.map { "  a newer record cannot be read, so this is the one before it: \($0)" }
        }
        switch kept.manifest {
        case .failure(let failure): lines.append("  its manifest cannot be read: \(failure)")
        case .success(let manifest):
            if let time = manifest.properties.publishedTime {
                lines.append("  published \(Timestamp(secondsSince1970: time).extended)")
            }
            lines.append(
                "  \(Quantity.count(manifest.assets.count, "asset")), \(Quantity.bytes(Self.bytes(manifest.assets)))"
            )
            for stored in manifest.assets {
                lines += [
                    "", "  \(stored.asset.name)  \(Quantity.bytes(stored.asset.size))",
                    "    SHA-256   \(stored.asset.checksums.sha256 ?? "not known")",
                    "    key       \(stored.key)",
                ]
                if let id = stored.versionID {
                    let note = moved.contains(stored.key) ? " in the bucket that this one was copied from" : ""
                    lines.append("    VersionId \(id)\(note)")
                }
                lines.append("    fetch     \(command(stored))")
            }
        }
        return lines + [""]
    }

    private func command(_ stored: Manifest.StoredAsset) -> String {
        fetch.text(key: stored.key, versionID: moved.contains(stored.key) ? nil : stored.versionID)
    }

    /// Shortens a revision to what distinguishes two at a glance; the JSON document has all of it.
    static func short(_ revision: String?) -> String {
        guard let revision else { return "none" }
        return revision.count > 9 ? "\(revision.prefix(8))…" : revision
    }

    private static func bytes(_ assets: [Manifest.StoredAsset]) -> Int64 {
        assets.reduce(0) { $0.adding(saturating: $1.asset.size) }
    }

    // MARK: For a program

    package struct Document: Encodable {
        let format = 1
        let domain: String
        let backup: String
        let versions: [PlacedRow<Row>]
    }

    package struct Row: Encodable {
        let status: String
        let revision: OrNull<String>
        let origin: OrNull<String>
        let publishedAt: OrNull<String>
        let firstRecordedAt: String
        let lastRecordedAt: String
        let records: Int
        let assetCount: OrNull<Int>
        let bytes: OrNull<Int64>
        /// Absent unless a version was asked for.
        let assets: [StoredRow]?
        /// Why the newest manifest cannot be read; the other members then describe the newest one that can be read, if
        /// any.
        let failure: OrNull<String>
    }

    package struct StoredRow: Encodable {
        let asset: String
        let size: Int64
        let sha256: OrNull<String>
        let key: String
        let versionID: OrNull<String>
        let fetch: String
    }

    package var document: Document {
        Document(domain: place.domain, backup: place.backup, versions: kept.map(row))
    }

    private func row(_ kept: BackupReview.KeptVersion) -> PlacedRow<Row> {
        let manifest = try? kept.manifest.get()
        let newest = kept.record
        let assets = manifest?.assets.map { stored in
            StoredRow(
                asset: stored.asset.name,
                size: stored.asset.size,
                sha256: OrNull(stored.asset.checksums.sha256),
                key: stored.key.value,
                versionID: OrNull(stored.versionID),
                fetch: command(stored)
            )
        }
        return PlacedRow(
            version: kept.history.coordinates,
            row: Row(
                status: newest.status.rawValue,
                revision: OrNull(newest.revision),
                origin: OrNull(manifest?.properties.origin.rawValue),
                publishedAt: OrNull(
                    manifest?.properties.publishedTime.map { Timestamp(secondsSince1970: $0).extended }
                ),
                firstRecordedAt: kept.history.records[0].recordedAt.extended,
                lastRecordedAt: newest.recordedAt.extended,
                records: kept.history.records.count,
                assetCount: OrNull(manifest?.assets.count),
                bytes: OrNull(manifest.map { Self.bytes($0.assets) }),
                assets: listsAssets ? assets ?? [] : nil,
                failure: OrNull(kept.failures.first?.description)
            )
        )
    }
}
