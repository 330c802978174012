/// One row of a listing of everything that a store keeps under its keys: bytes, or a mark that they were removed.
package struct StoredVersion: Hashable, Sendable {
    /// Of the bytes; without size where they were removed.
    package let object: StoredObject
    /// Nil for bytes from before the store kept versions.
    package let versionID: String?
    /// Whether this is what a reader of the key gets.
    package let isNewest: Bool
    /// Whether it says that the object was removed; the older bytes are kept below it.
    package let isDeleteMarker: Bool

    package init(_ object: StoredObject, versionID: String?, isNewest: Bool, isDeleteMarker: Bool) {
        self.object = object
        self.versionID = versionID
        self.isNewest = isNewest
        self.isDeleteMarker = isDeleteMarker
    }
}
