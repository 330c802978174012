import Glibc
import ReconcileCore

/// One page of a walk through a directory tree, in the byte order of the keys.
///
/// Only directories that can hold a key of the prefix after the token are read. Memory is bounded by the page and by
/// the entries of the directories from the root to the current one; each page reads those directories again, so a
/// directory with very many entries costs its own length once for every thousand of them. Objects that come or go
/// while pages are read may be listed or not; the others are listed exactly once.
struct DirectoryListing {
    private let after: String?
    private let limit: Int
    private var found: [StoredObject] = []
    private var hasMore = false

    /// The page of the objects after the key `after` whose key starts with `prefix`.
    static func page(
        of root: OpenFile,
        names: ExactNames,
        prefix: String,
        after: String?,
        limit: Int = 1000
    ) throws -> Page<StoredObject> {
        var segments = DirectoryPath.segments(of: prefix)
        let namePrefix = segments.removeLast()
        // No key has such a segment, so nothing starts with this prefix.
        guard segments.allSatisfy({ DirectoryPath.problem(in: $0) == nil }) else { return Page([]) }
        var listing = DirectoryListing(after: after, limit: limit)
        do {
            var directory = try root.openDirectory(".")
            var path = ""
            for name in segments {
                directory = try names.openDirectory(name, in: directory, path: path, making: false)
                path += name + "/"
            }
            try listing.visit(directory, path: path, namePrefix: namePrefix)
        } catch let failure as SystemFailure where failure.isAbsence {
            return Page([])
        } catch is NameCollision {
            return Page([])
        }
        let next = listing.hasMore ? listing.found.last.map { PageToken($0.key.value) } : nil
        return Page(listing.found, next: next)
    }

    private init(after: String?, limit: Int) {
        self.after = after
        self.limit = limit
    }

    private mutating func visit(
        _ directory: OpenFile,
        path: String,
        namePrefix: String
    ) throws(SystemFailure) {
        var rows: [(key: String, name: String, isDirectory: Bool)] = []
        for entry in try directory.entries() where entry.name.utf8.starts(with: namePrefix.utf8) {
            let name = entry.name
            if path.isEmpty && name == DirectoryPath.incoming { continue }
            var kind = entry.kind
            if kind == nil { kind = try directory.status(of: name)?.kind }
            switch kind {
            // With its slash, a directory sorts where the keys in it do.
            case .directory: rows.append((path + name + "/", name, true))
            case .file: rows.append((path + name, name, false))
            case .symbolicLink, .other, nil: continue
            }
        }
        rows.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for row in rows where !isDone(with: row.key) {
            if row.isDirectory {
                do throws(SystemFailure) {
                    try visit(try directory.openDirectory(row.name), path: row.key, namePrefix: "")
                } catch  where error.isAbsence {
                    continue
                }
            } else if found.count == limit {
                hasMore = true
            } else if let status = try directory.status(of: row.name), status.kind == .file {
                found.append(
                    StoredObject(
                        key: ObjectKey(row.key),
                        size: status.size,
                        etag: nil,
                        modified: Timestamp(seconds: Int64(status.modified))
                    )
                )
            }
            if hasMore { return }
        }
    }

    /// Whether earlier pages listed this key, or everything under it when it ends in a slash.
    private func isDone(with key: String) -> Bool {
        guard let after else { return false }
        let isInside = key.utf8.last == UInt8(ascii: "/") && after.utf8.starts(with: key.utf8)
        return !isInside && !after.utf8.lexicographicallyPrecedes(key.utf8)
    }
}

extension SystemFailure {
    /// Whether the name went away, or stands for something that is never followed.
    fileprivate var isAbsence: Bool { code == ENOENT || code == ENOTDIR || code == ELOOP }
}
