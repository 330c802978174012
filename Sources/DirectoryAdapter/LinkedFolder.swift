import ReconcileCore

/// Finds symbolic links and files where a backup should have folders. Links are never followed, so whatever is behind
/// one would appear to be missing.
extension OpenFile {
    /// A link or file where a folder should be.
    private struct Obstacle {
        let path: String
        let isLink: Bool
    }

    /// The first obstacle: `<top>`, `<top>/maven`, `<top>/manifests` or `<top>/manifests/maven` that is not a
    /// directory, or a link directly inside one of the last three; nil if there is none.
    private func obstacle(under top: String) throws(SystemFailure) -> Obstacle? {
        guard let kind = try status(of: top)?.kind else { return nil }
        guard kind == .directory else { return Obstacle(path: top, isLink: kind == .symbolicLink) }
        let folder = try openDirectory(top)
        for name in ["manifests", "manifests/maven", "maven"] {
            guard let kind = try folder.status(of: name)?.kind else { continue }
            guard kind == .directory else { return Obstacle(path: "\(top)/\(name)", isLink: kind == .symbolicLink) }
            for entry in try folder.openDirectory(name).entries() {
                var kind = entry.kind
                if kind == nil { kind = try folder.openDirectory(name).status(of: entry.name)?.kind }
                if kind == .symbolicLink { return Obstacle(path: "\(top)/\(name)/\(entry.name)", isLink: true) }
            }
        }
        return nil
    }

    /// - Throws: an `invalid` failure that names the link, or the file.
    func requireFolders(under top: String, of location: String) throws {
        guard let obstacle = try obstacle(under: top) else { return }
        throw RemoteFailure(
            .invalid,
            operation: DirectoryOperations.list,
            target: "\(location)/\(obstacle.path)",
            message: obstacle.isLink
                ? "it is a symbolic link, which is never followed: what is behind it does not count as backed up. "
                    + "Put the folder itself in its place, or mount it there"
                : "it is a file, and must be a folder of the backup: move the file away, and put the folder back"
        )
    }
}
