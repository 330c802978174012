/// The keys of one domain's backup, format 1, from the root of the store.
///
/// The bytes form a plain Maven repository per CodeArtifact repository, with exactly the keys of the AWS sample
/// maven-package-backup; the manifests are stored next to it. docs/DESIGN.md shows the tree.
package struct BackupLayout: Hashable, Sendable {
    /// The domain's name.
    package let domain: String

    package init(domain: String) {
        self.domain = domain
    }

    /// The prefix of all of the domain's objects.
    package var prefix: ObjectKey { ObjectKey("\(root)/") }

    /// A key relative to the domain's folder, as signatures and statements name it.
    func path(of key: ObjectKey) -> String {
        String(Substring(key.value.utf8.dropFirst(prefix.value.utf8.count)))
    }

    // MARK: Bytes

    /// The prefix of every asset and document of the domain, or of one repository.
    package func bytesPrefix(of repository: String? = nil) -> ObjectKey {
        ObjectKey("\(root)/maven/" + (repository.map { KeySegment.encode($0) + "/" } ?? ""))
    }

    /// The package that a folder such as `acme/maven/releases/com/acme/app/` belongs to; nil if it isn't a package's
    /// folder.
    package func package(atFolder folder: String) -> PackageCoordinates? {
        let prefix = bytesPrefix().value
        guard folder.utf8.starts(with: prefix.utf8), folder.utf8.last == UInt8(ascii: "/") else { return nil }
        let segments = Substring(folder.utf8.dropFirst(prefix.utf8.count).dropLast()).utf8
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .compactMap { KeySegment.decode(Substring($0)) }
        guard segments.count >= 3 else { return nil }
        let package = PackageCoordinates(
            repository: segments[0],
            namespace: segments[1..<segments.count - 1].joined(separator: "."),
            name: segments[segments.count - 1]
        )
        return packageFolder(package).utf8.elementsEqual(folder.utf8) ? package : nil
    }

    /// The key of an asset.
    package func key(of asset: String, in version: VersionCoordinates) -> ObjectKey {
        let directory = Self.versionDirectory(of: version.version, holding: asset)
        let folder = packageFolder(version.package)
        return ObjectKey("\(folder)\(KeySegment.encode(directory))/\(KeySegment.encode(asset))")
    }

    /// The prefix of everything under a package's Maven path, including the packages below it.
    package func packagePrefix(_ package: PackageCoordinates) -> ObjectKey {
        ObjectKey(packageFolder(package))
    }

    /// The key of a package's artifact-level maven-metadata.xml.
    package func metadataKey(of package: PackageCoordinates) -> ObjectKey {
        ObjectKey(packageFolder(package) + MavenMetadata.fileName)
    }

    /// The key of the maven-metadata.xml of a folder.
    package func metadataKey(in folder: DocumentFolder) -> ObjectKey {
        if let package = folder.package { return metadataKey(of: package) }
        return ObjectKey("\(groupFolder(folder.group ?? "", in: folder.repository))/\(MavenMetadata.fileName)")
    }

    /// The key of a snapshot version's own maven-metadata.xml.
    package func metadataKey(ofSnapshot version: VersionCoordinates) -> ObjectKey {
        key(of: MavenMetadata.fileName, in: version)
    }

    /// The Maven directory of a version's asset.
    ///
    /// A snapshot build is stored in its `-SNAPSHOT` directory, where Maven looks for it. A version counts as a build
    /// if it has the form of one and the asset's name contains it. A release may have such a version too, so an asset
    /// whose name doesn't contain it is stored under the version itself.
    package static func versionDirectory(of version: String, holding asset: String) -> String {
        guard let build = SnapshotBuild(version), asset.contains(version) else { return version }
        return build.snapshotVersion
    }

    /// The Maven directories that may contain assets of a version, as key segments.
    package static func directories(of version: String) -> Set<ExactText> {
        var directories: Set<ExactText> = [ExactText(KeySegment.encode(version))]
        if let build = SnapshotBuild(version) {
            directories.insert(ExactText(KeySegment.encode(build.snapshotVersion)))
        }
        return directories
    }

    /// The prefix of one directory of a package.
    package func prefix(of directory: ExactText, in package: PackageCoordinates) -> ObjectKey {
        ObjectKey("\(packageFolder(package))\(directory)/")
    }

    private func packageFolder(_ package: PackageCoordinates) -> String {
        "\(groupFolder(package.namespace, in: package.repository))/\(KeySegment.encode(package.name))/"
    }

    private func groupFolder(_ group: String, in repository: String) -> String {
        let group = group.split(separator: ".", omittingEmptySubsequences: false)
            .map { KeySegment.encode(String($0)) }
            .joined(separator: "/")
        return "\(root)/maven/\(KeySegment.encode(repository))/\(group)"
    }

    // MARK: Manifests

    /// The prefix of every manifest of the domain.
    package var manifestsPrefix: ObjectKey { ObjectKey("\(root)/manifests/maven/") }

    /// The prefix of every manifest of a repository.
    package func manifestsPrefix(of repository: String) -> ObjectKey {
        ObjectKey(manifestsPrefix.value + KeySegment.encode(repository) + "/")
    }

    /// The prefix of every manifest of a group's packages.
    package func manifestsPrefix(ofGroup namespace: String, in repository: String) -> ObjectKey {
        ObjectKey(manifestsPrefix(of: repository).value + KeySegment.encode(namespace) + "/")
    }

    /// The prefix of every manifest of a package, and of the records of the package itself.
    package func manifestsPrefix(of package: PackageCoordinates) -> ObjectKey {
        ObjectKey(
            manifestsPrefix(of: package.repository).value + KeySegment.encode(package.namespace) + "/"
                + KeySegment.encode(package.name) + "/"
        )
    }

    /// The prefix of a version's manifests.
    package func manifestsPrefix(of version: VersionCoordinates) -> ObjectKey {
        ObjectKey(manifestsPrefix(of: version.package).value + KeySegment.encode(version.version) + "/")
    }

    /// The key of one manifest.
    package func key(of record: ManifestRecord) -> ObjectKey {
        ObjectKey(manifestsPrefix(of: record.coordinates).value + record.fileName)
    }

    /// The key of a package's own record, one level above those of its versions.
    package func key(of record: PackageRecord) -> ObjectKey {
        ObjectKey(manifestsPrefix(of: record.package).value + record.fileName)
    }

    /// Parses a manifest's key; nil for a key that this layout would not have written.
    package func record(at key: ObjectKey) -> ManifestRecord? {
        guard let (package, rest) = splitManifestKey(key), rest.count == 2,
            let version = KeySegment.decode(rest[rest.startIndex])
        else { return nil }
        let coordinates = VersionCoordinates(package: package, version: version)
        return ManifestRecord(coordinates: coordinates, fileName: rest[rest.startIndex + 1])
    }

    /// Parses the key of a package's own record; nil for a key that this layout would not have written.
    package func packageRecord(at key: ObjectKey) -> PackageRecord? {
        guard let (package, rest) = splitManifestKey(key), rest.count == 1 else { return nil }
        return PackageRecord(package: package, fileName: rest[rest.startIndex])
    }

    /// The package of all keys in a folder under `manifests/`; nil if the folder may have several.
    package func package(ofRecordsIn folder: ObjectKey) -> PackageCoordinates? { splitManifestKey(folder)?.package }

    /// The repository and namespace of all keys in a folder under `manifests/`; each is nil if the folder may have
    /// several.
    func group(ofRecordsIn folder: ObjectKey) -> (repository: String?, namespace: String?) {
        let names = folder.value.utf8.dropFirst(manifestsPrefix.value.utf8.count)
            .split(separator: UInt8(ascii: "/"))
            .map { KeySegment.decode(Substring($0)) }
        return (names.first ?? nil, names.dropFirst().first ?? nil)
    }

    /// The package of a key under `manifests/`, and the segments after it.
    private func splitManifestKey(_ key: ObjectKey) -> (package: PackageCoordinates, rest: ArraySlice<Substring>)? {
        let prefix = manifestsPrefix.value
        guard key.value.utf8.starts(with: prefix.utf8) else { return nil }
        let segments = key.value.utf8.dropFirst(prefix.utf8.count)
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map(Substring.init)
        guard segments.count > 3,
            let repository = KeySegment.decode(segments[0]), let namespace = KeySegment.decode(segments[1]),
            let name = KeySegment.decode(segments[2])
        else { return nil }
        let package = PackageCoordinates(repository: repository, namespace: namespace, name: name)
        return (package, segments[3...])
    }

    // MARK: Reports

    /// The prefix of every run's report.
    package var reportsPrefix: ObjectKey { ObjectKey("\(root)/runs/") }

    /// The key of a run's report.
    package func reportKey(runID: String, startedAt: Timestamp) -> ObjectKey {
        ObjectKey("\(root)/runs/\(startedAt.day)/\(KeySegment.encode(runID)).json")
    }

    /// The key of an object whose only purpose is to prove that a folder is writable. It has no meaning, is not signed,
    /// and its key is used for nothing else.
    package func probeKey(in folder: ObjectKey) -> ObjectKey { ObjectKey("\(folder)doctor.json") }

    /// The prefix of the reports of recorded verifications.
    package var verificationsPrefix: ObjectKey { ObjectKey("\(root)/verifications/") }

    /// The key of a verification's report.
    package func verificationKey(runID: String, day: String) -> ObjectKey {
        ObjectKey("\(verificationsPrefix)\(day)/\(KeySegment.encode(runID)).json")
    }

    /// The prefix of the evidence of every drill.
    package var drillsPrefix: ObjectKey { ObjectKey("\(root)/drills/") }

    /// The key of a drill's evidence.
    package func drillKey(drillID: String, day: String) -> ObjectKey {
        ObjectKey("\(drillsPrefix)\(day)/\(KeySegment.encode(drillID)).json")
    }

    /// The prefix of the records of accepted losses.
    package var lossesPrefix: ObjectKey { ObjectKey("\(root)/losses/") }

    /// The key of the record of the losses that one verification accepted.
    package func lossKey(runID: String) -> ObjectKey {
        ObjectKey("\(lossesPrefix)\(KeySegment.encode(runID)).json")
    }

    /// The prefix of the statements about unsigned records.
    package var statementsPrefix: ObjectKey { ObjectKey("\(root)/statements/") }

    /// The prefix of the objects that retire damaged records.
    package var repairsPrefix: ObjectKey { ObjectKey("\(root)/repairs/") }

    /// The key of the object that retires one record in a repair.
    package func repairKey(at time: Timestamp, runID: String) -> ObjectKey {
        ObjectKey("\(repairsPrefix)\(time.basic).\(KeySegment.encode(runID)).json")
    }

    /// The prefix of operators' statements about deletions.
    package var deletionsPrefix: ObjectKey { ObjectKey("\(root)/deletions/") }

    /// The key of a run's allowance: that the deletions until a given time are intended.
    package func allowanceKey(until: Timestamp, runID: String) -> ObjectKey {
        ObjectKey("\(deletionsPrefix)\(until.basic).\(KeySegment.encode(runID)).json")
    }

    /// The time in an allowance's key; nil for any other key.
    package func time(ofAllowanceAt key: ObjectKey) -> Timestamp? {
        let prefix = deletionsPrefix.value
        guard key.value.utf8.starts(with: prefix.utf8) else { return nil }
        let name = String(Substring(key.value.utf8.dropFirst(prefix.utf8.count)))
        guard name.utf8.count > 16 + 6, name.hasSuffix(".json"), let until = Timestamp(basic: name.prefix(16)),
            let runID = KeySegment.decode(name.dropFirst(17).dropLast(5)),
            key == allowanceKey(until: until, runID: runID)
        else { return nil }
        return until
    }

    // MARK: Checkpoints

    /// The prefix of all checkpoints.
    package var checkpointsPrefix: ObjectKey { ObjectKey("\(root)/checkpoints/") }

    /// The key of the checkpoint that one run writes.
    package func checkpointKey(cutoff: Timestamp, runID: String) -> ObjectKey {
        ObjectKey("\(checkpointsPrefix)\(cutoff.day)/\(cutoff.basic).\(KeySegment.encode(runID)).json")
    }

    /// What an anchor is called where a checkpoint is expected; nothing is stored under it.
    func anchorName(cutoff: Timestamp, digest: String) -> ObjectKey {
        ObjectKey("\(checkpointsPrefix)\(cutoff.basic):\(digest)")
    }

    /// The cutoff in a checkpoint's key; nil for any other key.
    package func cutoff(ofCheckpointAt key: ObjectKey) -> Timestamp? {
        let rest = key.value.utf8.dropFirst(checkpointsPrefix.value.utf8.count)
        guard key.value.utf8.starts(with: checkpointsPrefix.value.utf8), rest.count > 11 + 16 + 6 else { return nil }
        let name = String(Substring(rest.dropFirst(11)))
        guard name.hasSuffix(".json"), let cutoff = Timestamp(basic: name.prefix(16)),
            let runID = KeySegment.decode(name.dropFirst(17).dropLast(5)),
            key == checkpointKey(cutoff: cutoff, runID: runID)
        else { return nil }
        return cutoff
    }

    private var root: String { KeySegment.encode(domain) }
}
