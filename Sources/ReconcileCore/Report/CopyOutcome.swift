/// The outcome of copying one version. A failure is a value, because the run continues with other versions.
package enum CopyOutcome: Hashable, Sendable {
    /// The version is backed up in its current state: its manifest is written.
    case committed(CopySummary)
    /// There is nothing to back up yet; the text says why, for the log.
    case skipped(String)
    /// The source lists no files although their bytes should be available; nothing is recorded, and the next run tries
    /// again.
    case empty
    /// The version kept changing while it was copied; the next run tries again.
    case left
    /// Everything that could be stored is, but the record cannot be signed at the moment; the next run records it
    /// without downloading.
    case unrecorded(RemoteFailure)
    /// The version is not committed. Whatever was stored remains, and the next run adopts it.
    case failed(CopyFailures)
    /// The task was cancelled; otherwise as `failed`.
    case interrupted
}

/// A committed version.
package struct CopySummary: Hashable, Sendable {
    package var manifest: Manifest
    /// Bytes of its record, without a seal; nil if that was not written, or is another writer's.
    package var recordSize: Int?
    /// Assets whose bytes were moved.
    package var copied: Int
    /// Assets whose bytes were already stored.
    package var adopted: Int
    /// Bytes transferred.
    package var bytes: Int64
    /// Why the manifest of a version whose bytes cannot be read lacks files: the reader rejects the record before it, or
    /// nobody has stored them.
    package var uncarried: ItemFailure?
    /// Files for which an earlier record names different bytes.
    package var mutations: [Mutation] = []
    /// What happened to the previous bytes of the mutated files.
    package var mutationEnding = Mutation.Ending.kept
    /// Versions of the package, this one or others, for which the store has lost files that it had accepted.
    package var lost: [ItemFailure] = []
    /// Warnings about the version that don't leave any of it unprotected.
    package var warnings: [String] = []
    /// How many of the adopted assets are verified only by their ETag.
    package var adoptedByETag = 0

    /// Whether the version's bytes are no longer available and none of them was ever stored.
    package var isUnavailable: Bool { uncarried == nil && manifest.isUnavailable }
}

/// Why a version is not committed.
package struct CopyFailures: Hashable, Sendable {
    /// At least one; each names the asset, if it concerns one.
    package var failures: [ItemFailure]
    /// When the version was published, in seconds since 1970, if the source could say.
    package var publishedTime: Double?
    /// Whether a file has different bytes than an earlier record names.
    package var isMutated = false
}
