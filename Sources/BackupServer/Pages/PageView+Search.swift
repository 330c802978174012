import BackupPages
import ReconcileCore

/// Searches for packages, and for files by name or hash.
extension PageView {
    /// The number of versions on a page of files; each costs reading its record.
    private static let size = 32
    /// The maximum number of packages to list in a search by file name, if the index does not have all versions.
    private static let mostLists = 32

    /// Finds packages by part of their coordinates, and files by name or hash.
    ///
    /// - Parameters:
    ///   - page: the page of files; only its records are read.
    ///   - contents: the contents of the backup.
    func search(_ text: String, page: Int, in contents: BackupContents) async throws -> SearchPage.Findings {
        guard !text.isEmpty else { return .none }
        if let query = AssetQuery(text), case .checksum(_, let hash) = query {
            return try await holders(of: query, hash, page)
        }
        let rows = contents.packages(matching: text)
        if rows.isEmpty, !text.contains(":") { return try await namesakes(of: text, page, in: contents) }
        return .packages(rows)
    }

    /// Finds files by name. Maven derives their names from package and version, so few versions can have a given file,
    /// and the keys of their records show which.
    private func namesakes(
        of name: String,
        _ page: Int,
        in contents: BackupContents
    ) async throws -> SearchPage.Findings {
        let file = SoughtFile(name)
        let packages = contents.packages.map(\.coordinates).filter(file.mayBe)
        func paging(_ count: Int) -> Paging { Paging(page, of: count, size: Self.size) }
        let found = known.ask { index -> (keys: [ObjectKey], Paging)? in
            guard !index.lacksKeys else { return nil }
            let positions = index.positions(of: file, in: packages, backup.layout)
            let paging = paging(positions.count)
            return (positions[paging.range].map(index.key), paging)
        }
        if let (keys, paging) = found {
            return .files(try await hits(.name(name), in: keys), paging, .named(paging.count))
        }
        let keys = try await listedNamesakes(of: file, in: packages.prefix(Self.mostLists))
        let shown = paging(keys.count)
        let scope: SearchPage.Scope = packages.count > Self.mostLists ? .first(keys.count) : .named(keys.count)
        return .files(try await hits(.name(name), in: Array(keys[shown.range])), shown, scope)
    }

    /// Lists the packages, and returns the keys of the newest records of versions that may have a file, the likeliest
    /// first.
    private func listedNamesakes(
        of file: SoughtFile,
        in packages: ArraySlice<PackageCoordinates>
    ) async throws -> [ObjectKey] {
        let found = try await Self.each(Array(packages)) { package in
            try await versions(of: package).compactMap { row -> (match: Int, key: ObjectKey)? in
                file.match(row.newest.coordinates.version, of: package).map { ($0, backup.layout.key(of: row.newest)) }
            }
        }
        return found.joined().sorted { ($1.match, $0.key.value) < ($0.match, $1.key.value) }.map(\.key)
    }

    /// Finds files by hash. Only manifests contain hashes, so the search covers the manifests in the index; only those
    /// with the hash are read again.
    private func holders(of query: AssetQuery, _ hash: String, _ page: Int) async throws -> SearchPage.Findings {
        let (keys, paging, scope) = known.ask { index -> ([ObjectKey], Paging, SearchPage.Scope) in
            let positions = index.positions(of: hash)
            let paging = Paging(page, of: positions.count, size: Self.size)
            let scope: SearchPage.Scope =
                if index.hasUnread {
                    .soFar(index.looked, of: index.versions)
                } else if index.lacksSome {
                    .only(index.looked, of: index.versions)
                } else {
                    .all(index.looked)
                }
            return (positions[paging.range].map(index.key), paging, scope)
        }
        return .files(try await hits(query, in: keys), paging, scope)
    }

    /// Returns the files that match a query in the records under the keys: one GET per record, and none for a record
    /// that is cached.
    private func hits(_ query: AssetQuery, in keys: [ObjectKey]) async throws -> [BackupReview.Hit] {
        let manifests = try await read(keys.compactMap(backup.layout.record)).compactMap { try? $0.get() }
        return manifests.flatMap { manifest in
            manifest.assets.filter { query.matches($0.asset, in: manifest.coordinates) }
                .map { BackupReview.Hit(record: manifest.record, stored: $0) }
        }
    }
}
