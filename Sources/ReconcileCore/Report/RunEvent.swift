/// Something a run reports while it goes on, for logs and the progress line.
package enum RunEvent: Sendable {
    /// The selected repositories of the domain are listed.
    case repositoriesListed([String])
    /// The backup's manifests are read; how many there are.
    case manifestsListed(Int)
    /// A version's state is committed.
    case committed(CopySummary)
    /// A version has nothing to protect yet.
    case skipped(VersionCoordinates, reason: String)
    /// Something failed; the run goes on unless it says otherwise.
    case failed(ItemFailure)
    /// Something failed in the same way as others that were observed as `failed`.
    case failedAlike(ItemFailure)
    /// Something to know that is no failure.
    case warning(String)
    /// Where the run stands, after each piece of work.
    case progress(RunProgress)
}

/// Where a run stands.
package struct RunProgress: Hashable, Sendable {
    package var packagesListed = 0
    /// Packages whose versions are compared.
    package var packagesDone = 0
    package var versionsListed = 0
    /// Versions found to need work so far.
    package var drifted = 0
    /// Of those, done or failed; not those that were cut off.
    package var settled = 0
    package var failed = 0
    package var bytesCopied: Int64 = 0
    /// Whether `packagesListed` is final.
    package var allPackagesListed = false
    /// Whether the versions of all packages have been listed too, so that the counts above are final.
    package var listingComplete = false

    package init() {}

    /// Versions that needed work and have it.
    package var succeeded: Int { max(0, settled - failed) }

    /// How far a run came, for the end of a sentence; empty for work on a single version.
    var standing: String {
        guard packagesListed > 0 else { return "" }
        let packages = " after \(packagesDone) of \(packagesListed)\(allPackagesListed ? "" : " or more") packages"
        guard drifted > 0 else { return packages }
        return "\(packages) and \(succeeded) of the \(drifted) versions found so far that need work"
    }
}
