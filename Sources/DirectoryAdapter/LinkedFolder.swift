import ReconcileCore

/// Finds symbolic links and files where a backup should have folders. Links are never followed, so whatever is behind
/// one would appear to be missing.
extension OpenFile {
    /// A link or file where a folder should be.
    private struct Obstacle {
        let path: String
        let kind: FileStatus.Kind
    }

    /// The first obstacle: `<top>`, `<top>/maven`, `<top>/manifests`, `<top>/manifests/maven` or the folder that is
    /// listed if that is not a directory, or a link directly inside one of the first four; nil if there is none.
    private func obstacle(under top: String, listing name: String?) throws(SystemFailure) -> Obstacle? {
        guard let kind = try status(of: top)?.kind else { return nil }
        guard kind == .directory else { return Obstacle(path: top, kind: kind) }
        let folder = try openDirectory(top)
        if let name = try folder.firstLink() { return Obstacle(path: "\(top)/\(name)", kind: .symbolicLink) }
        for name in ["manifests", "manifests/maven", "maven"] {
            guard let kind = try folder.status(of: name)?.kind else { continue }
            guard kind == .directory else { return Obstacle(path: "\(top)/\(name)", kind: kind) }
            if let link = try folder.openDirectory(name).firstLink() {
                return Obstacle(path: "\(top)/\(name)/\(link)", kind: .symbolicLink)
            }
        }
        guard let name, let kind = try folder.status(of: name)?.kind, kind != .directory else { return nil }
        return Obstacle(path: "\(top)/\(name)", kind: kind)
    }

    /// The name of a symbolic link directly in this directory; nil if there is none.
    private func firstLink() throws(SystemFailure) -> String? {
        for entry in try entries() {
            var kind = entry.kind
            if kind == nil { kind = try status(of: entry.name)?.kind }
            if kind == .symbolicLink { return entry.name }
        }
        return nil
    }

    /// - Parameter name: the folder in `top` that is listed; nil for all of them.
    /// - Throws: an `invalid` failure that names the link, or the file.
    func requireFolders(under top: String, listing name: String?, of location: String) throws {
        guard let obstacle = try obstacle(under: top, listing: name) else { return }
        let target = "\(location)/\(obstacle.path)"
        throw obstacle.kind == .symbolicLink ? RemoteFailure.link(at: target) : .noFolder(obstacle.kind, at: target)
    }
}

extension DirectoryListing.Obstacle {
    /// The failure of the folder in whose place it is.
    func described(operation: ServiceOperation, target: String) -> RemoteFailure {
        switch self {
        case .refusal(let failure): failure.described(operation: operation, target: target)
        case .link: .link(at: target)
        case .noFolder(let kind): .noFolder(kind, at: target)
        }
    }
}

extension RemoteFailure {
    /// The failure of a listing that meets a symbolic link.
    static func link(at target: String) -> RemoteFailure {
        RemoteFailure(
            .invalid,
            operation: DirectoryOperations.list,
            target: target,
            message: "it is a symbolic link, which is never followed: what is behind it does not count as backed up. "
                + "Put what it leads to in its place, or mount it there"
        )
    }

    /// The failure of a listing that meets a file where a folder must be, or among records something else than either.
    static func noFolder(_ kind: FileStatus.Kind, at target: String) -> RemoteFailure {
        RemoteFailure(
            .invalid,
            operation: DirectoryOperations.list,
            target: target,
            message: kind == .file
                ? "it is a file, and must be a folder of the backup: move the file away, and put the folder back"
                : "it is neither a file nor a folder, and is in the place of one or the other: remove it, and put back "
                    + "what was there"
        )
    }
}
