/// One row of a listing of versions: bytes, or a delete marker.
package struct StoredVersion: Hashable, Sendable {
    /// The object; a delete marker has no size.
    package let object: StoredObject
    /// Nil for bytes stored before the store kept versions.
    package let versionID: String?
    /// Whether a reader of the key gets this version.
    package let isNewest: Bool
    /// Whether it marks the object as deleted; the older bytes are kept.
    package let isDeleteMarker: Bool

    package init(_ object: StoredObject, versionID: String?, isNewest: Bool, isDeleteMarker: Bool) {
        self.object = object
        self.versionID = versionID
        self.isNewest = isNewest
        self.isDeleteMarker = isDeleteMarker
    }
}
