import BackupPages
import ReconcileCore

/// What a text finds: packages, and files by their name or hash.
extension PageView {
    /// Files that a search shows, each of which costs reading its record.
    private static let mostHits = 100
    /// Versions in which a file's name is looked for, by its beginning.
    private static let mostNamesakes = 200

    /// What a text finds: packages by part of their coordinates, files by their name or hash.
    ///
    /// - Parameter contents: of the backup.
    func search(_ text: String, in contents: BackupContents) async throws -> SearchPage.Findings {
        guard !text.isEmpty else { return .none }
        if let query = AssetQuery(text), case .checksum(_, let hash) = query {
            return try await holders(of: query, hash)
        }
        let rows = Self.packages(matching: text, in: contents)
        if rows.isEmpty, !text.contains(":") { return try await namesakes(of: text, in: contents) }
        return .packages(rows)
    }

    private static func packages(matching text: String, in contents: BackupContents) -> [BackupContents.Row] {
        let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
        let wanted = Array(parts.prefix(2).joined(separator: ":").utf8)
        return contents.packages.filter { row in
            let name = "\(row.coordinates.namespace):\(row.coordinates.name)".lowercased()
            // Of whole coordinates, the package must be that one.
            return parts.count > 2 ? name.utf8.elementsEqual(wanted) : name.utf8.contains(wanted)
        }
    }

    /// Files of a name: Maven names them after package and version, so few versions can have it.
    private func namesakes(of name: String, in contents: BackupContents) async throws -> SearchPage.Findings {
        var records: [ManifestRecord] = []
        var isComplete = true
        for row in contents.packages where name.hasPrefix("\(row.coordinates.name)-") {
            for history in try await versions(of: row.coordinates) {
                let version = history.coordinates.version
                let directories = SnapshotBuild(version).map { [version, $0.base] } ?? [version]
                let base = VersionName(version).snapshotBase
                guard (directories + [base].compactMap(\.self)).contains(where: { name.contains("-\($0)") }) else {
                    continue
                }
                guard records.count < Self.mostNamesakes else {
                    isComplete = false
                    break
                }
                records.append(history.records.last(where: history.counts) ?? history.newest)
            }
        }
        let query = AssetQuery.name(name)
        let hits = try await read(records).compactMap { try? $0.get() }.flatMap { Self.hits(query, in: $0) }
        return .files(hits, isComplete ? .all(records.count) : .first(records.count))
    }

    /// Files of a hash: nothing but the manifests names them. What was read of those is known; nothing more is read than
    /// the manifests that have it.
    private func holders(of query: AssetQuery, _ hash: String) async throws -> SearchPage.Findings {
        let index = hashes.current
        let positions = index.positions(of: hash)
        let keys = positions.prefix(Self.mostHits).map(index.key)
        let manifests = try await read(keys.compactMap(backup.layout.record))
        let hits = manifests.compactMap { try? $0.get() }.flatMap { Self.hits(query, in: $0) }
        if index.hasUnread { return .files(hits, .soFar(index.looked, of: index.versions)) }
        if index.lacksSome { return .files(hits, .only(index.looked, of: index.versions)) }
        return .files(hits, keys.count < positions.count ? .first(keys.count) : .all(index.looked))
    }

    private static func hits(_ query: AssetQuery, in manifest: Manifest) -> [BackupReview.Hit] {
        manifest.assets.filter { query.matches($0.asset, in: manifest.coordinates) }
            .map { BackupReview.Hit(record: manifest.record, stored: $0) }
    }
}
