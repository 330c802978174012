/// What a build needs from a backup.
package struct BuildNeeds: Hashable, Sendable {
    /// The versions that the backup has, in whichever repository.
    package let versions: NeededVersions
    /// The number of these versions.
    package let count: Int
    /// What the backup lacks, sorted: artifacts that come from elsewhere or are lost.
    package let absent: [String]
    /// POMs that could not be read, and folders of records that the store refuses to list, each with the reason. What
    /// only they require is unknown.
    package let unread: [String]
}

/// Finds what a build needs from the POMs in a backup; reads only.
package struct BuildSearch: Sendable {
    private let backup: Backup
    private let selection: Selection
    private let choice: RestoreChoice
    private let operation: ServiceOperation
    private let width: Int
    private let parse: @Sendable ([UInt8]) throws -> ProjectModel

    /// The largest POM to read, in bytes.
    private static let largest = 4 * 1024 * 1024

    /// - Parameters:
    ///   - choice: which state of a version to use.
    ///   - operation: the operation that failures name.
    ///   - width: the number of concurrent questions.
    ///   - parse: parses a POM.
    package init(
        of backup: Backup,
        selection: Selection,
        choice: RestoreChoice,
        operation: ServiceOperation,
        width: Int,
        parse: @escaping @Sendable ([UInt8]) throws -> ProjectModel
    ) {
        (self.backup, self.selection, self.choice) = (backup, selection, choice)
        (self.operation, self.width, self.parse) = (operation, width, parse)
    }

    private enum Answer: Sendable {
        case versions(ArtifactName, [ManifestRecord])
        case model(ArtifactVersion, ProjectModel?, unread: String?)
    }

    /// Finds what a build needs. Costs one list per thousand records of the backup, one for each package that the build
    /// names and the backup has, and two GETs for each of its POMs.
    ///
    /// - Throws: a failure of the store as a whole; `invalid` if the build names more artifacts than any real build
    ///   does; `CancellationError` if stopped.
    package func needs(of build: BuildClosure, stop: StopSignal) async throws -> BuildNeeds {
        let (packages, hidden) = try await packages(stop)
        var closure = build
        var records: [ArtifactVersion: [ManifestRecord]] = [:]
        var unread = hidden.ofSeveral
        while case let questions = closure.questions(), !questions.isEmpty {
            let known = records
            let answers = await sideBySide(questions, width: width, until: stop) { question -> Answer in
                switch question {
                case .versions(let name): return .versions(name, try await self.records(of: packages[name] ?? []))
                case .model(let version): return try await self.model(of: version, known[version] ?? [])
                }
            }
            if let failure = answers.failure { throw failure }
            guard answers.done.count == questions.count else { throw CancellationError() }
            for answer in answers.done {
                switch answer {
                case .versions(let name, let found):
                    if let failure = hidden.ofPackages[name] { unread.append(failure) }
                    for record in found { records[ArtifactVersion(record.coordinates), default: []].append(record) }
                    closure.tell(versions: Set(found.map { ExactText($0.coordinates.version) }).map(\.value), of: name)
                case .model(let version, let model, let reason):
                    if let reason { unread.append(reason) }
                    closure.tell(model: model, of: version)
                }
            }
        }
        guard !closure.isOverfull else {
            throw RemoteFailure(
                .invalid,
                operation: operation,
                target: backup.store.location,
                message: "the build names more than \(BuildClosure.limit) artifacts, which no build does; "
                    + "use --package, or leave --for-build out"
            )
        }
        return BuildNeeds(
            versions: NeededVersions(closure.wanted),
            count: closure.wanted.count,
            absent: closure.absent.sorted { ExactText($0) < ExactText($1) },
            unread: Set(unread).sorted { ExactText($0) < ExactText($1) }
        )
    }

    /// The failures of folders of records that the store refuses to list.
    private struct Hidden {
        var ofPackages: [ArtifactName: String] = [:]
        var ofSeveral: [String] = []
    }

    /// The selected packages, without those that have hidden records.
    private func packages(_ stop: StopSignal) async throws -> ([ArtifactName: [PackageCoordinates]], Hidden) {
        var packages: [ArtifactName: [PackageCoordinates]] = [:]
        var folders = HiddenRecords(in: backup.layout)
        var listed = 0
        for repository in selection.repositories.isEmpty ? [nil] : selection.repositories.map(Optional.some) {
            try await backup.catalog.forEachPackage(in: repository, noting: { _, _, _, _ in listed += 1 }) { folder in
                folders.add(folder)
            } _: { package in
                if stop.reason != nil { throw CancellationError() }
                guard selection.contains(package) else { return }
                packages[ArtifactName(package.namespace, package.name), default: []].append(package)
            }
        }
        try folders.requireShown(listed)
        var hidden = Hidden()
        for folder in folders.folders(of: selection) {
            guard let package = folders.package(of: folder) else {
                hidden.ofSeveral.append("\(folder.failure)")
                continue
            }
            let name = ArtifactName(package.namespace, package.name)
            hidden.ofPackages[name] = "\(folder.failure)"
            packages[name]?.removeAll { folders.hides($0) }
        }
        return (packages, hidden)
    }

    /// The records that a restore of the given packages would use.
    private func records(of packages: [PackageCoordinates]) async throws -> [ManifestRecord] {
        var records: [ManifestRecord] = []
        for package in packages {
            let history = try await backup.catalog.history(of: package)
            records += history.versions.filter { selection.contains($0.coordinates) }.compactMap(choice.record(of:))
        }
        return records
    }

    /// The first readable POM among a version's records.
    private func model(of version: ArtifactVersion, _ records: [ManifestRecord]) async throws -> Answer {
        var reason: String?
        for record in records {
            do {
                let manifest = try await backup.catalog.manifest(of: record)
                guard let pom = Self.pom(of: manifest) else { continue }
                return .model(version, try parse(try await bytes(of: pom)), unread: nil)
            } catch let failure as RemoteFailure {
                guard BackupCatalog.isOfOneManifest(failure) || failure.kind == .corrupt else { throw failure }
                reason = reason ?? "\(record.coordinates): \(failure)"
            } catch let error as CancellationError {
                throw error
            } catch {
                reason = reason ?? "\(record.coordinates): \(error)"
            }
        }
        return .model(version, nil, unread: reason)
    }

    private static func pom(of manifest: Manifest) -> Manifest.StoredAsset? {
        let poms = manifest.assets.filter { $0.asset.name.hasSuffix(".pom") && $0.asset.size <= largest }
        let name = "\(manifest.coordinates.package.name)-\(manifest.coordinates.version).pom"
        return poms.first { ExactText($0.asset.name) == ExactText(name) } ?? poms.last
    }

    /// The bytes that a record names. One GET is enough if they are the newest under their key, as they are unless the
    /// file was mutated.
    private func bytes(of stored: Manifest.StoredAsset) async throws -> [UInt8] {
        let newest = try await backup.store.read(stored.key, limit: Self.largest)
        if let newest, let wanted = stored.asset.checksums.sha256, backup.hashes.digest(newest, .sha256) == wanted {
            return newest
        }
        var bytes: [UInt8] = []
        try await backup.read(stored) { bytes += $0 }
        return bytes
    }
}
