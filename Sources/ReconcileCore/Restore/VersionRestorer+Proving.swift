/// What a restore proves about a version before it sends any part of it: the record, and that the
/// objects are there.
extension VersionRestorer {
    /// The manifest of the newest record that passes the reader, of those that the choice allows.
    ///
    /// - Parameter restored: gets the records that were passed over.
    /// - Throws: the newest one's `untrusted` failure where none passes.
    func provedManifest(of member: RestoreOrder.Member, _ restored: inout RestoredVersion) async throws -> Manifest {
        var history = histories[ExactText(member.record.coordinates.version)]
        var record: ManifestRecord? = member.record
        var first: RemoteFailure?
        var passedOver: [ItemFailure] = []
        while let next = record {
            do {
                let manifest = try await backup.catalog.manifest(of: next)
                restored.untrusted += passedOver
                return try await given(manifest, &restored)
            } catch let failure as RemoteFailure where failure.kind == .untrusted {
                passedOver.append(ItemFailure(failure, version: next.coordinates))
                if first == nil { first = failure }
                history = history?.without(next)
                record = history.flatMap(options.choice.record(of:))
            }
        }
        // The first is what the version fails with.
        restored.untrusted += passedOver.dropFirst()
        throw first
            ?? RemoteFailure(.absent, operation: .restore, target: "\(restored.version)", message: "it has no record")
    }

    /// The manifest with the files that are asked for, where later records of the version name others than earlier ones.
    private func given(_ manifest: Manifest, _ restored: inout RestoredVersion) async throws -> Manifest {
        let records = histories[ExactText(manifest.coordinates.version)]?.records ?? []
        guard let first = try await backup.catalog.firstRecorded(of: manifest, in: records) else { return manifest }
        restored.given = first.sentence(givesFirst: options.givesFirst)
        return options.givesFirst ? first.manifest : manifest
    }

    /// Checks that every object about to be published is there with its size and can be read, before the first is sent.
    ///
    /// Listings of the version's directory; of each object's key alone for snapshots, whose builds share a directory.
    func proveObjects(_ work: inout Work) async throws {
        guard work.isTouched, !work.plan.missing.isEmpty else { return }
        do {
            var listed: [ObjectKey: StoredObject] = [:]
            let keys = work.plan.missing.map(\.key)
            for prefix in Set(work.member.role == .release ? keys.map(\.directory) : keys).sorted() {
                try await backup.store.forEachObject(under: prefix) { listed[$0.key] = $0 }
            }
            for stored in work.plan.missing {
                if let archive = listed[stored.key]?.archive {
                    let failure = RemoteFailure(
                        .archived,
                        operation: .restore,
                        target: stored.key.value,
                        message: archive.advice
                    )
                    work.failures.append(ItemFailure(failure, version: work.version, asset: stored.asset.name))
                    continue
                }
                if let newest = listed[stored.key], try await isNewest(stored, newest) { continue }
                // Other bytes may have followed; those of the record are then an older version.
                if stored.versionID != nil,
                    try await backup.store.describe(stored.key, versionID: stored.versionID)?.size == stored.asset.size
                {
                    work.overwritten.insert(stored.key)
                    continue
                }
                let isThere = listed[stored.key] != nil
                let failure = RemoteFailure(
                    isThere ? .corrupt : .absent,
                    operation: .restore,
                    target: stored.key.value,
                    message: isThere
                        ? "the object does not have the \(stored.asset.size) bytes that its record names"
                        : "the object that the record names is not there"
                )
                work.failures.append(ItemFailure(failure, version: work.version, asset: stored.asset.name))
            }
        } catch {
            work.failures += try failures(error, work.version).failures
        }
    }

    /// Whether the bytes that a record names can be read without their version's id, as far as can be known without
    /// reading them: a request only where the listing's ETag does not show it.
    private func isNewest(_ stored: Manifest.StoredAsset, _ newest: StoredObject) async throws -> Bool {
        guard newest.size == stored.asset.size else { return false }
        let sums = stored.asset.checksums
        guard let versionID = stored.versionID, sums.md5 == nil || newest.etag != sums.md5 else { return true }
        guard let object = try await backup.store.describe(stored.key, versionID: nil) else { return false }
        return object.versionID == versionID || (object.sha256 != nil && object.sha256 == sums.sha256)
    }
}

extension Manifest {
    /// A snapshot's manifest with the files of some builds as their manifests name them; without those that these don't
    /// name, and without a revision if that changes anything.
    func withFiles(ofBuilds builds: [ExactText: Manifest]) -> Manifest {
        var manifest = self
        manifest.assets = assets.compactMap { stored in
            guard let build = coordinates.build(of: stored.asset.name), let other = builds[ExactText(build)] else {
                return stored
            }
            return other.assets.first { ExactText($0.asset.name) == ExactText(stored.asset.name) }
        }
        if manifest.assets != assets { manifest.revision = nil }
        return manifest
    }
}

extension ObjectKey {
    /// The prefix of everything beside the object.
    fileprivate var directory: ObjectKey {
        let bytes = value.utf8
        return ObjectKey(String(value[...(bytes.lastIndex(of: UInt8(ascii: "/")) ?? bytes.startIndex)]))
    }
}
