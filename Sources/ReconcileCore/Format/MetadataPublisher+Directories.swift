/// Leaves the directory of a version to its own files: version `c` of `a:b` has the folder of the package `a.b:c`.
extension MetadataPublisher {
    /// Keeps this publisher, and those that share its `plugins`, from writing a document into a version's directory until
    /// it is released. Call it before storing files of the version that have a document's name: until its record is stored,
    /// nothing else shows whose directory that is.
    func claimDirectory(of version: VersionCoordinates) async throws {
        guard let plugins else { return }
        try await plugins.alone(in: DocumentFolder(of: beside(version))) { plugins.claimDirectory(of: version) }
    }

    /// Ends a claim; does nothing if there is none.
    func releaseDirectory(of version: VersionCoordinates) {
        plugins?.releaseDirectory(of: version)
    }

    /// Gives checksum files that a document has left beside a version's own file of its name the sums of that file. Call it
    /// once the file is stored in a claimed directory.
    ///
    /// One list, and two requests for each wrong file, if `plugins` show that the other package may have a record; nothing
    /// otherwise.
    func takeOverChecksumFiles(of version: VersionCoordinates, _ assets: [Asset]) async throws {
        let names = Set(assets.map { ExactText($0.name) })
        guard let own = assets.first(where: { $0.name == MavenMetadata.fileName }),
            plugins?.mayHave(beside(version)) ?? false
        else { return }
        let key = layout.key(of: own.name, in: version)
        var found: Set<ObjectKey> = []
        try await store.forEachObject(under: key) { found.insert($0.key) }
        for algorithm in ChecksumAlgorithm.ofDocuments
        where !names.contains(ExactText(algorithm.fileName(of: own.name))) {
            let file = key.checksumFile(algorithm)
            guard found.contains(file), let sum = own.checksums[algorithm] else { continue }
            if try await store.holds(Array(sum.utf8), at: file) { continue }
            _ = try await store.write(Array(sum.utf8), to: file, .overwrite)
        }
    }

    /// The package that has a version's directory as its folder.
    private func beside(_ version: VersionCoordinates) -> PackageCoordinates {
        PackageCoordinates(
            repository: version.package.repository,
            namespace: "\(version.package.namespace).\(version.package.name)",
            name: version.version
        )
    }
}
