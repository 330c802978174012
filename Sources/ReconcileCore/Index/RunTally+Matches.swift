/// Counting what a comparison with the index says.
extension RunTally {
    /// Counts how a listed version compares with what is recorded of it.
    mutating func count(_ match: ManifestIndex.Match) {
        switch match {
        case .inSync: report.versions.inSync += 1
        case .missing: report.versions.missing += 1
        case .stale: report.versions.stale += 1
        }
    }

    /// Takes in what became of a listed version that needed work, so that the counts still add up: one that is gone by now
    /// counts as if it had gone before it was listed, and one that is unfinished as if it had been listed so.
    mutating func absorb(
        _ outcome: CopyOutcome,
        of version: VersionCoordinates,
        listedAs match: ManifestIndex.Match,
        _ observe: (RunEvent) -> Void
    ) {
        absorb(outcome, of: version, observe)
        switch outcome {
        case .committed(let summary) where summary.manifest.status == .deleted:
            uncount(match)
            report.versions.listed -= 1
            report.versions.orphaned += 1
        case .skipped: uncount(match)
        case .committed, .left, .failed, .interrupted: break
        }
    }

    private mutating func uncount(_ match: ManifestIndex.Match) {
        switch match {
        case .inSync: report.versions.inSync -= 1
        case .missing: report.versions.missing -= 1
        case .stale: report.versions.stale -= 1
        }
    }

    /// Counts a version that the listing lacks and the source shows in the recorded state all the same.
    mutating func countUnlisted() {
        report.versions.orphaned -= 1
        report.versions.listed += 1
        report.versions.inSync += 1
    }

    /// Takes in what became of a version that the listing lacks: one that the source shows in another state counts as if it
    /// had been listed so.
    ///
    /// - Parameter isShown: whether the source described it before.
    mutating func absorb(
        _ outcome: CopyOutcome,
        ofUnlisted version: VersionCoordinates,
        isShown: Bool,
        _ observe: (RunEvent) -> Void
    ) {
        absorb(outcome, of: version, observe)
        switch outcome {
        case .committed(let summary) where summary.manifest.status == .deleted: return
        case .interrupted: return
        case .failed where !isShown: return
        case .committed, .failed, .left: report.versions.stale += 1
        case .skipped: break
        }
        report.versions.orphaned -= 1
        report.versions.listed += 1
    }
}
