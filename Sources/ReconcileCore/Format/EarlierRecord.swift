/// The newest record of a version that passes, read when another one is about to follow it.
struct EarlierRecord: Sendable {
    let manifest: Manifest
    /// What the next record says of it.
    let name: PreviousRecord
}

extension EarlierRecord? {
    /// What the next record says of the one before it.
    var name: PreviousRecord { self?.name ?? .first }
}

extension Backup {
    /// The manifest of a record; throws as the catalog's `manifest(of:)` does.
    func earlier(_ record: ManifestRecord) async throws -> EarlierRecord {
        let (manifest, bytes) = try await catalog.stored(record)
        let name = PreviousRecord(bytes, at: layout.key(of: record), in: layout, hashes.digest)
        return EarlierRecord(manifest: manifest, name: name)
    }

    /// The newest record of a version that passes the reader; nil if there is none. One list, and a GET for each record
    /// down to it.
    func earlierRecord(of version: VersionCoordinates) async throws -> EarlierRecord? {
        for record in try await catalog.records(of: version) {
            do {
                return try await earlier(record)
            } catch let failure as RemoteFailure where [.untrusted, .absent].contains(failure.kind) {}
        }
        return nil
    }

    /// What the next record of a package says of the one before it: of the newest that passes.
    ///
    /// One GET, if `newest` passes; otherwise also a list of the package's records, and a GET for each down to the one.
    ///
    /// - Parameter newest: what should be the newest one; nil if that is not known.
    func nameOfEarlierRecord(of package: PackageCoordinates, newest: PackageRecord?) async throws -> PreviousRecord {
        if let newest, let name = try await name(of: newest) { return name }
        for record in try await catalog.history(of: package).own(asOf: nil)
        where record.fileName != newest?.fileName && reader.isTimely(record.recordedAt) {
            if let name = try await name(of: record) { return name }
        }
        return .first
    }

    private func name(of record: PackageRecord) async throws -> PreviousRecord? {
        do {
            let bytes = try await catalog.stored(record)
            return PreviousRecord(bytes, at: layout.key(of: record), in: layout, hashes.digest)
        } catch let failure as RemoteFailure where [.untrusted, .absent].contains(failure.kind) {
            return nil
        }
    }
}
