/// The newest valid record of a version, read before another one is written.
struct EarlierRecord: Sendable {
    let manifest: Manifest
    /// How the next record refers to this one.
    let name: PreviousRecord
    /// The version's records before this one, the newest first, where they have been listed; the reader may reject some.
    var older: ArraySlice<ManifestRecord> = []
}

extension EarlierRecord? {
    /// How the next record refers to the previous one.
    var name: PreviousRecord { self?.name ?? .first }
}

extension Backup {
    /// The manifest of a record; throws as the catalog's `manifest(of:)` does, and an `untrusted` failure where its
    /// certificate was made in advance: what is carried on is signed anew, and nobody sees then where it is from.
    func earlier(_ record: ManifestRecord) async throws -> EarlierRecord {
        let (manifest, object) = try await catalog.stored(record)
        let key = layout.key(of: record)
        if let certificate = object.certificate, let reason = try await carryReview?(certificate) {
            throw RemoteFailure(
                .untrusted,
                operation: .manifest,
                target: key.value,
                message: "the object does not pass the trust file: \(reason)"
            )
        }
        let name = PreviousRecord(object.body, at: key, in: layout, hashes.digest)
        return EarlierRecord(manifest: manifest, name: name)
    }

    /// The newest record of a version that the reader accepts; nil if there is none. Costs one list request, and a GET
    /// for each record down to it.
    func earlierRecord(of version: VersionCoordinates) async throws -> EarlierRecord? {
        var records = try await catalog.records(of: version)[...]
        while let record = records.popFirst() {
            do {
                var earlier = try await earlier(record)
                earlier.older = records
                return earlier
            } catch let failure as RemoteFailure where [.untrusted, .absent].contains(failure.kind) {}
        }
        return nil
    }

    /// How the next record of a package refers to the previous one, which is the newest that the reader accepts.
    ///
    /// Costs one GET if `newest` is accepted; otherwise also a list of the package's records, and a GET for each down
    /// to the accepted one.
    ///
    /// - Parameter newest: the presumably newest record; nil if unknown.
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
