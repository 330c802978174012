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
}
