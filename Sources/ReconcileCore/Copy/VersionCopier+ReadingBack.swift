/// Looks at what the copies of a package have stored, since a store may lose what it accepted.
extension VersionCopier {
    /// Lists the objects that a round has written, and notes with the round each version that lacks some. Due once the
    /// bytes of every version of the round are stored, or it has ended.
    ///
    /// One request for each thousand objects of the package, or of the version if only one has been written; none if none
    /// has.
    func readBack(_ round: PackageRound, of package: PackageCoordinates) async throws {
        var written = round.written
        guard !written.isEmpty else { return }
        let prefix = written.directory ?? backup.layout.packagePrefix(package)
        try await backup.store.forEachObject(under: prefix) { written.see($0) }
        guard backup.store.keepsWrites else { return round.readBack() }
        let lost = written.unseen.map { version, files in
            let version = VersionCoordinates(package: package, version: version)
            let failure = RemoteFailure(
                .absent,
                operation: backup.store.operations.list,
                target: "\(version)",
                message: "of the files written for it, \(backup.store.location) does not list \(files): the store lost "
                    + "\(files == 1 ? "it" : "them"). Run verify --repair; if this happens again, do not use this store "
                    + "for a backup"
            )
            return ItemFailure(failure, version: version)
        }
        round.readBack(lost)
    }
}
