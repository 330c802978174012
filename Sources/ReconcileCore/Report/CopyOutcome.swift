/// What became of the copy of one version. A failure of one version is a value: the run goes on with the others.
package enum CopyOutcome: Hashable, Sendable {
    /// The version is protected in its present state: its manifest is written.
    case committed(CopySummary)
    /// There is nothing to protect yet; why, for the log.
    case skipped(String)
    /// The source lists no file of it, although its bytes can be read: nothing is recorded, and it is the next run's.
    case empty
    /// The version has changed again and again while it was copied: it is the next run's.
    case left
    /// All of the version that could be stored is, and its record cannot be signed now: the next run records it without a
    /// download.
    case unrecorded(RemoteFailure)
    /// The version is not committed. What was stored of it stays and is adopted by the next run.
    case failed(CopyFailures)
    /// The task was cancelled; as for `failed`.
    case interrupted
}

/// A committed version.
package struct CopySummary: Hashable, Sendable {
    package var manifest: Manifest
    /// Assets whose bytes were moved.
    package var copied: Int
    /// Assets whose bytes were there already.
    package var adopted: Int
    /// Bytes moved.
    package var bytes: Int64
    /// Why the manifest names no assets though the version has an earlier record: that one does not pass the reader.
    package var uncarried: ItemFailure?
    /// Files of which an earlier record names other bytes.
    package var mutations: [Mutation] = []
    /// What happened to the earlier bytes of the mutated files.
    package var mutationEnding = Mutation.Ending.kept
    /// Versions of the package, this one or others, of which the store has lost files that it accepted.
    package var lost: [ItemFailure] = []
    /// Things to know about the version that leave none of it unprotected.
    package var warnings: [String] = []
    /// Of the adopted, those of which nothing but their ETag says that the bytes are right.
    package var adoptedByETag = 0

    /// Whether the version's bytes can no longer be had, and none of them was ever stored.
    package var isUnavailable: Bool { uncarried == nil && manifest.isUnavailable }
}

/// Why a version is not committed.
package struct CopyFailures: Hashable, Sendable {
    /// At least one, each with the asset it is about where it is about one.
    package var failures: [ItemFailure]
    /// Seconds since 1970 when the version was published, where the source could say.
    package var publishedTime: Double?
    /// Whether a file of it has other bytes than an earlier record names.
    package var isMutated = false
}
