/// Writes records create-only, and relies on one that is already there only after reading it back.
extension ObjectStore {
    /// Stores a record's bytes where nothing is stored yet, or finds the same record there.
    ///
    /// The answer that an object exists proves nothing by itself: with a store that gives it to every write, every version
    /// would count as committed and none would be kept.
    ///
    /// - Parameter isSame: whether the stored bytes say the same as these.
    /// - Throws: a `conflict` failure if something else is there, or nothing.
    func create(
        _ bytes: [UInt8],
        at key: ObjectKey,
        or isSame: ([UInt8]) -> Bool
    ) async throws {
        guard case .alreadyExists = try await write(bytes, to: key, .createOnly) else { return }
        let stored = try await read(key, limit: max(bytes.count, Manifest.maximumBytes))
        if let stored, isSame(stored) { return }
        let message =
            stored == nil
            ? "the store refused the write because the object exists, but it does not exist; nothing was recorded. "
                + "Check the bucket policy and anything between the bucket and this program, then run again"
            : "an object with different content is already there; it was left unchanged. "
                + "Run verify, then run again"
        throw RemoteFailure(.conflict, operation: operations.write, target: key.value, message: message)
    }
}

extension Manifest {
    /// Whether stored bytes are a manifest that says the same, whoever recorded it.
    ///
    /// Writers that store the same new bytes at once may each name their own S3 version of them; both are right.
    func isSaid(by bytes: [UInt8], read reader: RecordReader) -> Bool {
        guard var other = try? reader.manifest(bytes, of: record), other.assets.count == assets.count else {
            return false
        }
        other.recordedBy = recordedBy
        for index in assets.indices { other.assets[index].versionID = assets[index].versionID }
        guard let own = try? canonicalBytes(), let others = try? other.canonicalBytes() else { return false }
        return own == others
    }
}
