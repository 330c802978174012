/// Finds the one file that an address means, and reads its bytes only as far as its record proves them.
extension BackupReview {
    /// A file that was found.
    package struct FoundAsset: Hashable, Sendable {
        /// What the record that names it says.
        package let record: ManifestRecord
        package let stored: Manifest.StoredAsset
        /// Why newer records were passed over.
        package let passedOver: [RemoteFailure]
        /// Of each folder that the store refuses to show, and that may hold a record of the version too.
        package var hidden: [RemoteFailure] = []
        /// That the file was recorded with other bytes first; nil if it was not.
        package let notice: String?
    }

    /// The file that an address means in the newest record of each selected repository, or in the newest one of a moment.
    /// Where several repositories have it with the same bytes, it is the first one's.
    ///
    /// - Parameter givesFirst: whether the bytes that were recorded first are meant where later records name others.
    /// - Throws: `AmbiguousAsset`; an `absent` failure where nothing is recorded under the address; what keeps a record or
    ///   the store from being read; `CancellationError` when it is stopped.
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
        // Also of those after one that is ambiguous.
        for version in versions { _ = try version.manifest.get() }
        var firsts: [FirstRecorded?] = []
        for version in versions {
            let records = version.history.records
            firsts.append(try await backup.catalog.firstRecorded(of: version.manifest.get(), in: records))
        }
        var found = try choose(address, of: versions, firsts, givesFirst: givesFirst)
        found.hidden = listed.hidden
        return found
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
                    record: given?.record ?? manifest.record,
                    stored: stored,
                    passedOver: version.failures,
                    notice: first?.sentence(givesFirst: givesFirst)
                )
            )
        }
        guard let first = found.first else { throw try none(address, in: versions[0].manifest.get()) }
        guard Set(found.map(\.stored.asset.checksums.sha256)).count == 1 else { throw AmbiguousAsset(of: found) }
        return first
    }

    private func none(_ address: AssetAddress, in manifest: Manifest) -> RemoteFailure {
        guard !manifest.assets.isEmpty else {
            return absent(
                "\(manifest.coordinates) is \(manifest.status.rawValue), and no file of it was ever backed up"
            )
        }
        return absent(
            "\(manifest.coordinates) has no file \(address.file ?? ""); it has \(AmbiguousAsset.list(manifest))"
        )
    }
}

/// Why an address does not mean one file; says what to write instead.
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

    /// Repositories hold different bytes.
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
    /// Reads the bytes that a record names, from the start and in order. They are proved only when it returns: whoever
    /// takes them must not rely on them before.
    ///
    /// - Parameter take: what it throws ends the reading and is thrown on.
    /// - Throws: a `corrupt` failure where the bytes are not those of the record, or are gone.
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
