/// The document of a `-SNAPSHOT` version, generated from its manifest and those of the builds that it names.
extension MetadataPublisher {
    /// Writes the document of a Published `-SNAPSHOT` version from its manifest and those of its builds. Writes nothing
    /// for other versions, or if the source itself lists such an asset, whose bytes are kept. For a build's manifest,
    /// updates the document of its snapshot.
    ///
    /// - Parameter manifest: about to be committed, with its bytes already stored; counts as committed.
    package func publishSnapshot(adding manifest: Manifest) async throws {
        guard manifest.coordinates.isSnapshot else {
            return try await settleSnapshot(of: manifest.coordinates, adding: manifest)
        }
        guard let document = try await snapshotDocument(manifest, adding: nil) else { return }
        try await write(document, to: layout.metadataKey(ofSnapshot: manifest.coordinates))
    }

    /// Updates the document of a snapshot to match the current manifests, given the snapshot or one of its builds; does
    /// nothing for other versions. Call it after a commit.
    ///
    /// - Parameter committed: the manifest of that commit, which a plan's store does not list.
    package func settleSnapshot(of version: VersionCoordinates, adding committed: Manifest? = nil) async throws {
        let build = version.isSnapshot ? nil : SnapshotBuild(version.version)
        guard version.isSnapshot || build != nil else { return }
        let snapshot = VersionCoordinates(
            package: version.package,
            version: build?.snapshotVersion ?? version.version
        )
        try await settle(layout.metadataKey(ofSnapshot: snapshot), likely: nil) {
            let newest = try await catalog.newestManifest(of: snapshot, adding: committed)
            guard let newest else { return nil }
            // The newest document doesn't name most builds.
            if build != nil, !newest.olderBuilds.contains(where: { ExactText($0) == ExactText(version.version) }) {
                return nil
            }
            return try await snapshotDocument(newest, adding: committed)
        } write: {
            try await write($0, to: layout.metadataKey(ofSnapshot: snapshot))
            return true
        }
    }

    private func snapshotDocument(_ manifest: Manifest, adding pending: Manifest?) async throws -> [UInt8]? {
        guard manifest.status == .published,
            !manifest.assets.contains(where: { $0.asset.name == MavenMetadata.fileName })
        else { return nil }
        var older: Set<ExactText> = []
        for build in manifest.olderBuilds {
            let version = VersionCoordinates(package: manifest.coordinates.package, version: build)
            let newest = try await catalog.newestManifest(of: version, adding: pending)
            older.formUnion(newest?.namesForClients ?? [])
        }
        return MavenMetadata.snapshotLevel(of: manifest, with: older)?.render()
    }

    /// Updates the document of each snapshot of a package.
    package func settleSnapshots(of package: PackageCoordinates) async throws {
        for record in try await newestRecords(of: package)
        where record.status == .published && record.coordinates.isSnapshot {
            try await settleSnapshot(of: record.coordinates)
        }
    }
}
