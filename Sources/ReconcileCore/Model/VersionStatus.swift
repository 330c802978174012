/// The status of a package version, as the service names it.
///
/// The service never lists `deleted`; a manifest records it for a version that has disappeared from the listing.
package enum VersionStatus: String, Sendable, CaseIterable, Codable, JSONReadable, JSONWritable {
    case published = "Published"
    case unlisted = "Unlisted"
    case unfinished = "Unfinished"
    case archived = "Archived"
    case disposed = "Disposed"
    case deleted = "Deleted"

    /// Whether the service serves the bytes of a version in this status.
    package var isDownloadable: Bool {
        switch self {
        case .published, .unlisted: true
        case .unfinished, .archived, .disposed, .deleted: false
        }
    }
}

/// Where a package version came from; the service keeps this for the life of the version.
///
/// `unknown` covers versions that predate the service's origins, and a missing member. They may be the company's own,
/// so every decision treats them as `internal`.
package enum VersionOrigin: String, Sendable, CaseIterable, Codable, JSONReadable, JSONWritable {
    case `internal` = "INTERNAL"
    case external = "EXTERNAL"
    case unknown = "UNKNOWN"
}
