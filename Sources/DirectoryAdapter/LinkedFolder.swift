import ReconcileCore

/// Finds symbolic links where a backup's folders should be. Links are never followed, so what is behind one would seem to
/// be missing.
extension OpenFile {
    /// The path of the first link among `<top>`, `<top>/maven`, `<top>/manifests`, what is directly in them, and the
    /// folders of repositories in `<top>/manifests/maven`; nil for none.
    func linkedFolder(under top: String) throws(SystemFailure) -> String? {
        switch try status(of: top)?.kind {
        case .symbolicLink: return top
        case .directory: break
        default: return nil
        }
        let folder = try openDirectory(top)
        for name in ["manifests", "manifests/maven", "maven"] {
            switch try folder.status(of: name)?.kind {
            case .symbolicLink: return "\(top)/\(name)"
            case .directory: break
            default: continue
            }
            for entry in try folder.openDirectory(name).entries() {
                var kind = entry.kind
                if kind == nil { kind = try folder.openDirectory(name).status(of: entry.name)?.kind }
                if kind == .symbolicLink { return "\(top)/\(name)/\(entry.name)" }
            }
        }
        return nil
    }

    /// - Throws: an `invalid` failure that names the link.
    func requireNoLinkedFolder(under top: String, of location: String) throws {
        guard let link = try linkedFolder(under: top) else { return }
        throw RemoteFailure(
            .invalid,
            operation: DirectoryOperations.list,
            target: "\(location)/\(link)",
            message: "it is a symbolic link, which is never followed: what is behind it does not count as backed up. "
                + "Put the folder itself in its place, or mount it there"
        )
    }
}
