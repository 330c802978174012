/// Counting what a comparison with the index says.
extension RunTally {
    /// Counts how a listed version compares with what is recorded of it.
    ///
    /// - Parameter number: -1 to take it back.
    mutating func count(_ match: ManifestIndex.Match, _ number: Int = 1) {
        switch match {
        case .inSync: report.versions.inSync += number
        case .missing: report.versions.missing += number
        case .stale: report.versions.stale += number
        }
    }

    /// Takes in the outcome for a listed version that needed work. So that the counts add up, a version that was deleted
    /// meanwhile counts as if it had not been listed, and one that is unfinished as if it had been listed that way.
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

    /// Counts a version that the listing lacks and the source shows in the recorded state all the same.
    mutating func countUnlisted() {
        report.versions.orphaned -= 1
        report.versions.listed += 1
        report.versions.inSync += 1
    }

    /// Takes in the outcome for a version that the listing lacks. If the source shows it in another state, it counts as
    /// if it had been listed in that state.
    ///
    /// - Parameter isShown: whether the source described it before.
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
