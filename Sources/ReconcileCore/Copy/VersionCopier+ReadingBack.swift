/// Checks that the objects stored by a package's copies are there, because a store may lose what it accepted.
extension VersionCopier {
    /// Lists the objects that a round has written, and notes each version for which some are missing. Call it once
    /// every version of the round has its bytes stored or has ended.
    ///
    /// Costs one request per thousand objects of the package, or of a single directory if everything written is in one;
    /// none if nothing was written.
    @inline(never)
    func readBack(_ round: PackageRound, of package: PackageCoordinates) async throws {
        var written = round.written
        guard !written.isEmpty else { return }
        let prefix = written.directory ?? backup.layout.packagePrefix(package)
        try await backup.store.forEachObject(under: prefix) { written.see($0) }
        note(written, in: round, of: package)
    }

    /// Does the same for a version that is alone in its round, and also lists its package's document. Costs one list of
    /// the package's folder if that returns everything.
    ///
    /// - Parameter documents: the documents that were written with the version.
    /// - Returns: the package's document with its checksum files, as listed.
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

    /// Notes which of a round's files no listing has shown.
    private func note(_ written: WrittenObjects, in round: PackageRound, of package: PackageCoordinates) {
        guard backup.store.keepsWrites else { return round.readBack() }
        let needsRepair = assets.keepsVersions == false
        let advice =
            needsRepair
            ? "Run verify --repair, since a run leaves what is there of a file in a store without versions"
            : "Run again, which copies the version again"
        let lost = written.unseen.map { version, files in
            let version = VersionCoordinates(package: package, version: version)
            let failure = RemoteFailure(
                .absent,
                operation: backup.store.operations.list,
                target: "\(version)",
                message: "of the files written for it, \(backup.store.location) does not list \(files), or not whole: "
                    + "the store lost \(files == 1 ? "it" : "them"). \(advice); if this happens again, do not use this "
                    + "store for a backup"
            )
            var item = ItemFailure(failure, version: version)
            item.needsRepair = needsRepair
            return (version, item)
        }
        round.readBack(lost)
    }

    /// Records versions for which the store has lost files again, as incomplete. Their existing records say that they
    /// are protected, so no later run would look at them. Call it once the package's document is settled.
    ///
    /// If this fails for a version, that is noted as another failure.
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
                try await commit(manifest, in: PackageRound(of: [version], contents: [:]))
            } catch let failure as RemoteFailure {
                round.lose(ItemFailure(failure, version: version))
            }
        }
    }

    /// A missing file of a version that is recorded as incomplete, unless an operator has accepted the loss; nil for
    /// any other version. Costs one list for each of its directories, and for each missing file what `acceptsLoss`
    /// costs.
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
