/// An event during a run, for logs and the progress line.
package enum RunEvent: Sendable {
    /// The selected repositories of the domain are listed.
    case repositoriesListed([String])
    /// The backup's manifests have been read; with their number.
    case manifestsListed(Int)
    /// A version's state has been committed.
    case committed(CopySummary)
    /// A version has nothing to back up yet.
    case skipped(VersionCoordinates, reason: String)
    /// Something failed; the run continues unless the failure says otherwise.
    case failed(ItemFailure)
    /// Something failed in the same way as an earlier `failed` event.
    case failedAlike(ItemFailure)
    /// Something worth knowing that is not a failure.
    case warning(String)
    /// The run's progress, after each piece of work.
    case progress(RunProgress)
}

/// The progress of a run.
package struct RunProgress: Hashable, Sendable {
    package var packagesListed = 0
    /// Packages whose versions have been compared.
    package var packagesDone = 0
    package var versionsListed = 0
    /// Versions found so far that need work.
    package var drifted = 0
    /// How many of those are done or failed, without those that were interrupted.
    package var settled = 0
    package var failed = 0
    package var bytesCopied: Int64 = 0
    /// Whether `packagesListed` is final.
    package var allPackagesListed = false
    /// Whether the versions of all packages have been listed too, so that the counts above are final.
    package var listingComplete = false

    package init() {}

    /// Versions that needed work and are done.
    package var succeeded: Int { max(0, settled - failed) }

    /// How far a run got, for the end of a sentence; empty for work on a single version.
    var standing: String {
        guard packagesListed > 0 else { return "" }
        let packages = " after \(packagesDone) of \(packagesListed)\(allPackagesListed ? "" : " or more") packages"
        guard drifted > 0 else { return packages }
        return "\(packages) and \(succeeded) of the \(drifted) versions found so far that need work"
    }
}
