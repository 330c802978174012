/// Writes records create-only, and reads an existing one back before relying on it.
extension ObjectStore {
    /// Stores bytes if the key is free, or finds the same bytes there.
    ///
    /// - Throws: a `conflict` failure if different bytes are there, or if the store claims that they exist but has
    ///   none.
    func create(_ bytes: [UInt8], at key: ObjectKey) async throws {
        guard try await create(bytes, at: key, or: { $0 == bytes }) else { throw taken(key) }
    }

    /// Stores a record's bytes if the key is free, or finds the same record there.
    ///
    /// A store's answer that an object exists proves nothing. If a store gave it for every write, every version would
    /// count as committed and none would be stored.
    ///
    /// - Parameter isSame: whether the stored bytes are an equal record.
    /// - Returns: false if something else is there; it is left unchanged.
    /// - Throws: a `conflict` failure if nothing is there either.
    func create(_ bytes: [UInt8], at key: ObjectKey, or isSame: ([UInt8]) -> Bool) async throws -> Bool {
        guard case .alreadyExists = try await write(bytes, to: key, .createOnly) else { return true }
        do {
            let stored = try await read(key, limit: max(bytes.count, Manifest.maximumBytes))
            if let stored { return isSame(stored) }
        } catch let failure as RemoteFailure where failure.kind == .untrusted {
            return false
        }
        throw conflict(
            key,
            "the store refused the write because the object exists, but it does not exist; nothing was recorded. "
                + "Check the bucket policy and anything between the bucket and this program, then run again"
        )
    }

    /// Stores bytes as `create` does and reads them back, because a store may lose what it accepted, and nothing else
    /// would show it.
    ///
    /// - Throws: an `absent` failure if they are not there.
    func createKept(_ bytes: [UInt8], at key: ObjectKey) async throws {
        try await create(bytes, at: key)
        try await requireKept(bytes, at: key)
    }

    /// Reads back what was just written.
    ///
    /// - Throws: an `absent` failure if it is not there.
    func requireKept(_ bytes: [UInt8], at key: ObjectKey) async throws {
        guard keepsWrites, try await !holds(bytes, at: key) else { return }
        throw lost(key)
    }

    /// That what was written under a key is not there.
    func lost(_ key: ObjectKey) -> RemoteFailure {
        RemoteFailure(
            .absent,
            operation: operations.read,
            target: key.value,
            message: "it was written, but \(location) does not have it: the store lost it. Run again; if this happens "
                + "again, do not use this store for a backup"
        )
    }

    /// Stores a record for a time, or for one of the next four seconds if other objects occupy its key: an object that
    /// someone put there first must not block the true record.
    ///
    /// - Parameter create: stores the record for a time; returns its key, and nil instead of the record if the key is
    ///   taken.
    /// - Throws: a `conflict` failure if all five keys are taken.
    func createRecord<Record>(
        at time: Timestamp,
        _ create: (Timestamp) async throws -> (key: ObjectKey, record: Record?)
    ) async throws -> Record {
        var second: Int64 = 0
        while true {
            let (key, record) = try await create(Timestamp(seconds: time.seconds + second))
            if let record { return record }
            second += 1
            if second == 5 { throw taken(key) }
        }
    }

    private func taken(_ key: ObjectKey) -> RemoteFailure {
        conflict(
            key,
            "an object with different content is already there; it was left unchanged. Run verify, then run again"
        )
    }

    private func conflict(_ key: ObjectKey, _ message: String) -> RemoteFailure {
        RemoteFailure(.conflict, operation: operations.write, target: key.value, message: message)
    }
}

extension Backup {
    /// Records the origin controls of a package, for the given time or one of the next four seconds.
    ///
    /// - Parameter previous: the package's preceding record.
    func record(
        _ controls: OriginControls,
        of package: PackageCoordinates,
        after previous: PreviousRecord,
        at time: Timestamp,
        by recorder: Manifest.Recorder
    ) async throws -> PackageRecord {
        try await store.createRecord(at: time) { time in
            let record = PackageRecord(package: package, recordedAt: time, originControls: controls)
            let bytes = record.canonicalBytes(recordedBy: recorder, after: previous)
            let (key, reader) = (layout.key(of: record), reader)
            try reader.prove(bytes, are: record)
            // If another writer stored an equal record in the same second, that one counts.
            let isStored = try await store.create(bytes, at: key) { (try? reader.prove($0, are: record)) != nil }
            return (key, isStored ? record : nil)
        }
    }
}

extension Manifest {
    /// Whether stored bytes are a manifest that says the same, whoever recorded it.
    ///
    /// Concurrent writers of the same new bytes may each name their own S3 version of them and a different preceding
    /// record; both are right.
    func isSaid(by bytes: [UInt8], read reader: RecordReader) -> Bool {
        guard var other = try? reader.manifest(bytes, of: record), other.assets.count == assets.count else {
            return false
        }
        (other.recordedBy, other.previous) = (recordedBy, previous)
        for index in assets.indices { other.assets[index].versionID = assets[index].versionID }
        guard let own = try? canonicalBytes(), let others = try? other.canonicalBytes() else { return false }
        return own == others
    }
}
