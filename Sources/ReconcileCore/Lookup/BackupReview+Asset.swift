/// Finds the file that an address identifies, and reads and verifies its bytes.
extension BackupReview {
    /// A file that was found.
    package struct FoundAsset: Hashable, Sendable {
        /// The record that names it.
        package let record: ManifestRecord
        package let stored: Manifest.StoredAsset
        /// The failures of newer records that were skipped.
        package let passedOver: [RemoteFailure]
        /// The failures of folders that the store refuses to list and that may also contain a record of the version.
        package var hidden: [RemoteFailure] = []
        /// A notice that the file was first recorded with different bytes; nil if it wasn't.
        package let notice: String?
    }

    /// The file that an address identifies in the newest record of each selected repository, or in the newest one at a
    /// given moment. If several repositories have it with the same bytes, the first one's is returned.
    ///
    /// - Parameter givesFirst: whether to return the bytes that were recorded first if later records name different
    ///   ones.
    /// - Throws: `AmbiguousAsset`; an `absent` failure if nothing is recorded under the address; a failure to read a
    ///   record or the store; `CancellationError` if stopped.
    package func asset(
        _ address: AssetAddress,
        asOf moment: Timestamp?,
        givesFirst: Bool = false,
        stop: StopSignal
    ) async throws -> FoundAsset {
        guard let pattern = address.pattern else { throw absent("\(address) is not a version") }
        let listed = try await self.histories(pattern, stop)
        let all = listed.elements
            .filter { ExactText($0.coordinates.version) == ExactText(address.version) }
        guard let first = all.first else {
            if let hidden = listed.hidden.first { throw hidden }
            throw absent("nothing of the domain \(backup.layout.domain) is recorded as \(address)")
        }
        let histories = all.compactMap { history in
            guard let moment else { return history }
            return VersionHistory(history.records.filter { $0.recordedAt <= moment })
        }
        if histories.isEmpty, let moment {
            let time = first.records[0].recordedAt.extended
            throw absent("\(first.coordinates) was not recorded by \(moment.extended); its first record is of \(time)")
        }
        let versions = try await kept(histories, stop)
        // Includes versions after one that is ambiguous.
        for version in versions { try requireRead(version) }
        var firsts: [FirstRecorded?] = []
        for version in versions {
            firsts.append(try await self.first(of: version, address.file, among: listed.elements, asOf: moment))
        }
        var found = try choose(address, of: versions, firsts, givesFirst: givesFirst)
        found.hidden = listed.hidden
        return found
    }

    /// - Throws: what kept the version's records from being read: `corrupt` if the store lists one and does not have it, since
    ///   nothing removes a record.
    private func requireRead(_ version: KeptVersion) throws {
        guard case .failure(let failure) = version.manifest else { return }
        guard failure.kind == .absent else { throw failure }
        throw RemoteFailure(
            .corrupt,
            operation: failure.operation,
            target: failure.target,
            message: "the store lists this record of \(version.history.coordinates), and answers that it is not there. "
                + "Run verify, which says what to do"
        )
    }

    /// What the version of a file was first recorded with, which for a build's file of a snapshot is the build.
    private func first(
        of version: KeptVersion,
        _ file: String?,
        among histories: [VersionHistory],
        asOf moment: Timestamp?
    ) async throws -> FirstRecorded? {
        let manifest = try version.manifest.get()
        let coordinates = manifest.coordinates
        guard coordinates.isSnapshot else {
            return try await backup.catalog.firstRecorded(of: manifest, in: version.history.records)
        }
        guard let file = file ?? manifest.mainArtifact?.asset.name, let name = coordinates.build(of: file) else {
            return nil
        }
        let build = VersionCoordinates(package: coordinates.package, version: name)
        let records = (histories.first { $0.coordinates.exact == build.exact }?.records ?? []).filter { record in
            moment.map { record.recordedAt <= $0 } ?? true
        }
        guard records.count > 1 else { return nil }
        for record in records.reversed() {
            guard let newest = try await backup.catalog.readableManifest(of: record) else { continue }
            return try await backup.catalog.firstRecorded(of: newest, in: records)
        }
        return nil
    }

    private func choose(
        _ address: AssetAddress,
        of versions: [KeptVersion],
        _ firsts: [FirstRecorded?],
        givesFirst: Bool
    ) throws -> FoundAsset {
        var found: [FoundAsset] = []
        for (version, first) in zip(versions, firsts) {
            let newest = try version.manifest.get()
            let given = givesFirst ? first : nil
            let manifest = given?.manifest ?? newest
            let stored: Manifest.StoredAsset?
            if let file = address.file {
                stored = manifest.assets.first { ExactText($0.asset.name) == ExactText(file) }
            } else {
                stored = manifest.mainArtifact
                guard stored != nil || manifest.assets.isEmpty else { throw AmbiguousAsset(filesOf: manifest) }
            }
            guard let stored else { continue }
            found.append(
                FoundAsset(
                    record: given?.record(naming: stored.asset.name) ?? manifest.record,
                    stored: stored,
                    passedOver: version.failures,
                    notice: first?.sentence(givesFirst: givesFirst)
                )
            )
        }
        guard let first = found.first else { throw try none(address, in: versions[0].manifest.get(), firsts[0]) }
        guard Set(found.map(\.stored.asset.checksums.sha256)).count == 1 else { throw AmbiguousAsset(of: found) }
        return first
    }

    private func none(_ address: AssetAddress, in manifest: Manifest, _ first: FirstRecorded?) -> RemoteFailure {
        guard !manifest.assets.isEmpty else {
            if let first { return absent(first.sentence(givesFirst: false)) }
            return absent(
                "\(manifest.coordinates) is \(manifest.status.rawValue), and no file of it was ever backed up"
            )
        }
        return absent(
            "\(manifest.coordinates) has no file \(address.file ?? ""); it has \(AmbiguousAsset.list(manifest))"
        )
    }
}

/// Why an address doesn't identify a single file, and what to write instead.
package struct AmbiguousAsset: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// No file of a version is its main artifact.
    init(filesOf manifest: Manifest) {
        let (package, version) = (manifest.coordinates.package, manifest.coordinates.version)
        let name = manifest.assets.first?.asset.name ?? ""
        description =
            "\(manifest.coordinates) has no single main artifact; name one of its files, such as "
            + "\(package.namespace):\(package.name):\(version):\(name). It has \(Self.list(manifest))"
    }

    /// Repositories have different bytes.
    init(of found: [BackupReview.FoundAsset]) {
        let places = found.map { one in
            "\(one.record.coordinates.package.repository) (\(one.stored.asset.size) bytes, SHA-256 "
                + "\(one.stored.asset.checksums.sha256 ?? "not known"))"
        }
        description =
            "\(found.first?.stored.asset.name ?? "") has different bytes in \(found.count) repositories; choose one with "
            + "--repository: \(places.joined(separator: ", "))"
    }

    static func list(_ manifest: Manifest) -> String {
        manifest.assets.map(\.asset.name).joined(separator: ", ")
    }
}

extension Backup {
    /// Reads the bytes that a record names, from start to end. They are verified only when this returns, so `take` must
    /// not rely on them before.
    ///
    /// - Parameter take: receives each piece. Its errors end the reading and are rethrown.
    /// - Throws: a `corrupt` failure if the bytes are not those of the record, or are missing.
    package func read(
        _ stored: Manifest.StoredAsset,
        _ take: (_ piece: [UInt8]) throws -> Void
    ) async throws {
        func corrupt(_ what: String) -> RemoteFailure {
            RemoteFailure(
                .corrupt,
                operation: store.operations.read,
                target: stored.key.value,
                message: "\(what); nothing was kept of it. verify says what is left of the file"
            )
        }
        let (wanted, size) = (stored.asset.checksums.sha256, stored.asset.size)
        var read: Int64 = 0
        let body = store.body(of: stored.asset, at: stored.key, versionID: stored.versionID, range: nil)
        let sums: Checksums
        do {
            sums = try await hashes.checksums([.sha256]) { hash in
                try await body.read { piece in
                    try Task.checkCancellation()
                    read += Int64(piece.count)
                    guard read <= size else {
                        throw corrupt("the object has more than the \(size) bytes that its record names")
                    }
                    hash(piece)
                    try take(piece)
                }
            }
        } catch let failure as RemoteFailure where failure.kind == .absent {
            throw corrupt("its record names the object, and it is gone (\(failure.message))")
        }
        guard read == size else {
            throw corrupt("the object has \(read) bytes, and its record names \(size)")
        }
        guard let wanted, sums.sha256 == wanted else {
            let names = wanted.map { "its record names \($0)" } ?? "its record names none"
            throw corrupt("the object's bytes have the SHA-256 \(sums.sha256 ?? "?"), and \(names)")
        }
    }
}
