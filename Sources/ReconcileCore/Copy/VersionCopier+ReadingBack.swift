/// Looks at what the copies of a package have stored, since a store may lose what it accepted.
extension VersionCopier {
    /// Lists the objects that a round has written, and notes with the round each version that lacks some. Due once the
    /// bytes of every version of the round are stored, or it has ended.
    ///
    /// One request for each thousand objects of the package, or of the version if only one has been written; none if none
    /// has.
    @inline(never)
    func readBack(_ round: PackageRound, of package: PackageCoordinates) async throws {
        var written = round.written
        guard !written.isEmpty else { return }
        let prefix = written.directory ?? backup.layout.packagePrefix(package)
        try await backup.store.forEachObject(under: prefix) { written.see($0) }
        note(written, in: round, of: package)
    }

    /// Does the same for a version that is alone in its round, and lists its package's document beside it: one list of the
    /// package's folder, where that shows all of it.
    ///
    /// - Parameter documents: those that were written with the version.
    /// - Returns: the package's document with its checksum files, as they are listed.
    @inline(never)
    func readBack(
        _ round: PackageRound,
        of manifest: Manifest,
        with documents: MetadataPublisher.Documents
    ) async throws -> [ObjectKey: StoredObject] {
        let package = manifest.coordinates.package
        let document = backup.layout.metadataKey(of: package)
        var written = round.written
        let isDue = documents[document] != nil || !written.isEmpty
        var listed: [StoredObject] = []
        if isDue, round.surroundings?.fitOneList(withFiles: max(manifest.assets.count, 1)) == true,
            case let page = try await backup.store.list(prefix: backup.layout.packagePrefix(package), after: nil),
            page.next == nil
        {
            listed = page.elements
            publisher.see(listed, in: package)
            for object in listed { written.see(object) }
            note(written, in: round, of: package)
        } else {
            try await readBack(round, of: package)
            if documents[document] != nil {
                try await backup.store.forEachObject(under: document) { listed.append($0) }
                try await publisher.lookForPlugins(beside: package)
            }
        }
        return Dictionary(listed.map { ($0.key, $0) }) { $1 }
    }

    /// Notes with a round what of its files no listing has shown.
    private func note(_ written: WrittenObjects, in round: PackageRound, of package: PackageCoordinates) {
        guard backup.store.keepsWrites else { return round.readBack() }
        let lost = written.unseen.map { version, files in
            let version = VersionCoordinates(package: package, version: version)
            let failure = RemoteFailure(
                .absent,
                operation: backup.store.operations.list,
                target: "\(version)",
                message: "of the files written for it, \(backup.store.location) does not list \(files): the store lost "
                    + "\(files == 1 ? "it" : "them"). Run again, which copies the version again; if this happens again, "
                    + "do not use this store for a backup"
            )
            return (version, ItemFailure(failure, version: version))
        }
        round.readBack(lost)
    }

    /// Records the versions of which the store has lost files once more, as incomplete: their records alone would say that
    /// they are protected, and no later run would look at them. Due once the package's document is settled.
    ///
    /// A version for which that fails is noted with the round once more.
    @inline(never)
    func recordIncomplete(of round: PackageRound) async throws {
        for version in round.takeIncomplete() {
            do {
                guard let earlier = try await backup.earlierRecord(of: version) else { continue }
                var manifest = earlier.manifest
                guard manifest.status.isDownloadable, manifest.revision != Manifest.incompleteRevision else { continue }
                manifest.previous = earlier.name
                manifest.revision = Manifest.incompleteRevision
                manifest.recordedAt = backup.clock.recordTime(after: manifest.recordedAt)
                manifest.recordedBy = recorder
                _ = try await commit(manifest, in: PackageRound(of: [version], contents: [:]))
            } catch let failure as RemoteFailure {
                round.lose(ItemFailure(failure, version: version))
            }
        }
    }

    /// A file that is not there of a version that is recorded as incomplete, unless an operator has accepted its loss; nil
    /// for any other version. One list for each of its directories; for each file that is not there, what asking costs.
    func lostFile(of manifest: Manifest) async throws -> ObjectKey? {
        guard manifest.revision == Manifest.incompleteRevision else { return nil }
        let version = manifest.coordinates
        var sizes: [ObjectKey: Int64] = [:]
        for directory in BackupLayout.directories(of: version.version) {
            let prefix = backup.layout.prefix(of: directory, in: version.package)
            try await backup.store.forEachObject(under: prefix) { sizes[$0.key] = $0.size }
        }
        for file in manifest.assets where sizes[file.key] != file.asset.size {
            if try await !acceptsLoss(file.key) { return file.key }
        }
        return nil
    }
}
