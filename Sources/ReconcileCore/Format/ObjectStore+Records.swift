/// Writes records create-only, and relies on one that is already there only after reading it back.
extension ObjectStore {
    /// Stores bytes where nothing is stored yet, or finds the same there.
    ///
    /// - Throws: a `conflict` failure if something else is there, or nothing.
    func create(_ bytes: [UInt8], at key: ObjectKey) async throws {
        guard try await create(bytes, at: key, or: { $0 == bytes }) else { throw taken(key) }
    }

    /// Stores a record's bytes where nothing is stored yet, or finds the same record there.
    ///
    /// The answer that an object exists proves nothing by itself: with a store that gives it to every write, every version
    /// would count as committed and none would be kept.
    ///
    /// - Parameter isSame: whether the stored bytes say the same as these.
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

    /// Stores bytes as `create` does, and reads them back: a store may lose what it accepted, and nothing else would
    /// show it.
    ///
    /// - Throws: an `absent` failure if they are not there.
    func createKept(_ bytes: [UInt8], at key: ObjectKey) async throws {
        try await create(bytes, at: key)
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

    /// Stores a record of a time, or of one of the next seconds where something else is under its key: whoever puts an
    /// object there first must not keep the true record out.
    ///
    /// - Parameter create: stores the record of a time; gives its key, and nil in place of the record if that is taken.
    /// - Throws: a `conflict` failure if all of five seconds are taken.
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
    /// Records the origin controls of a package, as of a time or one of the next seconds.
    ///
    /// - Parameter previous: the package's record before it.
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
    /// Writers that store the same new bytes at once may each name their own S3 version of them, and another record
    /// before theirs; both are right.
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
