import Glibc
import ReconcileCore

/// One page of a walk through a directory tree, in the byte order of the keys.
///
/// Reads only directories that can contain a key with the prefix after the page token. Memory is bounded by the page
/// plus the entries of the directories from the root to the current one. Every page reads those directories again, so a
/// very large directory is read in full once per thousand of its entries. Objects created or removed between pages may
/// or may not be listed; all others are listed exactly once.
struct DirectoryListing {
    private let after: String?
    private let limit: Int
    private let describe: HiddenDescription
    private var found: [StoredObject] = []
    private var hidden: [HiddenFolder] = []
    private var hasMore = false

    /// Why what is at a path can't be listed.
    enum Obstacle {
        case refusal(SystemFailure)
        case link
        /// A file where only folders belong, or something else that is neither a file nor a folder.
        case noFolder(FileStatus.Kind)
    }

    /// Describes what keeps the folder at a path from being listed.
    typealias HiddenDescription = (_ path: String, _ obstacle: Obstacle) -> RemoteFailure

    /// Lists a page of the objects whose key starts with `prefix` and comes after the key `after`.
    ///
    /// - Parameter describe: describes a directory below the prefix's own that may not be read, or whatever stands where a
    ///   folder of records should be; the page reports it as hidden and continues without it.
    static func page(
        of root: OpenFile,
        names: ExactNames,
        prefix: String,
        after: String?,
        limit: Int = 1000,
        hiding describe: @escaping HiddenDescription
    ) throws -> Page<StoredObject> {
        var listing = DirectoryListing(after: after, limit: limit, hiding: describe)
        let obstacle = try visit(prefix, of: root, names) { directory, path, namePrefix in
            try listing.visit(directory, path: path, namePrefix: namePrefix)
        }
        if let (path, obstacle) = obstacle { listing.hide(path, obstacle) }
        let next = listing.hasMore ? listing.found.last.map { PageToken($0.key.value) } : nil
        return Page(listing.found, next: next, hidden: listing.hidden)
    }

    /// The first `limit` directories directly below a prefix that ends with a slash or is empty.
    static func folders(
        of root: OpenFile,
        names: ExactNames,
        prefix: String,
        limit: Int = 1000
    ) throws -> Page<String> {
        var found: [String] = []
        _ = try visit(prefix, of: root, names) { directory, path, _ in
            found = try directory.entries().map(\.name).filter { name in
                if path.isEmpty && name == DirectoryPath.incoming { return false }
                return try directory.status(of: name)?.kind == .directory
            }
        }
        let next = found.count > limit ? PageToken("more") : nil
        return Page(Array(found.sorted().prefix(limit)), next: next)
    }

    /// Opens the directory that contains every key with the prefix; does nothing if it does not exist.
    ///
    /// - Parameter visit: receives the directory, its path and the start that names in it must have.
    /// - Returns: what hides records by standing where that directory, or one above it, should be; nil if nothing does.
    private static func visit(
        _ prefix: String,
        of root: OpenFile,
        _ names: ExactNames,
        _ visit: (_ directory: OpenFile, _ path: String, _ namePrefix: String) throws -> Void
    ) throws -> (path: String, Obstacle)? {
        var segments = DirectoryPath.segments(of: prefix)
        let namePrefix = segments.removeLast()
        // No key can have such a segment, so no key has this prefix.
        guard segments.allSatisfy({ DirectoryPath.problem(in: $0) == nil }) else { return nil }
        do {
            var directory = try root.openDirectory(".")
            var path = ""
            for name in segments {
                do {
                    directory = try names.openDirectory(name, in: directory, path: path, making: false)
                } catch let failure as SystemFailure where failure.isAbsence {
                    let kind = try directory.status(of: name)?.kind
                    return RecordFolder(path)?.obstacle(name, kind).map { (path + name + "/", $0) }
                }
                path += name + "/"
            }
            try visit(directory, path, namePrefix)
        } catch let failure as SystemFailure where failure.isAbsence {
            return nil
        } catch is NameCollision {
            return nil
        }
        return nil
    }

    private init(after: String?, limit: Int, hiding describe: @escaping HiddenDescription) {
        self.after = after
        self.limit = limit
        self.describe = describe
    }

    private mutating func visit(
        _ directory: OpenFile,
        path: String,
        namePrefix: String
    ) throws(SystemFailure) {
        guard let done = Done(after, under: path) else { return }
        // Compared without the path, since all rows share it.
        var rows: [(bytes: [UInt8], name: String, content: Content)] = []
        let records = RecordFolder(path)
        for entry in try directory.entries() where entry.name.utf8.starts(with: namePrefix.utf8) {
            let name = entry.name
            if path.isEmpty && name == DirectoryPath.incoming { continue }
            var kind = entry.kind
            if kind == nil { kind = try directory.status(of: name)?.kind }
            // A trailing slash makes a directory sort where its keys do.
            if kind == .directory {
                rows.append((Array(name.utf8) + [Done.slash], name, .directory))
            } else if let obstacle = records?.obstacle(name, kind) {
                rows.append((Array(name.utf8) + [Done.slash], name, .hidden(obstacle)))
            } else if kind == .file {
                rows.append((Array(name.utf8), name, .file))
            }
        }
        rows.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        for row in rows where !done.includes(row.bytes) {
            if case .directory = row.content {
                try visit(row.name, in: directory, path: path + row.name + "/")
            } else if found.count == limit {
                hasMore = true
            } else if case .hidden(let obstacle) = row.content {
                hide(path + row.name + "/", obstacle)
            } else if let status = try directory.status(of: row.name), status.kind == .file {
                found.append(
                    StoredObject(
                        key: ObjectKey(path + row.name),
                        size: status.size,
                        etag: nil,
                        modified: Timestamp(seconds: Int64(status.modified))
                    )
                )
            }
            if hasMore { return }
        }
    }

    private mutating func visit(_ name: String, in directory: OpenFile, path: String) throws(SystemFailure) {
        let count = found.count
        do throws(SystemFailure) {
            try visit(try directory.openDirectory(name), path: path, namePrefix: "")
        } catch  where error.isAbsence {
            return
        } catch  where error.isRefusal {
            // The next page starts after the last object of this page, so it will reach this directory again.
            guard count < limit else {
                hasMore = true
                return
            }
            found.removeLast(found.count - count)
            hide(path, .refusal(error))
        }
    }

    private mutating func hide(_ path: String, _ obstacle: Obstacle) {
        hidden.append(HiddenFolder(ObjectKey(path), describe(path, obstacle)))
    }

    /// What a row of a directory is.
    private enum Content {
        case directory, file
        case hidden(Obstacle)
    }
}

/// A directory that holds records of a backup, `<domain>/<kind>/…`.
private struct RecordFolder {
    /// Whether only folders belong in it: it is above those of the packages, `manifests/maven/<repository>/<group>/…`.
    private let holdsFoldersOnly: Bool

    /// Nil for any other directory. Nothing can be hidden among the assets, because the records name each of them.
    init?(_ path: String) {
        let segments = DirectoryPath.segments(of: path)
        guard segments.count > 2, segments[1] != "maven" else { return nil }
        holdsFoldersOnly = segments[1] == "manifests" && segments.count < 7
    }

    /// What hides records here, if something that is no directory has this name. No group or repository has a name that
    /// begins with a dot, as the files of desktops and of network file systems do.
    func obstacle(_ name: String, _ kind: FileStatus.Kind?) -> DirectoryListing.Obstacle? {
        switch kind {
        case .symbolicLink: .link
        case .other: .noFolder(.other)
        case .file where holdsFoldersOnly && !name.hasPrefix("."): .noFolder(.file)
        case .file, .directory, nil: nil
        }
    }
}

/// What earlier pages have listed of one directory.
private struct Done {
    static let slash = UInt8(ascii: "/")

    /// The part of the last listed key after the directory's path; nil if nothing in the directory has been listed.
    private let rest: [UInt8]?

    /// Nil if everything in the directory has been listed.
    init?(_ after: String?, under path: String) {
        guard let after else {
            rest = nil
            return
        }
        if after.utf8.starts(with: path.utf8) {
            rest = Array(after.utf8.dropFirst(path.utf8.count))
        } else if path.utf8.lexicographicallyPrecedes(after.utf8) {
            return nil
        } else {
            rest = nil
        }
    }

    /// Whether a name has been listed or, if it ends in a slash, everything under it.
    func includes(_ name: [UInt8]) -> Bool {
        guard let rest else { return false }
        let isInside = name.last == Self.slash && rest.starts(with: name)
        return !isInside && !rest.lexicographicallyPrecedes(name)
    }
}

extension SystemFailure {
    /// Whether the name has disappeared, or is something that is never followed.
    fileprivate var isAbsence: Bool { code == ENOENT || code == ENOTDIR || code == ELOOP }

    fileprivate var isRefusal: Bool { code == EACCES || code == EPERM }
}
