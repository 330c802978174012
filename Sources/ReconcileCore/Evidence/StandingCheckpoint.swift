/// The checkpoint that stands for a backup's records at the end of a run, for a second store to keep.
package struct StandingCheckpoint: Hashable, Sendable {
    /// From the top of the backup, and of the other store.
    package let key: ObjectKey
    package let bytes: [UInt8]

    package init(key: ObjectKey, bytes: [UInt8]) {
        self.key = key
        self.bytes = bytes
    }

    /// Stores it in another store too, under the same key and never over anything: removing it from
    /// the backup does not remove it there.
    ///
    /// - Throws: a `conflict` failure if something else is under the key; `absent` if the store has lost it; anything else
    ///   that keeps it from being stored.
    package func store(in witness: any ObjectStore) async throws {
        try await witness.createKept(bytes, at: key)
    }
}
