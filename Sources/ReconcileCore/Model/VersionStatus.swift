/// The status of a package version, as the service names it.
///
/// `deleted` is never listed by the service; a manifest records it for a version that has left the listing.
package enum VersionStatus: String, Sendable, CaseIterable, Codable, JSONReadable, JSONWritable {
    case published = "Published"
    case unlisted = "Unlisted"
    case unfinished = "Unfinished"
    case archived = "Archived"
    case disposed = "Disposed"
    case deleted = "Deleted"

    /// Whether the service hands out the bytes of a version in this status.
    package var isDownloadable: Bool {
        switch self {
        case .published, .unlisted: true
        case .unfinished, .archived, .disposed, .deleted: false
        }
    }
}

/// Where a package version came from, a fact that the service keeps for the life of the version.
///
/// `unknown` stands for versions from before the service kept origins, and for an absent member: they may be the
/// company's own, so they are treated as `internal` wherever a choice depends on it.
package enum VersionOrigin: String, Sendable, CaseIterable, Codable, JSONReadable, JSONWritable {
    case `internal` = "INTERNAL"
    case external = "EXTERNAL"
    case unknown = "UNKNOWN"
}
