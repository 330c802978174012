/// What a restore sends: assets, and the documents that publish them.
extension VersionRestorer {
    // MARK: Assets

    func publishAssets(_ work: inout Work) async throws {
        let version = work.version
        let role = work.member.role
        let overwritten = work.overwritten
        // The first PUTs of a version may collide if they arrive together, so its first asset, the
        // POM, always goes alone.
        for assets in [work.plan.missing.prefix(1), work.plan.missing.dropFirst()] {
            let outcomes = try await places.forEach(Array(assets), endingWith: { $0 != nil }) { asset in
                try await publish(asset, role, version, overwritten)
            }
            work.failures += outcomes.compactMap { $0 ?? nil }
            guard work.isSound else { return }
        }
        work.bytes = work.plan.missing.reduce(0) { $0.adding(saturating: $1.asset.size) }
    }

    /// Nil when the service has the asset.
    private func publish(
        _ stored: Manifest.StoredAsset,
        _ role: RestoreOrder.Role,
        _ version: VersionCoordinates,
        _ overwritten: Set<ObjectKey>
    ) async throws -> ItemFailure? {
        do {
            let directory = role.directory(of: stored.asset.name, in: version)
            do {
                try await send(stored, isOverwritten: overwritten.contains(stored.key)) { body in
                    try await destination.publish(body, of: stored.asset, in: directory, of: version.package)
                }
            } catch let failure as RemoteFailure where failure.kind == .conflict {
                // Somebody else may have published the very same meanwhile.
                let held = try? await domain.allAssets(of: version)
                    .first { ExactText($0.name) == ExactText(stored.asset.name) }
                guard let held, VersionPlan.difference(held, stored.asset) == nil else { throw failure }
            }
            return nil
        } catch {
            return try failures(error, version, asset: stored.asset.name).failures.first
        }
    }

    /// Sends the bytes that a record names: the newest under their key, and those of the S3 version that it names if the
    /// newest are known to be others or turn out to be. The destination is given the right ones or none.
    private func send(
        _ stored: Manifest.StoredAsset,
        isOverwritten: Bool,
        _ publish: (any AssetBody) async throws -> Void
    ) async throws {
        if !isOverwritten || stored.versionID == nil {
            do {
                return try await publish(backup.store.body(at: stored.key, versionID: nil, range: nil))
            } catch let failure as RemoteFailure
                where stored.versionID != nil && [.corrupt, .absent, .archived].contains(failure.kind)
            {}
        }
        try await publish(backup.store.body(at: stored.key, versionID: stored.versionID, range: nil))
    }

    // MARK: Documents

    /// Publishes the document of a snapshot's newest build, or the one that a release was published with.
    func publishDocument(_ works: inout [Work]) async throws {
        // The newest build and the snapshot that shows it come last.
        guard let index = works.indices.last, works[index].plan.publishesDocument,
            works.suffix(2).allSatisfy(\.isSound)
        else { return }
        do {
            if works[index].member.role == .snapshot {
                try await publishSnapshotDocument(works[index], among: works)
                // It makes the snapshot Published and its build Unlisted, whatever they were.
                for index in works.indices.suffix(2) {
                    works[index].setsStatus = true
                    if works[index].restored.state == .inSync { works[index].restored.state = .stale }
                }
            } else {
                try await publishOwnDocument(&works[index])
            }
        } catch {
            works[index].failures += try failures(error, works[index].version).failures
        }
    }

    /// - Parameter works: the snapshot and its builds, with the newest build before the snapshot.
    private func publishSnapshotDocument(_ work: Work, among works: [Work]) async throws {
        let version = work.version
        let builds = works.filter(\.isSound).map(\.manifest)
        let names = builds.reduce(into: Set<ExactText>()) { $0.formUnion($1.namesForClients) }
        guard var document = MavenMetadata.snapshotLevel(of: work.manifest, with: names) else {
            throw RemoteFailure(
                .invalid,
                operation: .restore,
                target: "\(version)",
                message: "no asset is named like a build of it, and the service accepts no other snapshots"
            )
        }
        document.lastUpdated = document.snapshotVersions.compactMap(\.updated).max() ?? document.lastUpdated
        let bytes = document.render()
        let sums = ChecksumAlgorithm.ofDocuments.map { ($0, backup.hashes.digest(bytes, $0)) }
        try await publishDocument(in: version.version, sums, repairing: works.suffix(2).map(\.manifest)) {
            try await destination.publish(
                bytes,
                as: MavenMetadata.fileName,
                in: version.version,
                of: target
            )
        }
    }

    /// The document that a release was published with becomes its asset again when it is used to
    /// publish it again. If the backup no longer has it intact, or it would publish another version
    /// that is not complete yet, the version is restored without it: it is derived.
    private func publishOwnDocument(_ work: inout Work) async throws {
        guard let stored = work.manifest.assets.first(where: { $0.asset.name == MavenMetadata.fileName }) else {
            return
        }
        // Snapshots are published by their own documents.
        let unfinished = try await domain.allVersions(of: target).values.filter { listed in
            listed.status == .unfinished && ExactText(listed.version) != ExactText(work.version.version)
                && SnapshotBuild(listed.version) == nil && !VersionName(listed.version).isSnapshot
        }
        guard unfinished.isEmpty else {
            let names = unfinished.map(\.version).sorted().joined(separator: ", ")
            work.restored.warnings.append(
                "\(work.version) is restored without \(MavenMetadata.fileName): it could publish unfinished \(names)"
            )
            return
        }
        let checksums = stored.asset.checksums
        let sums = ChecksumAlgorithm.ofDocuments.compactMap { algorithm in
            checksums[algorithm].map { (algorithm, $0) }
        }
        do {
            try await publishDocument(in: nil, sums, repairing: [work.manifest]) {
                try await send(stored, isOverwritten: false) { body in
                    try await destination.publish(body, of: stored.asset, in: nil, of: target)
                }
            }
        } catch let failure as RemoteFailure where failure.kind == .corrupt || failure.kind == .absent {
            work.restored.warnings.append(
                "\(work.version) comes back without its \(MavenMetadata.fileName): \(failure)"
            )
        }
    }

    /// Publishes a document and its checksum files, as Maven does.
    ///
    /// The service refuses the document of a version for which somebody has sent a wrong checksum,
    /// until the right one comes (user guide, Maven checksums).
    private func publishDocument(
        in directory: String?,
        _ sums: [(algorithm: ChecksumAlgorithm, sum: String)],
        repairing manifests: [Manifest],
        _ publish: () async throws -> Void
    ) async throws {
        func publishAll() async throws {
            try await publish()
            let (_, failure) = await sideBySide(sums, width: sums.count) { algorithm, sum in
                let name = algorithm.fileName(of: MavenMetadata.fileName)
                try await destination.publish(Array(sum.utf8), as: name, in: directory, of: target)
            }
            if let failure { throw failure }
        }
        do {
            try await publishAll()
        } catch let failure as RemoteFailure where failure.kind == .invalid {
            for manifest in manifests {
                for asset in manifest.assets where asset.asset.name != MavenMetadata.fileName {
                    try await publishChecksums(of: asset.asset, in: directory ?? manifest.coordinates.version)
                }
            }
            try await publishAll()
        }
    }

    private func publishChecksums(of asset: Asset, in directory: String) async throws {
        for algorithm in ChecksumAlgorithm.allCases {
            guard let sum = asset.checksums[algorithm] else { continue }
            let name = algorithm.fileName(of: asset.name)
            try await destination.publish(Array(sum.utf8), as: name, in: directory, of: target)
        }
    }
}
