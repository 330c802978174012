/// Counts the results of comparisons with the index.
extension RunTally {
    /// Counts how a listed version compares with its record.
    ///
    /// - Parameter number: 1 to count it, -1 to revert that.
    mutating func count(_ match: ManifestIndex.Match, _ number: Int = 1) {
        switch match {
        case .inSync: report.versions.inSync += number
        case .missing: report.versions.missing += number
        case .stale: report.versions.stale += number
        }
    }

    /// Takes the outcome for a listed version that needed work. To keep the totals consistent, a version deleted
    /// meanwhile counts as if it had not been listed, and an unfinished one as if it had been listed as Unfinished.
    mutating func absorb(
        _ outcome: CopyOutcome,
        of version: VersionCoordinates,
        listedAs match: ManifestIndex.Match,
        _ observe: (RunEvent) -> Void
    ) {
        progress.drifted += 1
        absorb(outcome, of: version, observe)
        switch outcome {
        case .committed(let summary) where summary.manifest.status == .deleted:
            count(match, -1)
            report.versions.listed -= 1
            report.versions.orphaned += 1
        case .skipped: count(match, -1)
        case .committed, .empty, .left, .unrecorded, .failed, .interrupted: break
        }
    }

    /// Counts a version that is not listed although the source reports it in the recorded state.
    mutating func countUnlisted() {
        report.versions.orphaned -= 1
        report.versions.listed += 1
        report.versions.inSync += 1
    }

    /// Takes the outcome for a version that is not listed. If the source reports it in a different state, it counts as
    /// if it had been listed in that state.
    ///
    /// - Parameter isShown: whether the source had already described it.
    mutating func absorb(
        _ outcome: CopyOutcome,
        ofUnlisted version: VersionCoordinates,
        isShown: Bool,
        _ observe: (RunEvent) -> Void
    ) {
        progress.drifted += 1
        absorb(outcome, of: version, observe)
        switch outcome {
        case .committed(let summary) where summary.manifest.status == .deleted: return
        case .interrupted: return
        case .failed where !isShown, .unrecorded where !isShown: return
        case .committed, .failed, .empty, .left, .unrecorded: report.versions.stale += 1
        case .skipped: break
        }
        report.versions.orphaned -= 1
        report.versions.listed += 1
    }
}
