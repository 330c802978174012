/// Reads what a verification looks at, and distinguishes a fault of one object from a failure of the store.
///
/// Every call throws `RemoteFailure`, or `CancellationError` when the verification is stopped.
struct BackupReader: Sendable {
    let backup: Backup
    let stop: StopSignal
    /// Which hashes of an object that is read are compared; SHA-256, which every manifest names, proves the bytes.
    let hashed: Set<ChecksumAlgorithm>
    /// One for each record or object that is being read or described, of whichever package.
    let places: TransferPlaces
    /// None of these is read as a record.
    let retired = RetiredRecords()

    func checkStop() throws {
        if stop.reason != nil || Task.isCancelled { throw CancellationError() }
    }

    /// What a package's manifests say now.
    func record(
        of package: PackageCoordinates,
        _ counts: inout VerifyReport.Counts
    ) async throws -> RecordedPackage {
        let layout = backup.layout
        var recorded = RecordedPackage(package, layout: layout, reader: backup.reader)
        var archived: Set<ObjectKey> = []
        try await backup.store.forEachObject(under: layout.manifestsPrefix(of: package)) { object in
            if let archive = object.archive {
                archived.insert(object.key)
                recorded.addArchived(object.key, layout.record(at: object.key)?.coordinates.version, archive.advice)
            }
            if let record = layout.record(at: object.key) {
                recorded.add(record, size: object.size, modified: object.modified)
            } else if let record = layout.packageRecord(at: object.key) {
                recorded.add(record)
            }
        }
        let ownRecords = recorded.ownRecords.filter { !archived.contains(layout.key(of: $0)) }
        try await forEach(of: ownRecords, at: layout.key, &counts) { record, read in
            switch read {
            case .success(let object?):
                let sha256 = backup.hashes.digest(object.body, .sha256)
                recorded.note(layout.key(of: record), record.recordedAt, sha256: sha256)
                recorded.add(object.body, of: record)
            case .success(nil):
                let key = layout.key(of: record)
                recorded.retire(key, of: nil, record.recordedAt, at: retired.time(at: key))
            case .failure(let failure): recorded.addUnreadable(record, failure)
            }
        }
        let records = recorded.records.filter { !archived.contains(layout.key(of: $0)) }
        try await forEach(of: records, at: layout.key, &counts) { record, read in
            switch read {
            case .success(let object?):
                let sha256 = backup.hashes.digest(object.body, .sha256)
                recorded.note(layout.key(of: record), record.recordedAt, sha256: sha256)
                recorded.add(object, of: record)
            case .success(nil):
                let key = layout.key(of: record)
                recorded.retire(key, of: record.coordinates.version, record.recordedAt, at: retired.time(at: key))
            case .failure(let failure): recorded.addUnreadable(record, failure)
            }
        }
        recorded.addUnreplaced()
        recorded.add(try await backup.faults(ofSecondFirstsIn: recorded.chain))
        return recorded
    }

    /// Records that are read before the first of them is taken in, which bounds the memory that their bytes take.
    private static let batch = 64

    /// Reads records side by side and hands over what was read in their order.
    private func forEach<Record: Sendable>(
        of records: [Record],
        at key: @escaping @Sendable (Record) -> ObjectKey,
        _ counts: inout VerifyReport.Counts,
        _ take: (Record, Result<ProvedObject?, RemoteFailure>) -> Void
    ) async throws {
        for start in stride(from: 0, to: records.count, by: Self.batch) {
            let batch = Array(records[start..<min(start + Self.batch, records.count)])
            let read = try await places.forEach(batch) { try await readManifest(at: key($0)) }
            for (record, result) in zip(batch, read) { take(record, result) }
            counts.manifests += batch.count
        }
    }

    /// A record, nil where it is retired; a failure where it alone cannot be read, or is not there although the
    /// store lists it: nothing removes a record.
    private func readManifest(at key: ObjectKey) async throws -> Result<ProvedObject?, RemoteFailure> {
        try checkStop()
        do {
            if try await isRetired(key) { return .success(nil) }
            let object = try await backup.store.readProved(key, limit: Manifest.maximumBytes)
            if let object { return .success(object) }
            let message = "the store lists it, and answers that it is not there"
            return .failure(
                RemoteFailure(.absent, operation: backup.store.operations.read, target: key.value, message: message)
            )
        } catch let failure as RemoteFailure {
            try await requireOneObject(failure, at: key)
            return .failure(failure)
        }
    }

    /// Whether a record is one that a repair has retired, with the bytes that it has now. A GET only where a repair
    /// names it.
    func isRetired(_ key: ObjectKey) async throws -> Bool {
        guard let sums = retired.sums(at: key), case .sha256(let sum) = try await storedSum(at: key) else {
            return false
        }
        return sums.contains(sum)
    }

    /// What is under the key of a record.
    enum StoredSum: Hashable, Sendable {
        case sha256(String)
        case absent
        /// It alone cannot be read; with when it was stored, where the store says so.
        case unreadable(Timestamp?)
    }

    /// The SHA-256 of a record as `sha256(at:)` gives it, or why there is none; throws only if the store fails as a whole.
    func storedSum(at key: ObjectKey) async throws -> StoredSum {
        do {
            return try await sha256(at: key).map(StoredSum.sha256) ?? .absent
        } catch let failure as RemoteFailure {
            try await requireOneObject(failure, at: key)
            return .unreadable(try await storedTime(at: key))
        }
    }

    /// Nil where the store does not say, or refuses to list the key.
    private func storedTime(at key: ObjectKey) async throws -> Timestamp? {
        do {
            let page = try await backup.store.list(prefix: key, after: nil)
            return page.elements.first { $0.key == key }?.modified
        } catch let failure as RemoteFailure where failure.kind == .denied {
            return nil
        }
    }

    /// The SHA-256 of an object's bytes as they are stored, whatever they are; nil where it is gone.
    ///
    /// Of one that is longer than any signed record, it is that of as many bytes as such a record may have and one more: no
    /// record has it, and nothing takes what follows for one.
    func sha256(at key: ObjectKey) async throws -> String? {
        do {
            return try await backup.hashes.checksums([.sha256]) { take in
                var rest = Manifest.maximumBytes + SignedObject.maximumSealBytes + 1
                do {
                    try await backup.store.body(at: key, versionID: nil, range: nil).read { piece in
                        try checkStop()
                        take(piece.count > rest ? Array(piece.prefix(rest)) : piece)
                        rest -= min(rest, piece.count)
                        // It ends the reading.
                        if rest == 0 { throw CancellationError() }
                    }
                } catch {
                    guard rest == 0 else { throw error }
                }
            }.sha256
        } catch let failure as RemoteFailure where failure.kind == .absent {
            return nil
        }
    }

    /// The bytes of a small object; nil where it is gone, or alone cannot be read.
    func readDocument(at key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        try await readProvedDocument(at: key, limit: limit)?.body
    }

    /// The same, and how far it counts.
    private func readProvedDocument(at key: ObjectKey, limit: Int) async throws -> ProvedObject? {
        do {
            return try await backup.store.readProved(key, limit: limit)
        } catch let failure as RemoteFailure {
            try await requireOneObject(failure, at: key)
            return nil
        }
    }

    /// Reads each small object under a prefix, in the order of their keys: one list, and a GET for each.
    ///
    /// - Parameter take: is given nil for one that is gone, or alone cannot be read.
    func forEachDocument(under prefix: ObjectKey, _ take: (ObjectKey, ProvedObject?) -> Void) async throws {
        for key in try await backup.documents(under: prefix) {
            try checkStop()
            take(key, try await readProvedDocument(at: key, limit: Manifest.maximumBytes))
        }
    }

    /// Returns if a failed reading is a fault of this one object, such as a bad block or a lost
    /// part; throws if the store fails as a whole.
    func requireOneObject(_ failure: RemoteFailure, at key: ObjectKey) async throws {
        switch failure.kind {
        case .archived, .invalid, .corrupt, .malformed, .untrusted, .denied: return
        case .unavailable: _ = try await backup.store.list(prefix: key, after: nil)
        case .absent, .credentials, .forbidden, .unreachable, .throttled, .conflict: throw failure
        }
    }
}
