import BackupPages
import ReconcileCore
import Synchronization

/// What a text finds: packages, and files by their name or hash.
extension PageView {
    /// Thrown where another search is reading manifests.
    struct Busy: Error {}

    /// Seconds that a search may read manifests for.
    private static let patience: Duration = .seconds(8)
    /// Files that a search finds at most.
    private static let mostHits = 1_000
    /// Packages and versions of them in which a file's name is looked for by its beginning.
    private static let mostNamesakes = 2_000

    /// What a text finds: packages by part of their coordinates, files by their name or hash.
    func search(_ text: String) async throws -> SearchPage.Findings {
        guard !text.isEmpty else { return .none }
        let contents = try await overview().contents
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
        return .files(hits, looked: records.count, isComplete: isComplete)
    }

    /// Files of a hash: nothing but the manifests names them. What earlier searches have read is known; of the rest, as much
    /// is read as the time allows.
    private func holders(of query: AssetQuery, _ hash: String) async throws -> SearchPage.Findings {
        guard turn.take() else { throw Busy() }
        defer { turn.giveBack() }
        var index = hashes.current
        let isComplete = try await fill(&index)
        guard !index.isOverfull else { return try await scan(for: query) }
        let positions = index.positions(of: hash)
        let keys = positions.prefix(Self.mostHits).map(index.key)
        let manifests = try await read(keys.compactMap(backup.layout.record))
        let hits = manifests.compactMap { try? $0.get() }.flatMap { Self.hits(query, in: $0) }
        return .files(
            hits,
            looked: index.count - index.unread.count,
            isComplete: isComplete && keys.count == positions.count
        )
    }

    /// Reads what the index lacks; whether that is all.
    private func fill(_ index: inout HashIndex) async throws -> Bool {
        let begun = clock.now()
        var unread = index.unread[...]
        guard !unread.isEmpty else { return true }
        var isComplete = true
        while !unread.isEmpty, !index.isOverfull {
            guard clock.now() - begun <= Self.patience else {
                isComplete = false
                break
            }
            let some = Array(unread.prefix(Self.atOnce))
            unread = unread.dropFirst(some.count)
            // Past the cache: a search must not push out what readers come back to.
            let read = try await Self.each(some.map(index.key)) { key -> Result<[UInt8]?, RemoteFailure> in
                do {
                    return .success(try await backup.store.read(key, limit: Manifest.maximumBytes))
                } catch let failure as RemoteFailure {
                    return .failure(failure)
                }
            }
            for (position, result) in zip(some, read) {
                switch result {
                case .success(let bytes): index.note(bytes, at: position)
                case .failure(let failure) where failure.isOfOneObject: index.note(nil, at: position)
                case .failure: isComplete = false
                }
            }
        }
        hashes.add(index)
        return isComplete
    }

    /// Records that are read before the time is looked at.
    private static let atOnce = 200

    /// The same for a backup whose hashes are too many to be kept: whatever the time allows is read anew.
    private func scan(for query: AssetQuery) async throws -> SearchPage.Findings {
        let begun = clock.now()
        var hits: [BackupReview.Hit] = []
        var looked = 0
        var token: PageToken?
        var newest: ManifestRecord?
        repeat {
            let page = try await backup.store.list(prefix: backup.layout.manifestsPrefix, after: token)
            var records: [ManifestRecord] = []
            for object in page.elements {
                guard let record = backup.layout.record(at: object.key), asOf.map({ record.recordedAt <= $0 }) ?? true
                else { continue }
                if let before = newest, before.coordinates.exact != record.coordinates.exact { records.append(before) }
                newest = record
            }
            token = page.next
            if token == nil, let last = newest { records.append(last) }
            for start in stride(from: 0, to: records.count, by: Self.atOnce) {
                let some = Array(records[start..<min(records.count, start + Self.atOnce)])
                // Past the cache: a search must not push out what readers come back to.
                let found = try await Self.each(some) { record in try? await backup.catalog.manifest(of: record) }
                hits += found.compactMap(\.self).flatMap { Self.hits(query, in: $0) }
                looked += some.count
                if hits.count >= Self.mostHits || clock.now() - begun > Self.patience {
                    return .files(hits, looked: looked, isComplete: false)
                }
            }
        } while token != nil
        return .files(hits, looked: looked, isComplete: true)
    }

    private static func hits(_ query: AssetQuery, in manifest: Manifest) -> [BackupReview.Hit] {
        manifest.assets.filter { query.matches($0.asset, in: manifest.coordinates) }
            .map { BackupReview.Hit(record: manifest.record, stored: $0) }
    }
}

/// One at a time.
final class Turn: Sendable {
    private let isTaken = Mutex(false)

    /// Whether it is the caller's turn now.
    func take() -> Bool {
        isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }

    func giveBack() { isTaken.withLock { $0 = false } }
}
